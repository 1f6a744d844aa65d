"""A reader who is erased: found nowhere afterwards, every chain still verifies, and nothing late brings them back."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from central_server import deciding, erasing, forgetting, staff
from central_server.cannot import CannotDo
from central_server.chain_audit import audit
from central_server.database import Store, is_passing, open_store, reading
from central_server.ledger import read_ledger
from central_server.tables import metadata
from central_server.tables.library import patron, patron_card
from tests.central_server.databases import Databases
from tests.central_server.support import (
    ACCEPTED,
    NOON_MS,
    Operation,
    Station,
    bring,
    bring_a_small_library,
    disputed,
    feed,
    loan_of,
    option_of,
    put_on_list,
    request_id,
    run,
    take,
    title_of,
)

Known = dict[str, dict[str, str]]


def erase(store: Store, patron: str, *, library: str = "hoa-sen", with_open_loans: bool = False) -> erasing.Erased:
    with store.writing.begin() as connection:
        erased = erasing.erase(connection, library, patron, NOON_MS, with_open_loans=with_open_loans)
    assert forgetting.forget(store)
    return erased


def verifies(store: Store) -> bool:
    with reading(store) as connection:
        return audit(connection).fault is None


def files_with(files: list[Path], canaries: list[str]) -> dict[str, list[str]]:
    """Which canary is found in which of `files`, byte by byte."""
    found = {}
    for path in files:
        raw = path.read_bytes()
        if here := [canary for canary in canaries if canary.encode() in raw or canary.encode("utf-16-le") in raw]:
            found[path.name] = here
    return found


class Life:
    """A reader of random name, cards and words, who lives through everything that the centre records."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        name, self.card, self.second = (f"Canary{os.urandom(8).hex()}" for _ in range(3))
        self.words = f"Em là {name}"
        self.note = f"Mẹ của {name} đến lấy sách"
        first = f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n{self.card},Trần {name} Vi,6A,hs\n"
        for text in (first, first.replace("6A", "7A")):
            bring(store, "patrons", text, folder)
        with reading(store) as connection:
            self.patron = erasing.patron_of_card(connection, "hoa-sen", self.card)
        self.canaries = [name, self.card, self.second, self.words, self.note, self.patron]
        for path in folder.glob("*.csv"):
            path.unlink()
        self.staff = self._work_at_desk()
        self.operations = self._live()

    def _work_at_desk(self) -> str:
        with reading(self.store) as connection:
            other = erasing.patron_of_card(connection, "hoa-sen", "HS3")
        put_on_list(self.store, other)
        with self.store.writing.begin() as connection:
            return staff.add(connection, "hoa-sen", self.patron, staff.Role.LIBRARIAN, NOON_MS)

    def _live(self) -> list[Operation]:
        station, other = Station(), Station(device="tram-2")
        me = self.patron
        out = station.check_out("TK.1", me)
        slip = station.check_out("TK.2", me)
        fork = station.copy()
        batch = [
            out,
            slip,
            station.void(slip),
            station.renew("TK.1", me, loan_of(out)),
            station.check_in("TK.1", [loan_of(out)]),
            held := station.ask("place_hold", me, title=title_of(self.store)),
            station.ask("place_hold", me, title=str(uuid4())),
            link := station.ask("card_link", me, private=self.second),
            station.ask("suggestion", me, private=self.words),
            station.ask_at_desk("patron_note", me, private=self.note),
            station.ask_at_desk("item_source", barcode="TK.1", source="donation", staff=self.staff),
            station.write("visit", {"day": "2026-11-23"}, me),
            station.write("in_house_use", {"barcode": "TK.1", "item": None, "day": "2026-11-23"}, me),
            station.check_out("TK.9", me),
            station.check_in("TK.9"),
        ]
        assert [reason for _, reason in take(self.store, *batch) if reason] == ["unknown_item"] * 2
        elsewhere = [other.check_out("TK.3", str(uuid4())), other.check_out("TK.3", me), other.check_in("TK.3")]
        verdicts = take(self.store, *elsewhere, device="tram-2")
        assert verdicts == [disputed("unknown_patron"), disputed("already_on_loan"), ACCEPTED]
        conflicting = fork.check_out("TK.2", me)
        assert take(self.store, conflicting) == [disputed("identity_conflict")]
        gap = other.copy()
        gap.check_in("TK.3")
        lost = gap.seal("nobody can read this", {"patron": me, "salt": "00" * 16, "private": None})
        assert take(self.store, lost | {"seq": 9}, device="tram-2") == [disputed("unreadable")]
        with self.store.writing.begin() as connection:
            deciding.decide(
                connection, "hoa-sen", request_id(link), grant=True, by="cô", why=f"Thẻ {self.second}", now_ms=NOON_MS
            )
        assert any((one["kind"], one["id"]) == ("hold", request_id(held)) for one in feed(self.store)[0])
        return [*batch, *elsewhere]


