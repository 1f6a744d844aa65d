"""90 days and 100,000 events at a station without a network, with power cuts and a clock that is often wrong; then the
centre comes back, and everything is told to it. Housekeeping prunes nothing before that, however old it is, and what is
old after it. Only the time is simulated, and the people."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import msgspec

from benchmarks import rig, school_tables
from benchmarks.report import Report, options
from benchmarks.school_days import BootPlan, School, Seen, boot
from demo.compare import Ledger, differences
from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, Scanner
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.bootstrap.stores import read_store
from kiosk.config import KeepConfig, KioskConfig
from kiosk.domain.clock_trust import LIBRARY_TIME
from kiosk.upkeep.audit import verify

_SCHOOL = School(readers=1_500, books=6_000)
_KINDS = "STK STK STK TT STK SGK STK TC"
_DAYS = 90
_FIRST_DAY = datetime(2026, 11, 24, 7, 0, tzinfo=LIBRARY_TIME)
_CLOSED = (datetime(2027, 2, 1, tzinfo=LIBRARY_TIME), datetime(2027, 2, 15, tzinfo=LIBRARY_TIME))  # Tết
_KEPT = KeepConfig(reader_days=30, history_days=60)
_LATER = timedelta(_KEPT.history_days + 1)
_LONGEST_S = 600.0
_QUIET_S = 2.0


@dataclass
class Life:
    """All that the station was told to do and what the people in front of it saw."""

    seen: Seen = field(default_factory=Seen)
    boots: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


def main() -> None:
    chosen = options(__doc__, {"events": (None, "operations to be written (100,000)"), "seed": (1, "of what happens")})
    events = chosen.events or (5_000 if chosen.quick else 100_000)
    report = Report("ninety_days")
    with (
        rig.work_folder() as folder,
        school_tables.serving(folder, _SCHOOL.readers, _SCHOOL.books, kinds=_KINDS) as server,
    ):
        (folder / "station").mkdir()
        config = msgspec.structs.replace(rig.config_at(folder / "station", Scanner(), server), keep=_KEPT)
        with _station(config) as kiosk:
            last = rig.card(_SCHOOL.readers - 1)
            _until(lambda: kiosk.store.call(lambda work: work.patron_by_card(last)) is not None)
        server.stop()
        life = _ninety_days(config, events, chosen.seed)
        _upkeep(config, life, _LATER)
        report.figure("events", len(life.seen.told), "", events, "higher")
        report.figure("pruned_untold", read_store(config).counts()["pruned"], "", 0)
        report.figure("store_mb", sum(file.stat().st_size for file in config.data.glob("store.db*")) / 1e6, "MB")
        report.figure("written_mb", life.seen.written_bytes / 1e6, "MB")
        server.start()
        report.figure("drain_per_s", len(life.seen.told) / _drain(config), "/s", better="higher")
        centre = _judge(report, life, config, server)
        server.stop()
        _upkeep(config, life, timedelta(1))
        _judge_pruned(report, config, centre)
    report.context |= {"seed": chosen.seed, "days": _DAYS, "lived_in_s": round(life.took_s), **life.boots}
    report.context["answers"] = dict(life.seen.answers.most_common())
    report.show(chosen.json)


def _ninety_days(config: KioskConfig, events: int, seed: int) -> Life:
    random, life, began = Random(seed), Life(), time.perf_counter()
    days = [_FIRST_DAY + timedelta(days=n) for n in range(_DAYS)]
    busy = [day for day in days if day.weekday() != 6 and not _CLOSED[0] <= day < _CLOSED[1]]
    for day in days:
        wanted = events * (busy.index(day) + 1) // len(busy) if day in busy else len(life.seen.told)
        boots = random.choice((1, 1, 2, 3))
        for left in range(boots, 0, -1):
            plan = BootPlan(
                began_ms=max(int(day.timestamp() * 1000), life.seen.ended_ms + 60_000),
                acts=(wanted - len(life.seen.told)) // left,
                trusted=random.random() < 0.7,
                sudden=random.random() < 0.5,
                seed=f"{seed} {day} {left}",
            )
            seen = boot(config, _SCHOOL, plan)
            life.seen.add(seen)
            life.boots.update({"boots": 1, "power_cuts": plan.sudden, "undated_boots": not plan.trusted})
    life.took_s = time.perf_counter() - began
    return life


def _upkeep(config: KioskConfig, life: Life, later: timedelta) -> None:
    """The station is switched on so much later, on a day that somebody vouches for, and nobody comes."""
    began_ms = life.seen.ended_ms + later // timedelta(milliseconds=1)
    life.seen.add(boot(config, _SCHOOL, BootPlan(began_ms, acts=0, trusted=True, sudden=False, seed="")))


def _drain(config: KioskConfig) -> float:
    """Seconds from switching the station on until nothing waits any more; then it hears what the centre has to say."""
    began = time.perf_counter()
    with _station(config) as kiosk:
        _until(lambda: not kiosk.store.call(lambda work: work.outbox_counts()).pending)
        took = time.perf_counter() - began
        before = ""
        while before != (now := kiosk.store.call(lambda work: work.cursor())):
            before = now
            time.sleep(_QUIET_S)
    return took


def _judge(report: Report, life: Life, config: KioskConfig, server: Server) -> Ledger:
    """What the people were told, the station's store and the centre must be three words for the same. Gives what the
    centre has."""
    asked = ("central_server", "ledger", "--json", *server.where, "--library", LIBRARY)
    centre: Ledger = json.loads(run_or_fail(*asked))
    store = read_store(config)
    station: Ledger = {"operations": list(store.ledger()), "loans": list(store.loans_ledger())}
    # Nobody is told when the station dates a boot.
    there = Counter((row["epoch"], row["seq"]) for row in centre["operations"] if row["kind"] != "date_boot")
    told = set(life.seen.told)
    report.figure("lost", len(told - there.keys()), "", 0)
    report.figure("double", len(life.seen.told) - len(told) + there.total() - len(told & there.keys()), "", 0)
    apart = differences(station, centre, config.station.device)
    report.figure("differences", len(apart), "", 0)
    report.context |= {
        "operations": dict(Counter(row["kind"] for row in centre["operations"])),
        "disputes": dict(Counter(row["reason"] for row in centre["operations"] if row["verdict"] == "disputed")),
        "open_loans": sum(row["open"] for row in centre["loans"]),
        "first_differences": apart[:3],
    }
    return centre


def _judge_pruned(report: Report, config: KioskConfig, centre: Ledger) -> None:
    """Of each operation that the centre has, the station still has it or what is kept of the gap in which it stood."""
    store = read_store(config)
    told, left = ({(row["epoch"], row["seq"]) for row in rows} for rows in (centre["operations"], store.ledger()))
    pruned = store.counts()["pruned"]
    report.figure("pruned", pruned, "", 1, "higher")
    report.figure("unaccounted", len(left - told) + abs(len(told) - len(left) - pruned), "", 0)
    fault = verify(store.history(), LIBRARY, config.station.device).fault
    report.figure("chain_faults", int(fault is not None), "", 0)
    with closing(store._connect()) as connection:
        size, pages, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    report.figure("store_mb_pruned", size * (pages - free) / 1e6, "MB")


@contextmanager
def _station(config: KioskConfig) -> Iterator[Kiosk]:
    kiosk = Kiosk(config, lambda _: None)
    kiosk.start()
    try:
        if not kiosk.store.opened.wait(rig.PATIENCE_S):
            raise RuntimeError("the store did not open")
        yield kiosk
    finally:
        kiosk.stop()


def _until(true: Callable[[], object]) -> None:
    ends = time.monotonic() + _LONGEST_S
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError("waited in vain")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
