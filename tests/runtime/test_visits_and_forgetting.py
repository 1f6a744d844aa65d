"""A whole station without its window: it counts visits where that is wanted, and forgets whom the centre forgets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.domain.ids import erased_mark
from kiosk.ports.central import Gone, PatronRecord
from kiosk.ports.devices import RawScan
from kiosk.ports.store import UnitOfWork
from kiosk.runtime import chores
from kiosk.session.states import Borrowing, State
from tests.local_store.shelf import LAN, RULES
from tests.runtime.station import STATION

PATIENCE_S = 30.0


def learn(work: UnitOfWork) -> None:
    work.apply([RULES, PatronRecord(LAN, ("HS000123",))], "")
    work.commit()


@contextmanager
def running(folder: Path, *, counts_visits: bool) -> Iterator[tuple[Kiosk, threading.Event]]:
    """A station that knows one reader, and the event that their card was recognised."""
    path = folder / "kiosk.toml"
    path.write_text(STATION.replace("[codes]", f"counts_visits = {str(counts_visits).lower()}\n[codes]"))
    recognised = threading.Event()

    def show(state: State) -> None:
        if isinstance(state.doing, Borrowing):
            recognised.set()

    kiosk = Kiosk(load(path), show)
    kiosk.start()
    try:
        assert kiosk.store.opened.wait(PATIENCE_S)
        kiosk.store.call(learn)
        yield kiosk, recognised
    finally:
        kiosk.stop()


@pytest.mark.parametrize("counts_visits", [True, False])
def test_counts_a_visit_only_where_the_library_wants_it(tmp_path: Path, counts_visits: bool) -> None:
    with running(tmp_path, counts_visits=counts_visits) as (kiosk, recognised):
        kiosk.scanned(RawScan("HS000123", kiosk.clock.monotonic()))
        assert recognised.wait(PATIENCE_S)
        last = kiosk.store.call(lambda work: work.last_visit(LAN.id))  # behind the visit in the queue
    assert (last is not None) is counts_visits


def test_forgets_whom_the_centre_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "FORGET_EVERY_S", 0.05)
    forgotten = threading.Event()
    forget_erased = chores.forget_erased

    def forget(*given: object) -> int:
        count = forget_erased(*given)  # type: ignore[arg-type]
        if count:
            forgotten.set()
        return count

    monkeypatch.setattr(chores, "forget_erased", forget)
    with running(tmp_path, counts_visits=False) as (kiosk, _):
        centre = kiosk._link
        centre.publish(Gone("erased_reader", erased_mark(LAN.id)))  # type: ignore[attr-defined]
        assert forgotten.wait(PATIENCE_S)
        assert kiosk.store.call(lambda work: work.patron(LAN.id)) is None
