"""How long the centre takes for what a whole province could not send for a week: 1,800 stations, 7,000 operations each.

Each station sends as many of them as fit into the run, whole batches by real HTTP into PostgreSQL, every operation
looked for afterwards. The rate is of all stations together; what it would be for the whole week is told from it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import requests

from benchmarks import province, rig
from benchmarks.report import Report, options
from benchmarks.stations import Library, Station
from demo import cluster as clusters
from demo.cluster import Cluster
from demo.processes import Server
from kiosk.domain.operations import Operation

_BACKLOG = 12_600_000
_STATIONS_OF_A_SCHOOL = 3
_BATCH = 500
_AT_ONCE = 48  # connections; the other stations wait for their turn, as at a proxy
_SERVERS = os.cpu_count() or 1


def main() -> None:
    chosen = options(__doc__)
    report = Report("fleet")
    if clusters.programs() is None:
        report.context["postgresql"] = clusters.HOW_TO_GET_IT
        report.figure("fleet_drain_minutes", None, "min", 30)
        report.figure("lost", None, "", 0)
        report.show(chosen.json)
        return
    schools, batches = (60, 1) if chosen.quick else (600, 1)
    with clusters.running(max_wal_size="8GB", shared_buffers="1GB") as cluster, rig.work_folder() as folder:
        report.context["postgresql"] = cluster.run("postgres", "--version").strip()
        _measure(report, cluster, folder, schools, batches)
    report.show(chosen.json)


def _measure(report: Report, cluster: Cluster, folder: Path, schools: int, batches: int) -> None:
    url, codes = province.build(cluster, folder, schools, titles=1_500, patrons=500)
    first = Library(codes[0])
    with psycopg.connect(url) as connection:
        first.look_up(connection)  # the ids are the same in every school
        stations = [Station(code, f"tram-{n}") for code in codes for n in range(_STATIONS_OF_A_SCHOOL)]
        for station in stations:
            station.let_in(connection)
    province.vacuum(url)
    servers = [Server(folder / "centre", database=url) for _ in range(_SERVERS)]
    sent: set[tuple[str, str, str, int]] = set()
    took_s, answered = 0.0, 0
    try:
        for server in servers:
            server.start()
        # In turns, so that no more requests lie ready than memory has room for: making them is the stations' work.
        for start in range(0, len(stations), 300):
            some = stations[start : start + 300]
            made = [
                (station, station.write(_BATCH * batches, first.items[n % 3 :: 3], first.patrons))
                for n, station in enumerate(some)
            ]
            sent |= {
                (station.library, station.device, one.id.epoch, one.id.seq)
                for station, operations in made
                for one in operations
            }
            queues = [
                [station.request(servers[n % _SERVERS].url, part) for part in _cut(operations)]
                for n, (station, operations) in enumerate(made)
            ]
            began = time.perf_counter()
            answered += _send(queues)
            took_s += time.perf_counter() - began
        memory = sum(server.rss_mb() for server in servers)
    finally:
        for server in servers:
            server.stop()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT library_id, device, epoch, seq FROM operation").fetchall()
        size = connection.execute("SELECT pg_database_size(current_database()) / 1048576").fetchone()
    per_s = answered / took_s
    report.figure("fleet_drain_minutes", _BACKLOG / per_s / 60, "min", 30)
    report.figure("lost", len(sent - set(rows)), "", 0)
    report.figure("double", len(rows) - len(set(rows)), "", 0)
    report.figure("drain_per_s", per_s, "/s", better="higher")
    report.figure("servers_mb", memory, "MB")
    report.context |= {
        "stations": len(stations),
        "schools": len(codes),
        "operations": len(sent),
        "seconds": round(took_s, 1),
        "servers": _SERVERS,
        "connections": _AT_ONCE,
        "database_mb": int(size[0]) if size else None,
        "extrapolated": f"{_BACKLOG:,} operations at the rate of this run; what sends them runs on the same cores",
    }


def _cut(operations: Sequence[Operation]) -> list[Sequence[Operation]]:
    return [operations[start : start + _BATCH] for start in range(0, len(operations), _BATCH)]


def _send(queues: Sequence[Sequence[requests.PreparedRequest]]) -> int:
    """Every station one request after the other's answer; answers how many operations were answered."""

    def one_station(queue: Sequence[requests.PreparedRequest]) -> int:
        answered = 0
        with requests.Session() as session:
            session.trust_env = False
            for request in queue:
                answer = session.send(request, timeout=120)
                if answer.status_code != 200:
                    raise RuntimeError(f"{answer.status_code}: {answer.text[:200]}")
                answered += len(answer.json()["verdicts"])
        return answered

    with ThreadPoolExecutor(_AT_ONCE) as connections:
        return sum(connections.map(one_station, queues))


if __name__ == "__main__":
    main()
