"""How fast the centre's pages are for a province: 600 schools of 5,000 titles, 20,000,000 loans of two years, in
PostgreSQL on this machine; next to the bare query of each. And whether the figures still are what a recount finds."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import requests

from benchmarks import province, rig
from benchmarks.report import Report, options, percentile
from demo import cluster as clusters
from demo.cluster import Cluster
from demo.processes import Server, run

_SEARCHES, _PAGES = 400, 60
# A person types one or two words, with or without accents.
_TYPED = ("de men", "phương nam", "toan", "lich su", "cổ tích", "kính vạn hoa", "cay tre", "vé", "ngoi sao", "ben que")


def main() -> None:
    chosen = options(__doc__)
    report = Report("centre")
    if clusters.programs() is None:
        report.context["postgresql"] = clusters.HOW_TO_GET_IT
        for name, goal in (("search_p95_ms", 150), ("province_page_p95_ms", 500), ("rollup_differences", 0)):
            report.figure(name, None, "", goal)
        report.show(chosen.json)
        return
    schools, titles, loans = (30, 1_000, 100_000) if chosen.quick else (600, 5_000, 20_000_000)
    settings = {"max_wal_size": "16GB", "shared_buffers": "2GB", "maintenance_work_mem": "512MB", "work_mem": "32MB"}
    with clusters.running(**settings) as cluster, rig.work_folder() as folder:
        report.context["postgresql"] = cluster.run("postgres", "--version").strip()
        _measure(report, cluster, folder, schools, titles, loans)
    report.show(chosen.json)


def _measure(report: Report, cluster: Cluster, folder: Path, schools: int, titles: int, loans: int) -> None:
    began = time.perf_counter()
    url, codes = province.build(cluster, folder, schools, titles, patrons=500)
    province.lend(url, codes, loans)
    province.vacuum(url)
    report.context["built_s"] = round(time.perf_counter() - began)
    password = province.let_in(url, "office", province.PROVINCE)
    server = Server(folder / "centre", database=url)
    server.start()
    try:
        search = _timed(_SEARCHES, _search(server.url, codes))
        pages = _timed(_PAGES, _province_page(server.url, password))
    finally:
        server.stop()
    recount = run("central_server", "figures", "recount", "--json", "--database", url)
    report.figure("search_p95_ms", percentile(search, 95), "ms", 150)
    report.figure("search_median_ms", percentile(search, 50), "ms")
    report.figure("province_page_p95_ms", percentile(pages, 95), "ms", 500)
    report.figure("province_page_median_ms", percentile(pages, 50), "ms")
    report.figure("rollup_differences", len(json.loads(recount.stdout)["differences"]), "", 0)
    report.figure("bare_search_p95_ms", percentile(_timed(100, _bare_search(url, codes)), 95), "ms")
    with psycopg.connect(url) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("title", "item", "loan")
        }
        size = connection.execute("SELECT pg_database_size(current_database()) / 1048576").fetchone()
    report.context |= {name: count[0] if count else None for name, count in counts.items()}
    report.context |= {"schools": len(codes), "database_mb": int(size[0]) if size else None}


def _timed(times: int, once: Callable[[], None]) -> Sequence[float]:
    """Milliseconds of each; a tenth as many before them are not counted."""
    taken = []
    for n in range(times + times // 10):
        began = time.perf_counter()
        once()
        if n >= times // 10:
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def _search(url: str, codes: Sequence[str]) -> Callable[[], None]:
    session, chance = requests.Session(), random.Random(1)
    session.trust_env = False

    def once() -> None:
        code, typed = chance.choice(codes), chance.choice(_TYPED)
        answer = session.get(f"{url}/l/{code}/find", params={"q": typed}, timeout=60)
        if answer.status_code != 200 or "/title/" not in answer.text:
            raise RuntimeError(f"{answer.status_code}: nothing was found by {typed!r}")

    return once


def _province_page(url: str, password: str) -> Callable[[], None]:
    session = requests.Session()
    session.trust_env = False
    province.sign_in(session, url, "office", password)

    def once() -> None:
        answer = session.get(f"{url}/office/{province.PROVINCE}/", timeout=60)
        if answer.status_code != 200 or "Xã 1" not in answer.text:
            raise RuntimeError(f"{answer.status_code}: {answer.url}")

    return once


def _bare_search(url: str, codes: Sequence[str]) -> Callable[[], None]:
    """One library's titles by the beginning of one word, by psycopg alone."""
    chance, connection = random.Random(2), psycopg.connect(url)
    asked = "SELECT id, title FROM title WHERE library_id = %s AND lower(title) LIKE %s ORDER BY title LIMIT 20"

    def once() -> None:
        found: list[Any] = connection.execute(asked, (chance.choice(codes), "%vạn hoa%")).fetchall()
        if not found:
            raise RuntimeError("nothing was found")

    return once


if __name__ == "__main__":
    main()
