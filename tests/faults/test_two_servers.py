"""Two servers of one PostgreSQL database: together they are one centre."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from central_server.database import open_store
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from demo.cluster import Cluster
from tests.central_server.support import (
    Operation,
    Server,
    Station,
    bring_a_small_library,
    loan_of,
    request_of,
    serving,
)

pytestmark = pytest.mark.slow

NO_LOCK = """
import central_server.app as app
app.writing = lambda store, library: app.noting(store)
"""
NO_LOOK = """
import central_server.bell as bell
bell._LOOK_EVERY_S = 3600
"""
NOTHING_USED = """
import central_server.nonces as nonces
nonces.take = lambda *_: True
"""


@contextmanager
def two_servers(cluster: Cluster, folder: Path, spoilt: str = "") -> Iterator[tuple[Server, Server, dict[str, str]]]:
    """Two processes of one new database, and the ids of its patrons by card."""
    name = cluster.create()
    where = read_url(cluster.url(name))
    store = open_store(where)
    patrons = bring_a_small_library(store, folder)["patron"]
    store.close()
    with ExitStack() as servers:
        first, second = (servers.enter_context(serving(where, spoilt=spoilt)) for _ in range(2))
        yield first, second, patrons
    cluster.drop(name)


def days(station: Station, patron: str, barcode: str) -> list[list[Operation]]:
    """Forty small batches: the book is lent and comes back, the last time it stays out."""
    batches = []
    for _ in range(40):
        out = station.check_out(barcode, patron)
        batches.append([out, station.check_in(barcode, [loan_of(out)])])
    batches.append([station.check_out(barcode, patron)])
    return batches


def send_to_both(servers: tuple[Server, Server], written: dict[str, list[list[Operation]]]) -> None:
    """Everything to each of them at once, in another order, some of it twice; then look whether it is there once."""
    for server in servers:
        for device in written:
            server.key("hoa-sen", device)
    sent = [(server, device, batch) for server in servers for device, batches in written.items() for batch in batches]
    sent += random.sample(sent, len(sent) // 4)
    random.shuffle(sent)

    def send(one: tuple[Server, str, list[Operation]]) -> int:
        server, device, batch = one
        raw = json.dumps(request_of(batch, device=device)).encode()
        return server.post_raw(raw, device=device).status_code

    with ThreadPoolExecutor(8) as stations:
        answered = set(stations.map(send, sent))
    assert 500 not in answered, "two at once do not get in each other's way"
    assert answered == {200}
    store = open_store(servers[0].where, create=False)
    ledger = read_ledger(store, "hoa-sen")
    store.close()
    wanted = [one["hash"] for batches in written.values() for batch in batches for one in batch]
    assert sorted(one["hash"] for one in ledger["operations"]) == sorted(wanted)
    last = {loan_of(batches[-1][0]) for batches in written.values()}
    assert {one["id"] for one in ledger["loans"] if one["open"]} == last
    assert len(ledger["loans"]) == 41 * len(written)


@pytest.mark.parametrize("spoilt", ["", NO_LOCK], ids=["as_it_is", "control"])
def test_has_everything_once_when_both_are_sent_the_same_at_once(cluster: Cluster, tmp_path: Path, spoilt: str) -> None:
    with two_servers(cluster, tmp_path, spoilt) as (first, second, patrons):
        written = {f"tram-{n}": days(Station(device=f"tram-{n}"), patrons[f"HS{n}"], f"TK.{n}") for n in (1, 2, 3)}
        if not spoilt:
            send_to_both((first, second), written)
            return
        with pytest.raises(AssertionError, match="get in each other's way"):
            send_to_both((first, second), written)


@pytest.mark.parametrize(("spoilt", "wait_s", "heard"), [("", 30, 1), (NO_LOOK, 2, 0)], ids=["as_it_is", "control"])
def test_wakes_who_waits_at_one_when_something_comes_in_at_the_other(
    cluster: Cluster, tmp_path: Path, spoilt: str, wait_s: int, heard: int
) -> None:
    with two_servers(cluster, tmp_path, spoilt) as (first, second, patrons), ThreadPoolExecutor(1) as pool:
        _, cursor = first.all_changes()
        waiting = pool.submit(first.changes, cursor=cursor, wait=wait_s)
        first.changes(cursor=cursor)  # by now the poll waits
        assert second.post([Station().check_out("TK.1", patrons["HS1"])]).status_code == 200
        assert len(waiting.result(10).json()["changes"]) == heard


@pytest.mark.parametrize(("spoilt", "again"), [("", 401), (NOTHING_USED, 200)], ids=["as_it_is", "control"])
def test_takes_a_nonce_of_either_once_when_it_is_used_at_both(
    cluster: Cluster, tmp_path: Path, spoilt: str, again: int
) -> None:
    with two_servers(cluster, tmp_path, spoilt) as (first, second, _):
        key = first.key("hoa-sen")

        def ask(server: Server, nonce: str | None) -> Any:
            alone = type(key)(key.private, [nonce] if nonce else [])
            return server.ask(alone, "GET", "/v1/device", nonce=True, once=True)

        nonce = ask(first, None).headers["Tram-Nonce"]
        assert [ask(server, nonce).status_code for server in (second, first, second)] == [200, again, again]