@pytest.fixture
def life(store: Store, known: Known, tmp_path: Path) -> Life:
    return Life(store, tmp_path)


def test_erases_nobody_whose_return_nobody_has_seen(store: Store, known: Known) -> None:
    """Whoever brought it may have to be asked. The return by the staff is the control, and so is one that was seen."""
    an, station = known["patron"]["HS1"], Station()
    out, other = station.check_out("TK.1", an), station.check_out("TK.2", an)
    data = {"barcode": "TK.1", "item": None, "loans": [loan_of(out)], "to_check": True}
    back = station.write("check_in", data, actor="anyone")
    take(store, out, other, back, station.check_in("TK.2", [loan_of(other)]))
    with pytest.raises(CannotDo, match="Nobody of the staff has seen 1 books yet"):
        erase(store, an)
    seen = {"operation": {"epoch": back["epoch"], "seq": back["seq"]}, "why": "returned"}
    elsewhere = Station(device="tram-2")
    take(store, elsewhere.write("checked", seen, actor="librarian"), device="tram-2")
    with pytest.raises(CannotDo):
        erase(store, an)
    take(store, station.write("checked", seen, actor="librarian"))
    assert erase(store, an).loans == 2


@pytest.mark.parametrize("how", ["taken back", "whatever it costs"])
def test_what_is_not_to_be_seen_any_more_keeps_nobody(store: Store, known: Known, how: str) -> None:
    an, station = known["patron"]["HS1"], Station()
    out = station.check_out("TK.1", an)
    data = {"barcode": "TK.1", "item": None, "loans": [loan_of(out)], "to_check": True}
    take(store, out, back := station.write("check_in", data, actor="anyone"))
    if how == "taken back":
        take(store, station.void(back), station.check_in("TK.1", [loan_of(out)]))
    assert erase(store, an, with_open_loans=how != "taken back").loans == 1


def test_is_found_nowhere_when_erased_and_every_chain_verifies(store: Store, life: Life, databases: Databases) -> None:
    if not isinstance(store.where, Path):
        third = {"library_id": "hoa-sen", "number": f"{life.second}-3", "patron_id": life.patron}
        with store.writing.begin() as connection:
            connection.execute(patron_card.insert(), third)
            connection.exec_driver_sql("ANALYZE")  # as the server itself does now and then
    everywhere = files_with(databases.files(store.where), life.canaries)
    assert set().union(*map(set, everywhere.values())) == set(life.canaries)
    before = read_ledger(store, "hoa-sen")
    erased = erase(store, life.patron)
    assert (erased.operations, erased.open_loans, erased.requests) == (14, 0, 5)
    assert files_with(databases.files(store.where), life.canaries) == {}
    assert verifies(store)
    after = read_ledger(store, "hoa-sen")
    assert after["operations"] == before["operations"]
    assert {one["patron"] for one in after["loans"]}.isdisjoint({life.patron})
    # What they did at the desk stays, and leads to nobody.
    with reading(store) as connection:
        assert not staff.is_known(connection, "hoa-sen", life.staff)
        (done,) = (one for one in deciding.listed(connection, "hoa-sen", everything=True) if one["staff"] == life.staff)
    assert (done["kind"], done["state"], done["patron"]) == ("item_source", "granted", None)
    store.close()
    assert files_with(databases.files(store.where), life.canaries) == {}


