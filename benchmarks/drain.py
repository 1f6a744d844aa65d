"""10,000 operations to the real server process, until the station's outbox is durably settled."""

from __future__ import annotations

import time

from benchmarks import rig
from benchmarks.report import Report, median, options
from demo.school import Scanner
from kiosk.config import KioskConfig

_LONGEST_S = 120.0


def main() -> None:
    chosen = options(__doc__)
    report = Report("drain")
    size, count, rounds = (rig.QUICK, 1_000, 1) if chosen.quick else (rig.SCHOOL, 10_000, 3)
    rates = []
    for _ in range(rounds):
        with rig.work_folder() as folder:
            rig.fill(folder / "store", size)
            scanner = Scanner()
            with rig.BenchStation(rig.config_for(folder / "store", scanner), scanner) as station:
                rig.lend_directly(station.kiosk, 0, 0, count)
            with rig.serving(folder) as server:
                rates.append(_drain(rig.config_at(folder / "store", scanner, server), scanner, count))
    report.figure("operations_per_s", median(rates), "/s", 2_000, "higher")
    report.context |= {"operations": count, "rounds": rounds, "server": "python -m central_server, SQLite, same cores"}
    report.show(chosen.json)


def _drain(config: KioskConfig, scanner: Scanner, count: int) -> float:
    station = rig.BenchStation(config, scanner)
    kiosk = station.kiosk
    began = time.perf_counter()
    kiosk.start()
    try:
        kiosk.store.opened.wait(rig.PATIENCE_S)
        while time.perf_counter() - began < _LONGEST_S:
            counts = kiosk.store.call(lambda work: work.outbox_counts())
            if counts.pending == 0:
                took = time.perf_counter() - began
                if counts.settled + counts.disputed != count:
                    raise RuntimeError(f"{counts} of {count}")
                return count / took
            time.sleep(0.02)
        raise RuntimeError("not drained in time")
    finally:
        kiosk.stop()


if __name__ == "__main__":
    main()
