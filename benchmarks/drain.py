"""10,000 operations to the real server process, until the station's outbox is durably settled."""

from __future__ import annotations

import time

from benchmarks import rig
from benchmarks.report import Report, median, options
from demo import cluster as clusters
from demo.cluster import Cluster
from demo.school import Scanner
from kiosk.config import KioskConfig

_LONGEST_S = 120.0


def main() -> None:
    chosen = options(__doc__)
    report = Report("drain")
    size, count, rounds = (rig.QUICK, 1_000, 1) if chosen.quick else (rig.SCHOOL, 10_000, 3)
    report.figure("operations_per_s", _rate(size, count, rounds), "/s", 2_000, "higher")
    report.context |= {"operations": count, "rounds": rounds, "server": "python -m central_server, SQLite, same cores"}
    postgresql = None
    if clusters.programs():
        with clusters.running() as cluster:
            postgresql = _rate(size, count, rounds, cluster)
            report.context["postgresql"] = cluster.run("postgres", "--version").strip()
    else:
        report.context["postgresql"] = clusters.HOW_TO_GET_IT
    report.figure("drain_postgresql_per_s", postgresql, "/s", better="higher")
    report.show(chosen.json)


def _rate(size: rig.Size, count: int, rounds: int, cluster: Cluster | None = None) -> float:
    """Operations per second, the median of `rounds`; into databases of `cluster`, or else into files."""
    rates = []
    for _ in range(rounds):
        with rig.work_folder() as folder:
            rig.fill(folder / "store", size)
            scanner = Scanner()
            with rig.BenchStation(rig.config_for(folder / "store", scanner), scanner) as station:
                rig.lend_directly(station.kiosk, 0, 0, count)
            with rig.serving(folder, database=cluster.url(cluster.create()) if cluster else "") as server:
                rates.append(_drain(rig.config_at(folder / "store", scanner, server), scanner, count))
    return median(rates)


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
