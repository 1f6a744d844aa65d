"""A province in PostgreSQL: many schools with libraries, copied by the database itself from one that was imported."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg import sql

from benchmarks.stations import Library
from demo.cluster import Cluster
from demo.processes import run_or_fail

PROVINCE = "tinh"
_FIRST = "truong-0"
_SCHOOLS_OF_A_COMMUNE = 6
_COUNTS = ("tally", "reader_mark", "period_secret")


def build(cluster: Cluster, folder: Path, schools: int, titles: int, patrons: int) -> tuple[str, list[str]]:
    """A database of `schools` libraries with `titles` titles, as many copies and `patrons` readers each, below the
    communes of a province; answers its URL and the libraries' codes."""
    url = cluster.url(cluster.create())
    first = Library(_FIRST)
    first.bring(folder, ("--database", url), items=titles * 2, patrons=patrons, name=_name)
    codes = [_FIRST, *(f"truong-{n}" for n in range(1, schools))]
    with psycopg.connect(url, autocommit=True) as connection:
        # One copy of each title.
        one_each = "DELETE FROM item AS one WHERE substr(barcode, 4)::int % 2 = 1"
        connection.execute(one_each)
        for table in _tables_of(connection, _FIRST):
            _copy(connection, table, codes[1:])
        connection.execute("UPDATE generation SET token = md5(library_id || token)")
    _organise(url, codes)
    return url, codes


def vacuum(url: str) -> None:
    """As the database's own housekeeping would have done by the next day."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


def _tables_of(connection: psycopg.Connection[Any], library: str) -> list[str]:
    """Those that have rows of the library, `library` first. What is counted is counted again by the database itself."""
    having = (
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'library_id' AND table_schema = 'public'"
    )
    found = []
    for (name,) in connection.execute(having).fetchall():
        if name in _COUNTS:
            continue
        mine = sql.SQL("SELECT 1 FROM {} WHERE library_id = %s LIMIT 1").format(sql.Identifier(name))
        if connection.execute(mine, (library,)).fetchone():
            found.append(name)
    return sorted(found, key=lambda name: name != "library")


def _copy(connection: psycopg.Connection[Any], table: str, codes: list[str]) -> None:
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'library_id'"
    names = [sql.Identifier(name) for (name,) in connection.execute(columns, (table,)).fetchall()]
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} (library_id, {names}) SELECT here, {names} FROM unnest(%s::text[]) AS here, {table} "
            "WHERE library_id = %s ON CONFLICT DO NOTHING"
        ).format(table=sql.Identifier(table), names=sql.SQL(", ").join(names)),
        (codes, _FIRST),
    )


# What titles are made of, so that a search finds some and not all.
PHRASES = (
    "dế mèn", "phiêu lưu ký", "đất rừng", "phương nam", "tuổi thơ dữ dội", "một vé đi", "toán", "văn học", "lịch sử",
    "địa lý", "khoa học vui", "truyện cổ tích", "việt nam", "những ngôi sao", "kính vạn hoa", "góc sân", "khoảng trời",
    "cây tre", "bến quê", "mùa lá rụng",
)  # fmt: skip


def _name(number: int) -> str:
    """Two of them, always the same for a number."""
    return " ".join(random.Random(number).sample(PHRASES, 2)).capitalize()


def _organise(url: str, codes: list[str]) -> None:
    """Six schools a commune; their figures per pupil count 500 pupils each."""
    run_or_fail(
        "central_server", "organisation", "add", PROVINCE, "--kind", "province", "--name", "Tỉnh", "--database", url
    )
    row = (
        "INSERT INTO organisation (id, parent_id, path, kind, name, one_school, level, pupils, commends, library_id) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, false, %s)"
    )
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        rows: list[tuple[Any, ...]] = []
        for n, code in enumerate(codes):
            commune = f"xa-{n // _SCHOOLS_OF_A_COMMUNE}"
            if n % _SCHOOLS_OF_A_COMMUNE == 0:
                over = f"{PROVINCE}/{commune}/"
                rows.append((commune, PROVINCE, over, "commune", f"Xã {commune[3:]}", False, None, None, None))
            school = f"nha-{code}"
            level = ("primary", "lower_secondary", "upper_secondary")[n % 3]
            name = f"Trường số {n}"
            rows.append((school, commune, f"{over}{school}/", "school", name, True, level, 500, None))
            rows.append(
                (code, school, f"{over}{school}/{code}/", "library", f"Thư viện {name}", True, None, None, code)
            )
        cursor.executemany(row, rows)


# Spread over two years; the last ones are due soon, none is open, every hundredth was voided.
_LOANS = """
    INSERT INTO loan (
        library_id, id, item_id, barcode, patron_id, lent_on, due_on, renewals, open, standing, voided,
        device, epoch, seq, earliest_ms, latest_ms, position, provisional
    )
    SELECT
        %(code)s, gen_random_uuid()::text, (%(items)s::text[])[which], (%(barcodes)s::text[])[which],
        (%(patrons)s::text[])[1 + n %% cardinality(%(patrons)s::text[])], day::text, (day + 14)::text, 0, false, false,
        n %% 100 = 0, 'tram-1', md5(%(code)s), n, ms, ms, n, false
    FROM (
        SELECT
            n, 1 + n * 7 %% cardinality(%(items)s::text[]) AS which, date '2024-12-01' + n %% 728 AS day,
            1733011200000 + (n %% 728) * 86400000::bigint AS ms
        FROM generate_series(1, %(each)s) AS n
    ) AS made
"""


def lend(url: str, codes: list[str], loans: int) -> None:
    """`loans` of the last two years, as many in each library, all of them over."""
    each = max(1, loans // len(codes))
    with psycopg.connect(url, autocommit=True) as connection:
        first = Library(_FIRST)
        first.look_up(connection)
        items, barcodes = ([one[n] for one in first.items] for n in (0, 1))
        for code in codes:
            connection.execute(
                _LOANS,
                {"code": code, "items": items, "barcodes": barcodes, "patrons": first.patrons, "each": each},
            )


def let_in(url: str, login: str, organisation: str) -> str:
    """A person who sees the figures of `organisation`; answers their first password."""
    words = ["person", "add", login, "--name", "Văn phòng", "--role", "office", "--at", organisation, "--json"]
    return str(json.loads(run_or_fail("central_server", *words, "--database", url))["password"])


def sign_in(session: requests.Session, url: str, login: str, password: str) -> None:
    """As a person does, who then chooses a password of their own."""
    form = {"login": login, "password": password, "code": "", "then": "/account"}
    page = session.post(f"{url}/enter", data=form | {"csrf": _csrf(session.get(f"{url}/enter").text)})
    own = {"old": password, "new": password * 2, "csrf": _csrf(page.text)}
    if session.post(f"{url}/account", data=own).status_code != 200:
        raise RuntimeError("nobody could sign in")


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]
