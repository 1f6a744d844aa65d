"""What was answered is there, whenever a process is killed: ours, or the database's."""

import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
import requests

from central_server.database import Where, open_store
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from demo import cluster as clusters
from tests.central_server.databases import Databases
from tests.central_server.support import Station, bring_a_small_library, loan_of, serving

pytestmark = pytest.mark.slow


def kept(where: Where) -> list[str]:
    """The hashes of the operations that are there."""
    store = open_store(where)
    ledger = read_ledger(store, "hoa-sen")
    store.close()
    return [one["hash"] for one in ledger["operations"]]


def test_has_everything_it_answered_when_it_is_killed_after_each_answer(databases: Databases, tmp_path: Path) -> None:
    where = databases.new()
    store = open_store(where)
    patron = bring_a_small_library(store, tmp_path)["patron"]["HS1"]
    store.close()
    station = Station()
    answered: list[str] = []
    open_loans: set[str] = set()
    for round_ in range(3):
        with serving(where) as server:
            out = station.check_out("TK.1", patron)
            batch = [out, station.check_in("TK.2")]
            if round_ % 2:
                batch.append(station.check_in("TK.1", [loan_of(out)]))
            assert server.post(batch).status_code == 200
            server.kill()
        answered += [one["hash"] for one in batch]
        open_loans = {loan_of(out)} if not round_ % 2 else set()
        store = open_store(where)
        ledger = read_ledger(store, "hoa-sen")
        store.close()
        assert [one["hash"] for one in ledger["operations"]] == answered
        assert {one["id"] for one in ledger["loans"] if one["open"]} >= open_loans
        station.reopen()
    if isinstance(where, Path):
        with sqlite3.connect(where / "central.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_has_whole_batches_only_when_it_is_killed_in_the_middle_of_work(databases: Databases, tmp_path: Path) -> None:
    where = databases.new()
    store = open_store(where)
    bring_a_small_library(store, tmp_path)
    store.close()
    station = Station()
    batches = [[station.check_in("TK.1") for _ in range(40)] for _ in range(60)]
    answered = 0
    with serving(where) as server:
        killer = threading.Timer(0.25, server.kill)
        killer.start()
        try:
            for batch in batches:
                assert server.post(batch).status_code == 200
                answered += 1
        except requests.ConnectionError:
            pass
        killer.join()
    with serving(where) as server:
        there = kept(where)
        assert len(there) % 40 == 0
        assert len(there) // 40 in (answered, answered + 1)
        verdicts = [one["verdict"] for batch in batches for one in server.post(batch).json()["verdicts"]]
    assert verdicts == ["duplicate"] * len(there) + ["accepted"] * (2400 - len(there))


def test_has_everything_it_answered_when_the_database_server_dies_after_each_answer(tmp_path: Path) -> None:
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    # A server that would write what is committed only ten seconds later.
    with clusters.running(synchronous_commit="off", wal_writer_delay="10s", autovacuum="off") as cluster:
        where = read_url(cluster.url(cluster.create()))
        store = open_store(where)
        bring_a_small_library(store, tmp_path)
        store.close()
        careless = cluster.create()
        cluster.execute("CREATE TABLE answered (number INTEGER)", careless)
        cluster.execute("CHECKPOINT")
        station = Station()
        answered = []
        with serving(where) as server:
            for number in range(3):
                operation = station.check_in("TK.1")
                assert server.post([operation]).status_code == 200
                answered.append(operation["hash"])
                cluster.execute(f"INSERT INTO answered VALUES ({number})", careless)
                cluster.stop("immediate")
                cluster.start()
        assert kept(where) == answered
        with psycopg.connect(cluster.url(careless)) as connection:
            found = connection.execute("SELECT * FROM answered").fetchall()
        # Not always all: what somebody else has written to the disk takes along what stands before it in the log.
        assert len(found) < 3, "who did not ask for more lost it"
