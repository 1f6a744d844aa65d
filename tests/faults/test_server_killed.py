"""What was answered is there, with all that follows from it, whenever a process is killed: ours, or the database's."""

import json
import os
import random
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import pytest
import requests
import sqlalchemy as sa

from central_server.database import Where, open_store, reading
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from central_server.tables.library import change
from demo import cluster as clusters
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

pytestmark = pytest.mark.slow(20)

# The answer is given, and only then the work is done.
ANSWERS_FIRST = """
import threading
import central_server.app as app
from central_server.wire import Verdict
record = app.Central._record
def early(self, asked):
    threading.Timer(1, record, (self, asked)).start()
    came = app.read_request(asked.body).operations
    return app.OperationsAnswer([Verdict(one.epoch, one.seq, app.VerdictKind.ACCEPTED, None) for one in came])
app.Central._record = early
"""

# The operations are committed, and what follows from them a moment later.
IN_TWO_STEPS = """
import time
import central_server.projection as projection
write = projection.Projection.write
def late(self, now_ms):
    self._connection.exec_driver_sql("COMMIT")
    time.sleep(0.05)
    self._connection.exec_driver_sql("BEGIN IMMEDIATE")
    return write(self, now_ms)
projection.Projection.write = late
"""

# The database's server may write later what is committed.
NOT_SYNCED = """
import psycopg
execute = psycopg.Connection.execute
def careless(self, query, *parameters, **options):
    if isinstance(query, str):
        query = query.replace("synchronous_commit = on", "synchronous_commit = off")
    return execute(self, query, *parameters, **options)
psycopg.Connection.execute = careless
"""


@dataclass
class Centre:
    """A database of its own, what the stations have written for it, and what was answered."""

    where: Where
    patrons: dict[str, str]
    stations: list[Station] = field(default_factory=lambda: [Station(device=f"tram-{n}") for n in (1, 2)])
    answered: list[list[Operation]] = field(default_factory=list)
    waiting: list[tuple[str, list[Operation]]] = field(default_factory=list)

    @classmethod
    def of(cls, where: Where, folder: Path) -> "Centre":
        store = open_store(where)
        patrons = bring_a_small_library(store, folder)["patron"]
        store.close()
        return cls(where, patrons)

    def write(self, batches: int, only: Station | None = None) -> None:
        """More for every station to send: in each batch a book is lent and comes back, ten times."""
        for n, station in enumerate(self.stations, start=1):
            for _ in range(batches if only in (None, station) else 0):
                batch = []
                for _ in range(10):
                    out = station.check_out(f"TK.{n}", self.patrons[f"HS{n}"])
                    batch += [out, station.check_in(f"TK.{n}", [loan_of(out)])]
                self.waiting.append((station.device, batch))

    def send(self, server: Server, blow: Callable[[], None] | None = None) -> None:
        """As the stations do, all at once, each until something goes wrong; `blow` falls at some moment of it."""
        falls_after = len(self.answered) + random.randint(1, 20)
        falling = threading.Timer(random.uniform(0, 0.03), blow or (lambda: None))
        one_at_a_time = threading.Lock()
        for station in self.stations:
            server.key("hoa-sen", station.device)

        def one_station(device: str) -> None:
            for mine in [one for one in self.waiting if one[0] == device]:
                raw = json.dumps(request_of(mine[1], device=device)).encode()
                try:
                    answer = server.post_raw(raw, device=device)
                except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):  # or half an answer came
                    return
                if answer.status_code != 200:
                    assert answer.status_code == 503, answer.text
                    return
                with one_at_a_time:
                    self.answered.append(mine[1])
                    self.waiting.remove(mine)
                    if blow and len(self.answered) == falls_after:
                        falling.start()

        with ThreadPoolExecutor(len(self.stations)) as pool:
            list(pool.map(one_station, [station.device for station in self.stations]))
        if blow:
            falling.join()

    def look(self) -> None:
        """What was answered is there, and nothing is half there."""
        store = open_store(self.where, create=False)
        ledger = read_ledger(store, "hoa-sen")
        with reading(store) as connection:
            changes = connection.execute(sa.select(change).where(change.c.kind == "loan")).all()
        store.close()
        there = {one["hash"] for one in ledger["operations"]}
        assert len(there) == len(ledger["operations"]), "nothing is there twice"
        answered = [one for batch in self.answered for one in batch]
        assert {one["hash"] for one in answered} <= there, "what was answered is there"
        waiting = [one for _, batch in self.waiting for one in batch]
        for _, batch in self.waiting:
            assert len({one["hash"] for one in batch} & there) in (0, len(batch)), "a batch is whole or not there"
        outs = [one for one in answered + waiting if '"check_out"' in one["body"]]
        lent = {loan_of(one) for one in outs if one["hash"] in there}
        assert {one["id"] for one in ledger["loans"]} == lent, "a loan for each check-out"
        assert not any(one["open"] for one in ledger["loans"]), "which its check-in has ended"
        told = {one.id: json.loads(one.data)["open"] for one in changes}
        assert told == dict.fromkeys(lent, False), "and the stations are told so"
        if isinstance(self.where, Path):
            with sqlite3.connect(self.where / "central.sqlite") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Cluster]:
    """A PostgreSQL server that may be killed."""
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    with clusters.running() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Centre:
    if request.param == "sqlite":
        return Centre.of(tmp_path / "centre", tmp_path)
    cluster: Cluster = request.getfixturevalue("mortal")
    return Centre.of(read_url(cluster.url(cluster.create())), tmp_path)


