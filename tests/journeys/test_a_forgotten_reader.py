"""A reader lives at two stations and the real centre, and is erased: nothing of them is left at either end."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import pytest

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.requests import LinkCard, PlaceHold, RequestState, Suggest
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import Ask, CheckIn, CheckOut, StoreEffect, TakeBack
from kiosk.session.inputs import Answer, LoanRecorded
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.upkeep.audit import verify
from kiosk.upkeep.forgetting import forget_erased
from kiosk.upkeep.logs import JsonLines
from local_store import SqlStore, StoreConfig, open_store
from tests.central_server.support import run
from tests.contracts.central_rigs import LIBRARY, Centre, native_rest
from tests.local_store.decrypted import files_with
from tests.local_store.shelf import CALENDAR, RULES, StillClock

T = TypeVar("T")
NEVER = threading.Event()


@dataclass
class Station:
    """What a station is without its window and threads."""

    folder: Path
    device: str
    centre: Centre
    config: StoreConfig = field(init=False)
    store: SqlStore = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.config = StoreConfig(self.folder / "store.db", os.urandom(32), LIBRARY, self.device, 0)
        self.store = open_store(self.config)
        self.link = self.centre.link_of(self.device)
        self.desk = Desk(Tools(StillClock(), os.urandom))
        self.pull()
        self.on_store(self._learn_the_rules)

    def on_store(self, job: Callable[[UnitOfWork], T], /) -> T:
        with self.store.unit_of_work() as work:
            return job(work)

    def pull(self) -> None:
        changes = Changes(self.link, self.on_store, monotonic)
        while changes.pull(0.0, NEVER)[0].more:
            pass

    def push(self) -> None:
        assert Outbox(self.link, self.on_store, lambda _: None).push(NEVER).outcome is Outcome.DRAINED

    def do(self, effect: StoreEffect) -> Answer:
        return self.on_store(lambda work: self.desk.answer(effect, work))

    def lend(self, patron: str, barcode: str) -> LoanRecorded:
        answer = self.do(CheckOut(1, 1, patron, barcode))
        assert isinstance(answer, LoanRecorded), answer
        return answer

    def verifies(self) -> bool:
        return verify(self.store.history(), LIBRARY, self.device).fault is None

    def _learn_the_rules(self, work: UnitOfWork) -> None:
        work.apply([RULES, CALENDAR], work.cursor())
        work.commit()


@pytest.fixture
def station_log(tmp_path: Path) -> Iterator[Path]:
    """Everything that the station's code says, down to the smallest."""
    path = tmp_path / "kiosk.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield path
    root.removeHandler(handler)
    root.setLevel(before)
    handler.close()


def found_in(folder: Path, canaries: list[str]) -> dict[str, list[str]]:
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        if here := [canary for canary in canaries if canary.encode() in raw]:
            found[str(path.relative_to(folder))] = here
    return found


@pytest.mark.slow(30)
def test_leaves_nothing_of_a_reader_at_either_end_when_they_are_erased(
    tmp_path: Path, station_log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (temporary := tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    name, card, second, words = (f"Canary{os.urandom(8).hex()}" for _ in range(4))
    data = tmp_path / "server"
    of_library = ("--data", data, "--library", LIBRARY)
    with native_rest(tmp_path) as centre:
        people = tmp_path / "one.csv"
        people.write_text(f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n{card},Trần {name} Vi,6A,hs\n", encoding="utf-8")
        assert run("import", *of_library, "--kind", "patrons", people).returncode == 0
        people.unlink()
        here, there = (Station(tmp_path / device, device, centre) for device in ("tram-a", "tram-b"))
        with closing(here.store), closing(there.store):
            me = here.on_store(lambda work: work.patron_by_card(card))
            assert me is not None
            canaries = [name, card, second, words, me.id]
            here.lend(me.id, "TK.00001")
            slip = here.lend(me.id, "TK.00002")
            here.do(TakeBack(1, 2, slip.operation, me.id))
            there.lend(me.id, "TK.00002")
            here.do(CheckIn(1, 3, "TK.00001"))
            title = centre.title()
            for wish in (PlaceHold(title), LinkCard(second), Suggest(words)):
                here.do(Ask(1, 4, me.id, wish))
            for station in (here, there):
                station.push()
            for station in (here, there):
                station.pull()
            states = [one.state for one in there.on_store(lambda work: work.requests_of_patron(me.id))]
            assert sorted(states) == [RequestState.GRANTED, *[RequestState.WAITING] * 2]
            late = there.lend(me.id, "TK.00003")  # recorded, and not sent before the centre forgets
            seen = {file.partition("-")[0].partition("/")[0] for file in found_in(data, canaries)}
            assert seen == {"central.sqlite"}

            erased = run("erase-reader", *of_library, "--card", card, "--with-open-loans")
            assert (erased.returncode, erased.stderr) == (0, "")
            assert found_in(data, canaries) == {}
            there.push()
            assert there.on_store(lambda work: work.outbox_counts()).disputed == 0
            for station in (here, there):
                assert files_with(station.config, canaries) != {}
                station.pull()
                assert forget_erased(station.on_store, station.store.forget, NEVER) == 1
                assert files_with(station.config, canaries) == {}
                assert station.verifies()
            loans = list(there.store.loans_ledger())
            assert [row["patron"] for row in loans] == [None] * len(loans)
            here.lend(_another(here), "TK.00001")
            here.push()
        ledger: dict[str, Any] = json.loads(run("ledger", *of_library, "--json").stdout)
        assert [one["verdict"] for one in ledger["operations"]] == ["accepted"] * len(ledger["operations"])
        assert late.operation.seq in {one["seq"] for one in ledger["operations"] if one["device"] == "tram-b"}
        assert run("audit", "--data", data).returncode == 0
        assert found_in(data, canaries) == {}
    assert found_in(tmp_path, canaries) == {}
    assert station_log.read_text(encoding="utf-8").count("\n") > 2
    said = capfd.readouterr()
    assert not [canary for canary in canaries if canary in said.out + said.err]


def _another(station: Station) -> str:
    patron = station.on_store(lambda work: work.patron_by_card("HS.0001"))
    assert patron is not None
    return patron.id
