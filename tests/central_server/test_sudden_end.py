"""What was answered is there, whenever the process is killed."""

import sqlite3
import threading
from pathlib import Path

import pytest
import requests

from central_server.database import open_store
from central_server.ledger import read_ledger
from tests.central_server.support import Station, bring_a_small_library, loan_of, serving

pytestmark = pytest.mark.slow


def test_has_everything_it_answered_when_it_is_killed_after_each_answer(tmp_path: Path) -> None:
    data = tmp_path / "data"
    store = open_store(data)
    patron = bring_a_small_library(store, tmp_path)["patron"]["HS1"]
    store.close()
    station = Station()
    answered: list[str] = []
    open_loans: set[str] = set()
    for round_ in range(3):
        with serving(data) as server:
            out = station.check_out("TK.1", patron)
            batch = [out, station.check_in("TK.2")]
            if round_ % 2:
                batch.append(station.check_in("TK.1", [loan_of(out)]))
            assert server.post(batch).status_code == 200
            server.kill()
        answered += [one["hash"] for one in batch]
        open_loans = {loan_of(out)} if not round_ % 2 else set()
        store = open_store(data)
        ledger = read_ledger(store, "hoa-sen")
        store.close()
        assert [one["hash"] for one in ledger["operations"]] == answered
        assert {one["id"] for one in ledger["loans"] if one["open"]} >= open_loans
        station.reopen()
    with sqlite3.connect(data / "central.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_has_whole_batches_only_when_it_is_killed_in_the_middle_of_work(tmp_path: Path) -> None:
    data = tmp_path / "data"
    store = open_store(data)
    bring_a_small_library(store, tmp_path)
    store.close()
    station = Station()
    batches = [[station.check_in("TK.1") for _ in range(40)] for _ in range(60)]
    answered = 0
    with serving(data) as server:
        killer = threading.Timer(0.25, server.kill)
        killer.start()
        try:
            for batch in batches:
                assert server.post(batch).status_code == 200
                answered += 1
        except requests.ConnectionError:
            pass
        killer.join()
    with serving(data) as server:
        store = open_store(data)
        kept = [one["hash"] for one in read_ledger(store, "hoa-sen")["operations"]]
        store.close()
        assert len(kept) % 40 == 0
        assert len(kept) // 40 in (answered, answered + 1)
        verdicts = [one["verdict"] for batch in batches for one in server.post(batch).json()["verdicts"]]
    assert verdicts == ["duplicate"] * len(kept) + ["accepted"] * (2400 - len(kept))