def kill_after_each_answer(centre: Centre, spoilt: str = "") -> None:
    for station in centre.stations * 2:
        answers = len(centre.answered)
        centre.write(1, only=station)
        with serving(centre.where, spoilt=spoilt) as server:
            centre.send(server)
            server.kill()
        assert len(centre.answered) == answers + 1
        centre.look()
    assert not centre.waiting


def test_has_everything_it_answered_when_it_is_killed_after_each_answer(centre: Centre) -> None:
    kill_after_each_answer(centre)


def test_would_lose_what_it_answered_when_it_answered_before_the_commit(centre: Centre) -> None:
    with pytest.raises(AssertionError, match="what was answered is there"):
        kill_after_each_answer(centre, ANSWERS_FIRST)


def kill_in_the_middle(centre: Centre, spoilt: str = "") -> None:
    for _ in range(6):
        centre.write(15)
        with serving(centre.where, spoilt=spoilt) as server:
            centre.send(server, server.kill)
        centre.look()


def test_would_have_half_a_batch_when_it_committed_in_two_steps(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a loan for each check-out"):
        kill_in_the_middle(Centre.of(tmp_path / "centre", tmp_path), IN_TWO_STEPS)


def test_has_whole_batches_only_when_it_is_killed_in_the_middle_of_work(centre: Centre) -> None:
    kill_in_the_middle(centre)
    ends_with_everything_once(centre)


def test_has_whole_batches_only_when_the_database_is_killed_in_the_middle_of_work(
    mortal: Cluster, tmp_path: Path
) -> None:
    centre = Centre.of(read_url(mortal.url(mortal.create())), tmp_path)
    with serving(centre.where) as server:
        for kill in (kill_backends, stop_at_once) * 4:
            centre.write(15)
            centre.send(server, partial(kill, mortal))
            until_it_answers(mortal)
            centre.look()
    ends_with_everything_once(centre)


def ends_with_everything_once(centre: Centre) -> None:
    """What was not answered, and all the rest again."""
    before = len(centre.answered)
    centre.waiting += [(json.loads(batch[0]["body"])["device"], batch) for batch in centre.answered]
    with serving(centre.where) as server:
        centre.send(server)
    assert not centre.waiting
    assert len(centre.answered) > before > 0
    centre.look()


def kill_backends(cluster: Cluster) -> None:
    """Whoever works for a central server ends in the middle of a statement; PostgreSQL then ends and mends itself."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        working = "SELECT pid FROM pg_stat_activity WHERE application_name = 'central_server'"
        for (pid,) in connection.execute(working).fetchall():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def stop_at_once(cluster: Cluster) -> None:
    cluster.stop("immediate")
    cluster.start()


def until_it_answers(cluster: Cluster) -> None:
    while True:
        try:
            cluster.execute("SELECT 1")
            return
        except psycopg.OperationalError:
            continue


@pytest.fixture(scope="module")
def careless() -> Iterator[Cluster]:
    """A PostgreSQL server that would write what is committed only ten seconds later."""
    if clusters.programs() is None:
        pytest.skip(clusters.HOW_TO_GET_IT)
    with clusters.running(synchronous_commit="off", wal_writer_delay="10s", autovacuum="off") as cluster:
        yield cluster


def end_the_database_after_each_answer(
    cluster: Cluster, kill: Callable[[Cluster], None], folder: Path, times: int, spoilt: str = ""
) -> None:
    centre = Centre.of(read_url(cluster.url(cluster.create())), folder)
    cluster.execute("CHECKPOINT")
    with serving(centre.where, spoilt=spoilt) as server:
        for station in centre.stations * times:
            answers = len(centre.answered)
            centre.write(1, only=station)
            centre.send(server)
            assert len(centre.answered) == answers + 1
            kill(cluster)
            until_it_answers(cluster)
            centre.look()


@pytest.mark.parametrize("kill", [pytest.param(kill_backends, marks=pytest.mark.long), stop_at_once])
def test_has_everything_it_answered_when_the_database_server_would_write_it_later(
    careless: Cluster, kill: Callable[[Cluster], None], tmp_path: Path
) -> None:
    end_the_database_after_each_answer(careless, kill, tmp_path, times=1)


@pytest.mark.parametrize("kill", [pytest.param(kill_backends, marks=pytest.mark.long), stop_at_once])
def test_would_lose_what_it_answered_when_the_database_server_wrote_it_later(
    careless: Cluster, kill: Callable[[Cluster], None], tmp_path: Path
) -> None:
    """At one of the answers: what somebody else writes to the disk takes along what stands before it in the log."""
    with pytest.raises(AssertionError, match="what was answered is there"):
        end_the_database_after_each_answer(careless, kill, tmp_path, times=4, spoilt=NOT_SYNCED)