@pytest.mark.parametrize("protection", ["secure_delete", "writing anew"])
def test_is_still_found_when_the_files_are_not_made_to_forget(
    store: Store, life: Life, databases: Databases, protection: str
) -> None:
    """The negative control: each protection switched off leaves something behind."""
    is_file = isinstance(store.where, Path)
    if not is_file and protection == "secure_delete":
        pytest.skip("only SQLite has it")
    with store.writing.connect() as connection:
        if protection == "secure_delete":
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        erasing.erase(connection, "hoa-sen", life.patron, NOON_MS)
        connection.commit()
        if protection == "secure_delete":
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert files_with(databases.files(store.where), life.canaries)


@pytest.mark.slow
def test_lets_others_write_or_says_busy_when_the_files_are_made_to_forget(store: Store, life: Life) -> None:
    with store.writing.begin():
        other = open_store(store.where, create=False, busy_timeout_s=0.05)
        assert not forgetting.forget(other)
    stations = [Station(device=f"tram-{number}") for number in range(3, 7)]

    def write(station: Station) -> set[str]:
        seen = set()
        for _ in range(30):
            try:
                seen.update(kind for kind, _ in take(other, station.check_in("TK.1"), device=station.device))
            except DBAPIError as error:
                seen.add("busy" if is_passing(error) else repr(error))
        return seen

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, station) for station in stations]
        patient = open_store(store.where, create=False)
        erase(patient, life.patron)
        patient.close()
        assert all(one.result() <= {"accepted", "disputed", "busy"} for one in writing)
    other.close()


def test_tells_the_stations_without_naming_the_reader(store: Store, life: Life) -> None:
    _, cursor = feed(store)
    erase(store, life.patron)
    everything, _ = feed(store)
    assert all(canary not in json.dumps(everything, ensure_ascii=False) for canary in life.canaries)
    news, _ = feed(store, cursor=cursor)
    mark = {"kind": "erased_reader", "id": erasing.mark_of(life.patron), "data": None}
    assert news[0] == mark
    told: dict[str, list[Any]] = {}
    for one in news[1:]:
        told.setdefault(one["kind"], []).append(one["data"] and one["data"].get("patron"))
    assert told == {"loan": [None] * len(told["loan"]), "hold": [None], "request": [None] * 5}
    assert len(told["loan"]) == 3


def test_numbers_the_feed_on_when_the_erased_reader_was_the_newest_in_it(
    store: Store, known: Known, tmp_path: Path
) -> None:
    bring(store, "patrons", "Số thẻ,Họ và tên,Loại bạn đọc\nHS9,Người Mới Đến,hs\n", tmp_path)
    changes, cursor = feed(store)
    assert changes[-1]["kind"] == "patron"
    erase(store, changes[-1]["id"])
    assert [one["kind"] for one in feed(store, cursor=cursor)[0]] == ["erased_reader"]


def test_keeps_the_reader_when_books_are_on_loan_unless_told_otherwise(store: Store, known: Known) -> None:
    an = known["patron"]["HS1"]
    out = Station().check_out("TK.1", an)
    take(store, out)
    with pytest.raises(CannotDo, match="1 books on loan"):
        erase(store, an)
    assert [one["patron"] for one in read_ledger(store, "hoa-sen")["loans"]] == [an]
    assert erase(store, an, with_open_loans=True).open_loans == 1
    assert [(one["patron"], one["open"]) for one in read_ledger(store, "hoa-sen")["loans"]] == [(None, True)]
    assert take(store, Station(device="tram-2").check_in("TK.1"), device="tram-2") == [ACCEPTED]
    assert [one["open"] for one in read_ledger(store, "hoa-sen")["loans"]] == [False]


