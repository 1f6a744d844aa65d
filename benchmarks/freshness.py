"""How soon the centre knows of a loan, and a station of a new title: real processes, nothing else going on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks import rig, school_tables
from benchmarks.report import Report, median, options, percentile
from demo.processes import ROOT, Server
from demo.school import LIBRARY, Scanner

_READERS, _BOOKS = 200, 2_000
_LOOK_EVERY_S = 0.002
_LONGEST_PAUSE_S = 1.0  # of any length up to that: nobody looks just then by rule


def main() -> None:
    chosen = options(__doc__)
    samples = 5 if chosen.quick else 20
    random = Random(1)
    report = Report("freshness")
    with (
        rig.work_folder() as folder,
        school_tables.serving(folder, _READERS, _BOOKS, school_tables.FREE_LENDING) as server,
        closing(_reading(server)) as centre,
    ):
        scanner = Scanner()
        (folder / "store").mkdir()
        with rig.BenchStation(rig.config_at(folder / "store", scanner, server), scanner) as station:
            last = rig.barcode(_BOOKS - 1)
            _until(lambda: station.kiosk.store.call(lambda work: work.item_by_barcode(last) is not None))
            push = [_push_ms(station, centre, random) for _ in range(samples)]
            title = [_title_ms(station, server, centre, folder, n, random) for n in range(samples)]
    report.figure("push_median_ms", median(push), "ms")
    report.figure("push_p95_ms", percentile(push, 95), "ms", 1_000)
    report.figure("title_median_ms", median(title), "ms")
    report.figure("title_p95_ms", percentile(title, 95), "ms", 2_000)
    report.context |= {"samples": samples, "server": "python -m central_server, SQLite, same cores"}
    report.show(chosen.json)


def _push_ms(station: rig.BenchStation, centre: sqlite3.Connection, random: Random) -> float:
    """From the state that shows a loan, which follows its commit, to the operation's row at the centre."""
    time.sleep(random.uniform(0, _LONGEST_PAUSE_S))
    if station.next_item % rig.LOANS_PER_VISIT == 0:
        station.begin_visit()

    def operations() -> int:
        return int(centre.execute("SELECT count(*) FROM operation").fetchone()[0])

    before = operations()
    shown = station.loan_shown().at
    return (_until(lambda: operations() > before) - shown) * 1000


def _title_ms(
    station: rig.BenchStation, server: Server, centre: sqlite3.Connection, folder: Path, number: int, random: Random
) -> float:
    """From the title's row at the centre, which another process imports, to its row at the station."""
    time.sleep(random.uniform(0, _LONGEST_PAUSE_S))
    name = f"Sách mới {number}"
    listing = folder / "one.csv"
    listing.write_text(f"Mã đầu sách,Nhan đề,Loại\nMOI{number},{name},STK\n", encoding="utf-8")
    words = ["--library", LIBRARY, "--library-name", "x", "--kind", "titles", str(listing)]
    found: list[str] = []

    def is_at_the_centre() -> bool:
        found.extend(id_ for (id_,) in centre.execute("SELECT id FROM title WHERE title = ?", (name,)))
        return bool(found)

    importing = subprocess.Popen(
        [sys.executable, "-m", "central_server", "import", *server.where, *words], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        added = _until(is_at_the_centre)
        known = _until(lambda: station.kiosk.store.call(lambda work: work.title(found[0]) is not None))
    finally:
        importing.wait(rig.PATIENCE_S)
    return (known - added) * 1000


def _until(happened: Callable[[], bool]) -> float:
    """The moment; monotonic seconds."""
    ends_at = time.monotonic() + rig.PATIENCE_S
    while not happened():
        if time.monotonic() > ends_at:
            raise RuntimeError("it never happened")
        time.sleep(_LOOK_EVERY_S)
    return time.monotonic()


def _reading(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{server.data / 'central.sqlite'}?mode=ro", uri=True, isolation_level=None)


if __name__ == "__main__":
    main()
