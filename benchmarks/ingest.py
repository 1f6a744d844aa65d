"""A fleet's operations through real HTTP into PostgreSQL, against the same final rows written by psycopg alone; and
long polls, all of which hear of a title that is added at the centre."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import psycopg

from benchmarks import polls, rig
from benchmarks.bare_postgresql import Rows, added_rows, all_rows, write_rows
from benchmarks.report import Report, median, options
from benchmarks.stations import Library, Station, send
from demo import cluster as clusters
from demo.cluster import Cluster
from demo.processes import Server
from kiosk.domain.operations import Operation

_BATCH = 500
_STATIONS = 2  # of each library
_SERVERS = os.cpu_count() or 1  # a process each, as a Python process fills one core


def main() -> None:
    chosen = options(__doc__)
    report = Report("ingest")
    if clusters.programs() is None:
        report.context["postgresql"] = clusters.HOW_TO_GET_IT
        for name in ("http_to_bare_ratio", "replay_differences", "open_polls", "polls_mb"):
            report.figure(name, None, "")
        report.show(chosen.json)
        return
    libraries, count, rounds, waiting = (2, 1_000, 1, 200) if chosen.quick else (4, 2_500, 5, 2_000)
    with clusters.running() as cluster, rig.work_folder() as folder:
        report.context["postgresql"] = cluster.run("postgres", "--version").strip()
        _measure(report, cluster, folder, libraries, count, rounds)
        polls.measure(report, cluster, folder, waiting)
    report.show(chosen.json)


def _measure(report: Report, cluster: Cluster, folder: Path, libraries: int, count: int, rounds: int) -> None:
    template = cluster.create()
    schools = [Library(f"truong-{n}") for n in range(libraries)]
    for school in schools:
        school.bring(folder, ("--database", cluster.url(template)), items=3_000, patrons=1_000)
    ratios, through_http, bare, differences = [], [], [], []
    for _ in range(rounds):
        name = cluster.create(template)
        before = all_rows(cluster.url(name))
        written = _written(cluster.url(name), schools, count)
        servers = [Server(folder / "centre", database=cluster.url(name)) for _ in range(_SERVERS)]
        try:
            for server in servers:
                server.start()
            http_s = _send(servers, [(one, _cut(operations)) for one, operations in written])
            after = all_rows(cluster.url(name))
            new = added_rows(before, after)
            if len(new["operation"]) != libraries * _STATIONS * count:
                raise RuntimeError(f"{len(new['operation'])} operations are there")
            bare_s = _bare(cluster, template, new, len(new["operation"]) // _BATCH)
            _send(servers, [(one, _shuffled(operations)) for one, operations in written])
            differences.append(_differences(after, all_rows(cluster.url(name))))
        finally:
            for server in servers:
                server.stop()
        operations = len(new["operation"])
        through_http.append(operations / http_s)
        bare.append(operations / bare_s)
        ratios.append(bare_s / http_s)
        report.context["rows"] = {table: len(rows) for table, rows in new.items() if rows}
        cluster.drop(name)
    report.figure("http_to_bare_ratio", median(ratios), "", 0.5, "higher")
    report.figure("http_per_s", median(through_http), "/s", better="higher")
    report.figure("bare_per_s", median(bare), "/s", better="higher")
    report.figure("replay_differences", max(differences), "rows", 0)
    report.context |= {
        "stations": libraries * _STATIONS,
        "libraries": libraries,
        "servers": _SERVERS,
        "operations": libraries * _STATIONS * count,
        "batch": _BATCH,
        "rounds": rounds,
        "ratios": [round(one, 3) for one in ratios],
    }


def _written(url: str, schools: Sequence[Library], count: int) -> list[tuple[Station, list[Operation]]]:
    made = []
    with psycopg.connect(url) as connection:
        for school in schools:
            school.look_up(connection)
            for n in range(_STATIONS):
                station = Station(school.code, f"tram-{n}")
                station.let_in(connection)
                made.append((station, station.write(count, school.items[n::_STATIONS], school.patrons)))
    return made


def _cut(operations: Sequence[Operation]) -> list[Sequence[Operation]]:
    return [operations[start : start + _BATCH] for start in range(0, len(operations), _BATCH)]


def _shuffled(operations: Sequence[Operation]) -> list[Sequence[Operation]]:
    many = list(operations) * 3
    random.shuffle(many)
    return _cut(many)


def _send(servers: Sequence[Server], batches: Sequence[tuple[Station, Sequence[Sequence[Operation]]]]) -> float:
    """Seconds until every batch is answered. Signing them is the stations' work, and done before. The stations of a
    library go to different servers."""
    sent = zip(batches, cycle(servers), strict=False)
    queues = [[station.request(server.url, batch) for batch in mine] for (station, mine), server in sent]
    began = time.perf_counter()
    send(queues)
    return time.perf_counter() - began


def _bare(cluster: Cluster, template: str, new: Rows, transactions: int) -> float:
    """Seconds for writing `new` into an empty database."""
    name = cluster.create(template)
    for table in all_rows(cluster.url(name)):
        # What is append-only has no rows yet.
        if table not in ("operation", "operation_body", "alembic_version"):
            cluster.execute(f'TRUNCATE "{table}"', name)
    took = write_rows(cluster.url(name), new, transactions)
    written = all_rows(cluster.url(name))
    if any(set(written[table]) != set(rows) for table, rows in new.items() if table != "alembic_version"):
        raise RuntimeError("the bare run has written other rows")
    cluster.drop(name)
    return took


def _differences(one: Rows, other: Rows) -> int:
    return sum(len(set(one[table]) ^ set(other[table])) for table in one)


if __name__ == "__main__":
    main()
