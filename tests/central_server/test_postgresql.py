"""What only PostgreSQL can do wrong, and that it means the same as SQLite."""

import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from central_server.changes import read_page
from central_server.database import CannotOpen, Store, is_passing, open_store, reading
from central_server.ledger import read_ledger
from central_server.postgresql import read_url, shown
from central_server.tables import metadata
from central_server.tables.figures import period_secret, reader_mark
from central_server.tables.keys import nonce_secret, server_key
from central_server.tables.library import change, generation, item, library, patron, title
from demo import cluster as clusters
from demo.cluster import Cluster
from tests.central_server.support import (
    NOON_MS,
    ROOT,
    Server,
    Station,
    bring,
    bring_a_small_library,
    loan_of,
    serving,
    take,
)

# Vietnamese sorts none of these as their bytes do; some differ in case only, or in how a letter is composed.
BARCODES = ("TK.1", "tk.1", "TK.10", "TK.9", "Đ.1", "đ.1", "D.1", "ế.1", "e\u0302\u0301.1", "Z.1", "á.1", "_1", "-1")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(cluster: Cluster) -> Iterator[Store]:
    """One database for the module."""
    name = cluster.create()
    store = open_store(read_url(cluster.url(name)), busy_timeout_s=0.2)
    yield store
    store.close()
    cluster.drop(name)


def test_means_the_same_as_sqlite_when_the_same_happens(store: Store, tmp_path: Path) -> None:
    file = open_store(tmp_path / "data")
    patrons = bring_a_small_library(file, tmp_path)["patron"]
    bring(file, "items", "Số ĐKCB,Mã đầu sách\n" + "".join(f"{one},D1\n" for one in BARCODES), tmp_path)
    with file.reading.connect() as source, store.writing.begin() as target:
        for table in (library, generation, title, item, patron, change):
            target.execute(table.insert(), [dict(row) for row in source.execute(sa.select(table)).mappings()])

    station, other = Station(), Station(device="tram-2", wall_ms=NOON_MS + 60_000)
    outs = [station.check_out(barcode, patrons["HS1"]) for barcode in BARCODES]
    back = station.check_in("Đ.1")
    again = station.check_out("TK.1", patrons["HS2"])
    later = [station.renew("đ.1", patrons["HS1"], loan_of(outs[5])), back, again, station.void(back)]
    missing, beyond = station.check_in("TK.2"), station.check_in("TK.3", [loan_of(again)])
    nul = {"barcode": "TK.1\0", "item": None, "loans": []}
    hostile = [station.write("check_in", nul), station.write("check_in", nul | {"barcode": "?"}, policy_version="\0")]
    elsewhere = other.check_in("tk.1")
    for device, batch in (
        ("tram-1", outs),
        ("tram-1", later),
        ("tram-1", [beyond]),
        ("tram-1", [missing, *outs[:2]]),
        ("tram-1", hostile),
        ("tram-2", [elsewhere]),
    ):
        assert take(file, *batch, device=device) == take(store, *batch, device=device)

    ledger = read_ledger(store, "hoa-sen")
    assert ledger == read_ledger(file, "hoa-sen")
    assert [one["item_barcode"] for one in ledger["loans"] if not one["open"]] == ["tk.1", "TK.1"]
    of_one_database = {server_key, nonce_secret, reader_mark, period_secret}
    for table in set(metadata.tables.values()) - of_one_database:
        assert rows_of(file, table) == rows_of(store, table), table.name
    assert feed_of(file) == feed_of(store)
    file.close()


def feed_of(store: Store) -> list[tuple[str, str, bytes]]:
    with reading(store) as connection:
        page = read_page(connection, "hoa-sen", "", 2000)
    return [(one.kind, one.id, bytes(one.data)) for one in page.changes]


def rows_of(store: Store, table: sa.Table) -> list[Any]:
    """Every row in the order of its key, as the database sorts."""
    with store.reading.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]


def test_sorts_by_bytes_when_the_database_sorts_as_people_do(store: Store) -> None:
    words = sa.values(sa.column("word", item.c.barcode.type), name="words").data([(one,) for one in BARCODES])
    with store.reading.connect() as connection:
        ours = connection.scalars(sa.select(words.c.word).order_by(words.c.word)).all()
        theirs = connection.scalars(sa.select(words.c.word).order_by(sa.collate(words.c.word, "default"))).all()
    assert ours == sorted(BARCODES)
    assert theirs != ours, "the cluster would not show the difference"