def test_stays_forgotten_when_a_station_sends_late_what_it_had_recorded(store: Store, known: Known) -> None:
    station, an = Station(), known["patron"]["HS1"]
    erase(store, an)
    out, asked = station.check_out("TK.1", an), station.ask("card_link", an, private="HS.900")
    fork = station.copy()
    assert take(store, out, asked) == [ACCEPTED] * 2
    assert take(store, station.copy().check_out("TK.2", an) | {"reader": None}) == [ACCEPTED]
    assert take(store, fork.check_out("TK.3", an)) == [disputed("identity_conflict")]
    for table in metadata.tables.values():
        with reading(store) as connection:
            for row in connection.execute(table.select()).all():
                assert an not in str(row)
                assert "HS.900" not in str(row)
    assert verifies(store)


def test_disputes_a_false_reader_though_the_one_it_names_was_erased(store: Store, known: Known) -> None:
    out = Station().check_out("TK.1", known["patron"]["HS2"])
    out["reader"]["patron"] = known["patron"]["HS1"]
    erase(store, known["patron"]["HS1"])
    assert take(store, out) == [disputed("false_reader")]


def test_answers_as_before_when_an_operation_of_an_erased_reader_comes_again(store: Store, life: Life) -> None:
    erase(store, life.patron)
    assert take(store, life.operations[0]) == [("duplicate", None)]
    assert take(store, life.operations[0] | {"reader": None}) == [("duplicate", None)]


def test_erases_one_library_only_when_both_have_the_same_reader(store: Store, known: Known, tmp_path: Path) -> None:
    bring_a_small_library(store, tmp_path, "sao-mai")
    an = known["patron"]["HS1"]
    with store.writing.begin() as connection:
        same = (patron.c.library_id == "sao-mai", patron.c.card == "HS1")
        connection.execute(patron.update().where(*same).values(id=an))
    for library in ("hoa-sen", "sao-mai"):
        station = Station(library=library)
        out = station.check_out("TK.1", an)
        take(store, out, station.check_in("TK.1", [loan_of(out)]), library=library)
    erase(store, an)
    assert [one["patron"] for one in read_ledger(store, "hoa-sen")["loans"]] == [None]
    assert [one["patron"] for one in read_ledger(store, "sao-mai")["loans"]] == [an]
    again = Station("sao-mai", "tram-2").check_out("TK.2", an)
    assert take(store, again, library="sao-mai", device="tram-2") == [ACCEPTED]


def test_finds_the_reader_by_a_linked_card_too_and_nobody_by_a_strange_one(store: Store, life: Life) -> None:
    with reading(store) as connection:
        for card in (life.card, life.second):
            assert erasing.patron_of_card(connection, "hoa-sen", card) == life.patron
        with pytest.raises(CannotDo, match="Nobody"):
            erasing.patron_of_card(connection, "hoa-sen", "HS999")
    with pytest.raises(CannotDo, match="no such reader"):
        erase(store, str(uuid4()))


def test_says_so_when_somebody_reads_so_long_that_the_files_cannot_forget(
    store: Store, life: Life, databases: Databases
) -> None:
    with store.writing.begin() as connection:
        erasing.erase(connection, "hoa-sen", life.patron, NOON_MS)
    with reading(store) as connection:
        connection.exec_driver_sql("SELECT count(*) FROM patron").scalar()
        assert not forgetting.forget(store)
    assert forgetting.forget(store)
    assert files_with(databases.files(store.where), life.canaries) == {}


@pytest.mark.slow
def test_erases_on_the_command_line_and_says_nothing_of_whom(store: Store, known: Known) -> None:
    station = Station()
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, out)
    common = ("erase-reader", *option_of(store.where), "--library", "hoa-sen", "--card", "HS1")
    refused = run(*common)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "1 books on loan" in refused.stderr
    done = run(*common, "--with-open-loans", "--json")
    counts = {"operations": 1, "loans": 1, "open_loans": 1, "holds": 0, "requests": 0, "forgotten": True}
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, counts, "")
    gone = run(*common)
    assert (gone.returncode, gone.stderr) == (2, "Nobody in this library has that card; nothing was done.\n")
