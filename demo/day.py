"""A day in the reading corner, played by a hand with a scanner: everything that the README promises, in one sitting."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import by_hand
from demo.by_hand import GIA_HAN, QUOC_BAO
from demo.compare import must_agree
from demo.enrolment import enrol_station
from demo.office import Office
from demo.privacy import must_keep_secrets
from demo.processes import DemoFailed, Kiosk, Server, run_or_fail
from demo.school import LIBRARY, Scanner, fill, some_isbn, write_config
from demo.sheet import write_sheet

MINH_AN = "HS250001"
CITIZEN_CARD = "083214000123|320123456|Nguyễn Văn A|01012014|Nam|Bến Tre|20052023"
SAME_CARD_PAUSE_S = 3.1
_READ_HERE_ONLY = "TC.0012"


@dataclass
class Day:
    """What is kept for the summary."""

    folder: Path
    server: Server
    scanner: Scanner = field(default_factory=Scanner)
    times_ms: list[float] = field(default_factory=list)
    refusals: int = 0
    offline_operations: int = 0

    def loan(self, kiosk: Kiosk, barcode: str) -> None:
        self._answered(kiosk, barcode, "LoanRecorded")

    def give_back(self, kiosk: Kiosk, barcode: str) -> None:
        self._answered(kiosk, barcode, "ReturnRecorded")

    def card(self, kiosk: Kiosk, number: str) -> None:
        self.scanner.scan(number)
        kiosk.act("PatronFound")

    def refused(self, kiosk: Kiosk, code: str, staff_code: str) -> None:
        self.scanner.scan(code)
        kiosk.notice(staff_code)
        self.refusals += 1
        time.sleep(0.6)  # long enough to be seen, and for its picture

    def _answered(self, kiosk: Kiosk, barcode: str, act: str) -> None:
        self.scanner.scan(barcode)
        self.times_ms.append(kiosk.act(act)["ms"])
        time.sleep(0.6)


def play(out: Path) -> dict[str, Any]:
    """Plays the day, with everything under `out`, and returns the summary; raises DemoFailed at a broken promise."""
    server = Server(out / "centre")
    (out / "centre").mkdir(parents=True)
    fill(out / "centre")
    server.start()
    day = Day(out, server)
    try:
        office = Office(server, LIBRARY)
        for barcode in ("TK.00010", by_hand.LENT_BY_THE_OFFICE):
            office.lend(QUOC_BAO, barcode, days_ago=5, due_in=9)
        config = write_config(out, server, scanner=_serial(day.scanner))
        figures = _first_sitting(day, config)
        _second_sitting_in_english(day)
        figures |= by_hand.sit(out, server, day.scanner)
        _a_damaged_store_is_said(day)
        station = json.loads(run_or_fail("kiosk", "ledger", "--config", str(config)))
        asked = ("central_server", "ledger", "--json", "--data", str(out / "centre"), "--library", LIBRARY)
        centre = json.loads(run_or_fail(*asked))
    finally:
        server.stop()
        day.scanner.close()
    write_sheet(out / "sheet.pdf")
    must_agree(station, centre, "tram-1")
    must_keep_secrets(out, CITIZEN_CARD, json.dumps(station))
    summary = _summary(day, station, centre) | figures
    if summary["pending"]:
        raise DemoFailed(f"{summary['pending']} operations were not sent")
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _first_sitting(day: Day, config: Path) -> dict[str, Any]:
    kiosk = Kiosk(config, day.folder / "station.log", day.folder)
    try:
        first_frame = kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")["value"]
        _enrol(day, kiosk, config)
        kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
        kiosk.pictured("home-vi")
        _borrow_three_and_walk_away(day, kiosk)
        _wrong_codes_and_a_friend_in_between(day, kiosk)
        _return_two(day, kiosk)
        _renew_what_the_office_lent(day, kiosk)
        _take_one_off(day, kiosk)
        _offline(day, kiosk)
        rss_mb = kiosk.rss_mb()
    finally:
        kiosk.stop()
    return {"first_frame_s": first_frame, "rss_mb": round(rss_mb, 1)}


def _enrol(day: Day, kiosk: Kiosk, config: Path) -> None:
    """The station runs, and nobody at the centre knows it: it gets nothing until somebody has confirmed it."""
    kiosk.wait_for("that it is not enrolled", lambda line: line["says"].startswith("centre: not_enrolled"))
    enrol_station(config, day.server, LIBRARY, "tram-1")


def _borrow_three_and_walk_away(day: Day, kiosk: Kiosk) -> None:
    day.card(kiosk, MINH_AN)
    for barcode in ("TK.00001", "TK.00002", "TK.00003"):
        day.loan(kiosk, barcode)
    kiosk.pictured("borrow-vi")
    kiosk.act("Home")  # nobody touched anything


def _wrong_codes_and_a_friend_in_between(day: Day, kiosk: Kiosk) -> None:
    day.card(kiosk, MINH_AN)
    day.refused(kiosk, _READ_HERE_ONLY, "S-21")
    kiosk.pictured("attention-vi")
    day.refused(kiosk, "TK.99999", "B-05")
    day.refused(kiosk, some_isbn(), "B-07")
    day.refused(kiosk, CITIZEN_CARD, "B-09")
    day.refused(kiosk, "TK.00005TK.00006", "B-06")
    day.scanner.send(b"\xff\xfe\x00\x01\r")
    kiosk.notice("B-08")
    day.refusals += 1
    day.card(kiosk, GIA_HAN)  # another card: her turn, his is over
    day.refused(kiosk, "TK.00001", "S-23")
    day.loan(kiosk, "TK.00004")
    _finish_by_the_same_card(day, kiosk, GIA_HAN)
    kiosk.pictured("finish-vi")
    day.refused(kiosk, "HS999999", "T-03")


def _finish_by_the_same_card(day: Day, kiosk: Kiosk, number: str) -> None:
    time.sleep(SAME_CARD_PAUSE_S)
    day.scanner.scan(number)
    kiosk.act("Finished")
    time.sleep(1.0)  # what was borrowed, and the code for a phone; the next scan need not wait for more


def _return_two(day: Day, kiosk: Kiosk) -> None:
    day.give_back(kiosk, "TK.00001")
    kiosk.pictured("give_back-vi")
    day.give_back(kiosk, "TK.00002")
    kiosk.act("Home")
    day.refused(kiosk, "TK.88888", "B-04")  # in no catalogue: offered, and taken by the second scan
    time.sleep(1.6)
    day.give_back(kiosk, "TK.88888")
    kiosk.act("Home")


def _renew_what_the_office_lent(day: Day, kiosk: Kiosk) -> None:
    day.card(kiosk, QUOC_BAO)
    day.loan(kiosk, "TK.00010")
    kiosk.act("Home")


def _take_one_off(day: Day, kiosk: Kiosk) -> None:
    day.card(kiosk, QUOC_BAO)
    day.loan(kiosk, "TK.00011")
    kiosk.act("Home")
    day.give_back(kiosk, "TK.00011")
    kiosk.act("Home")


def _offline(day: Day, kiosk: Kiosk) -> None:
    kiosk.wait_until_sent()
    day.server.kill()
    before = len(day.times_ms)
    day.card(kiosk, GIA_HAN)
    day.loan(kiosk, "TK.00005")
    day.loan(kiosk, "TK.00006")
    kiosk.act("Home")
    day.give_back(kiosk, "TK.00003")
    kiosk.act("Home")
    time.sleep(1.0)  # the home page says that the network is away
    day.offline_operations = len(day.times_ms) - before
    day.server.start()
    kiosk.wait_until_sent()


def _second_sitting_in_english(day: Day) -> None:
    """Another start of the station: a new epoch, the same books, the other language."""
    config = write_config(day.folder, day.server, scanner=_serial(day.scanner), language="en")
    kiosk = Kiosk(config, day.folder / "station.log", day.folder)
    try:
        kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")
        kiosk.pictured("home-en")
        day.card(kiosk, MINH_AN)
        day.loan(kiosk, "TK.00007")
        kiosk.pictured("borrow-en")
        day.refused(kiosk, _READ_HERE_ONLY, "S-21")
        kiosk.pictured("attention-en")
        day.refused(kiosk, some_isbn(), "B-07")
        _finish_by_the_same_card(day, kiosk, MINH_AN)
        kiosk.pictured("finish-en")
        day.give_back(kiosk, "TK.00004")
        kiosk.pictured("give_back-en")
        kiosk.act("Home")
        kiosk.wait_until_sent()
    finally:
        kiosk.stop()


def _a_damaged_store_is_said(day: Day) -> None:
    """A station whose store is not whole rests and says so; what lay there is set aside, not thrown away."""
    for language in ("vi", "en"):
        data = f"damaged-{language}"
        config = write_config(day.folder, day.server, scanner=_serial(day.scanner), language=language, data=data)
        (day.folder / data).mkdir()
        (day.folder / data / "store.db").write_bytes(b"this was a store once" * 500)
        (day.folder / data / "store.key").write_bytes(bytes(range(32)))
        kiosk = Kiosk(config, day.folder / "station.log", day.folder)
        try:
            kiosk.act("Resting")
            kiosk.pictured(f"resting-{language}")
        finally:
            kiosk.stop()
        if not list((day.folder / data).glob("store.db.damaged-*")):
            raise DemoFailed("the damaged store was not set aside")


def _serial(scanner: Scanner) -> str:
    return f'kind = "serial"\nport = "{scanner.device}"'


def _summary(day: Day, station: dict[str, Any], centre: dict[str, Any]) -> dict[str, Any]:
    operations = station["operations"]
    kinds = [row["kind"] for row in operations]
    ours = [(row["epoch"], row["seq"]) for row in centre["operations"] if row["device"] == "tram-1"]
    times = sorted(day.times_ms)
    return {
        "check_outs": kinds.count("check_out"),
        "check_ins": kinds.count("check_in"),
        "renewals": kinds.count("renew"),
        "refusals": day.refusals,
        "offline_operations": day.offline_operations,
        "central_operations": len(ours),
        "duplicates": len(ours) - len(set(ours)),
        "pending": sum(row["state"] == "pending" for row in operations),
        "disputes": sum(row["state"] == "disputed" for row in operations),
        "scan_to_recorded_ms": {
            "median": round(statistics.median(times), 2),
            "p95": round(times[int(len(times) * 0.95)], 2),
        },
    }