def test_shows_nothing_of_a_row_when_the_database_refuses_it(store: Store) -> None:
    row = {
        "library_id": "x",
        "id": "1",
        "card": "HS-777",
        "name": "Nguyễn Minh An",
        "class_name": "6A",
        "blocked": False,
    }
    for spoilt in ([{**row, "category": "hs"}] * 2, [{**row, "category": None}]):
        with pytest.raises(DBAPIError) as refused, store.writing.begin() as connection:
            connection.execute(patron.insert(), spoilt)
        text = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
        assert "patron" in text
        assert "HS-777" not in text
        assert "Minh An" not in text
        assert not is_passing(refused.value)


def test_refuses_to_truncate_operations_when_somebody_tries(store: Store) -> None:
    with pytest.raises(DBAPIError, match="append-only"), store.writing.begin() as connection:
        connection.exec_driver_sql("TRUNCATE operation")


@pytest.mark.parametrize(
    ("state", "passing"),
    [
        *((state, True) for state in ("40001", "40P01", "53100", "55P03", "57P01", "58030", "08006", "25006", None)),
        *((state, False) for state in ("23505", "42P01", "XX001", "22021")),
    ],
)
def test_tells_the_moments_faults_from_ours_when_the_database_complains(state: str | None, passing: bool) -> None:
    import psycopg

    error = psycopg.OperationalError("…")
    error.sqlstate = state
    assert is_passing(OperationalError("…", None, error)) is passing


def test_is_no_passing_fault_when_the_driver_itself_refuses(store: Store) -> None:
    with pytest.raises(DBAPIError) as refused, store.reading.connect() as connection:
        connection.execute(sa.select(library).where(library.c.library_id == "a\0b"))
    assert not is_passing(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://an:geheim@127.0.0.1:1/truong",
        "postgres://an:geheim@127.0.0.1:1/truong",
        "postgresql+psycopg://an@127.0.0.1:1/truong?password=geheim",
    ],
)
def test_keeps_the_password_to_itself_when_the_database_cannot_be_reached(text: str) -> None:
    url = read_url(text)
    assert shown(url) == "postgresql://an@127.0.0.1:1/truong"
    with pytest.raises(CannotOpen) as refused:
        open_store(url)
    assert "127.0.0.1" in str(refused.value)
    assert "geheim" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("text", ["mysql://an:geheim@h/x", "postgresql://an:geheim@h:port/x", "geheim", ""])
def test_refuses_an_address_when_it_is_not_one_of_postgresql(text: str) -> None:
    with pytest.raises(ValueError, match="postgresql://") as refused:
        read_url(text)
    assert "geheim" not in "".join(traceback.format_exception(refused.value))


def test_refuses_a_database_when_its_encoding_has_no_vietnamese(cluster: Cluster) -> None:
    cluster.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc")
    with pytest.raises(CannotOpen, match="SQL_ASCII, and names need UTF8"):
        open_store(read_url(cluster.url("latin")))
    cluster.drop("latin")


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--data", "x", "--database", "postgresql:///x"), ("--database", "geheim")])
def test_stops_when_it_is_not_told_of_one_database(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "central_server", "ledger", "--library", "x", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--data" in done.stderr
    assert "geheim" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("mode", [pytest.param("fast", marks=pytest.mark.long), "immediate"])
def test_answers_503_and_recovers_by_itself_when_the_database_server_restarts(tmp_path: Path, mode: str) -> None:
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    with clusters.running() as cluster:
        where = read_url(cluster.url(cluster.create()))
        store = open_store(where)
        bring_a_small_library(store, tmp_path)
        station = Station()
        first, second, third = (station.check_in("TK.1") for _ in range(3))
        with serving(where) as server, ThreadPoolExecutor(1) as pool:
            assert server.post([first]).status_code == 200
            _, cursor = server.all_changes()
            waiting = pool.submit(server.changes, cursor=cursor, wait=50)
            time.sleep(1.5)  # until it waits
            cluster.stop(mode)
            for answer in (
                server.post([second]),
                server.changes(cursor=cursor),
                requests.get(f"{server.url}/here", timeout=10),
            ):
                assert (answer.status_code, list(answer.json())) == (503, ["error"])
            assert requests.get(f"{server.url}/v1/health", timeout=5).status_code == 200
            cluster.start()
            assert verdicts(server, [first, second, third]) == ["duplicate", "accepted", "accepted"]
            bring(store, "titles", "Mã đầu sách,Nhan đề\nD2,Đất rừng phương Nam\n", tmp_path)
            assert [one["kind"] for one in waiting.result(20).json()["changes"]] == ["title"]
        store.close()


def verdicts(server: Server, operations: list[dict[str, Any]]) -> list[str]:
    return [one["verdict"] for one in server.post(operations).json()["verdicts"]]
