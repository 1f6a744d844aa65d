"""What the centre has forgotten is forgotten here too: in small steps behind every loan, then out of the files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from functools import partial

from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import BEGINNING, UnitOfWork, WalkedTo

_log = logging.getLogger(__name__)

ROWS_A_STEP = 250
TRY_AGAIN_S = 5.0


def forget_erased(on_store: OnStore, forget: Callable[[], bool], stop: StopSignal) -> int:
    """Erases whoever the centre said is gone; gives how many. `forget`: kiosk.ports.store.Store.forget. Raises
    StoreBroken. Interrupted, it begins again at the next call: nobody is taken off the list before the end."""
    marks = on_store(lambda work: work.to_erase())
    after: WalkedTo | None = BEGINNING
    while marks and after is not None:
        if stop.is_set():
            return 0
        after = on_store(partial(_step, marks=marks, after=after))
    while marks and not forget():
        if stop.wait(TRY_AGAIN_S):
            return 0
    if marks:
        on_store(partial(_done, marks=marks))
        _log.info("%d readers were erased", len(marks))
    return len(marks)


def _step(work: UnitOfWork, *, marks: Set[str], after: WalkedTo) -> WalkedTo | None:
    step = work.erase(marks, after, ROWS_A_STEP)
    work.commit()
    return step


def _done(work: UnitOfWork, *, marks: Set[str]) -> None:
    work.erased(marks)
    work.commit()
