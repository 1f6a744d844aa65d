"""A full resync: everything is told and heard again, and what the centre no longer names is taken away.

following → (asked for) beginning → hearing → taking_away → ending → following. The stage is a row of the store, and so
is all that it rests on: a kill at any moment costs the step in which it came. The outbox tells again while the changes
are heard; nothing is taken away before both are done, so no loan is missing for a moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from kiosk.ports import store
from kiosk.ports.central import ChangePage
from kiosk.ports.chunks import Chunks
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import Stage, UnitOfWork, WalkedTo

_log = logging.getLogger(__name__)
T = TypeVar("T")

_Step = Callable[[UnitOfWork, WalkedTo, int], WalkedTo | None]
_LARGEST_STEP = 1_000
_WHILE_TELLING_S = 1.0  # the end of a full resync does not wait for a whole long poll
Heard = tuple[ChangePage, str]
"""A page and the cursor that it follows."""


class Resync:
    """Used by the pull thread alone, but for `ask`. `monotonic` gives seconds."""

    def __init__(self, on_store: OnStore, monotonic: Callable[[], float]) -> None:
        self._on_store = on_store
        self._monotonic = monotonic

    def ask(self) -> None:
        """From any thread; one that goes on already begins again. Raises StoreBroken."""

        def begin(work: UnitOfWork) -> None:
            work.begin_resync()
            work.commit()

        self._on_store(begin)
        _log.info("resync: asked for")

    def go_on(self, stop: StopSignal) -> None:
        """As far as it goes without asking the centre. Raises StoreBroken."""
        while (stage := self._on_store(lambda work: work.stage())) in _STEPS:
            step, following = _STEPS[stage]
            if not self._walk(stage, step, stop):
                break
            self._while_in(stage, partial(_go_to, stage=following))
            _log.info("resync: %s", following)

    def hear(self, pull: Callable[[float], Heard], wait_s: float, stop: StopSignal) -> Heard:
        """A page, which `pull` fetches and applies, waiting so long for something new. The hearing ends with the last
        page of those that were asked for when all had been told again: what is told changes what there is to hear.
        Raises what `pull` raises, and StoreBroken."""
        tells = self._while_in(Stage.HEARING, lambda work: bool(work.to_tell_again(1).rows))
        page, after = pull(min(wait_s, _WHILE_TELLING_S) if tells else wait_s)
        # Not with the first page, with which the telling begins.
        if tells is False and after and not page.more and not stop.is_set():
            self._while_in(Stage.HEARING, partial(_go_to, stage=Stage.TAKING_AWAY))
        return page, after

    def _walk(self, stage: Stage, step: _Step, stop: StopSignal) -> bool:
        """Whether it came to its end. After a kill it begins anew: what was done is found done."""
        chunks = Chunks(_LARGEST_STEP)
        after: WalkedTo | None = store.BEGINNING
        while after is not None:
            if stop.is_set():
                return False
            took = self._while_in(stage, partial(self._timed, step=step, after=after, limit=chunks.size))
            if took is None:
                return False
            after, applying_s, committing_s = took
            chunks.took(chunks.size, applying_s, committing_s)
        return True

    def _timed(
        self, work: UnitOfWork, *, step: _Step, after: WalkedTo, limit: int
    ) -> tuple[WalkedTo | None, float, float]:
        began = self._monotonic()
        following = step(work, after, limit)
        applied = self._monotonic()
        work.commit()
        return following, applied - began, self._monotonic() - applied

    def _while_in(self, stage: Stage, job: Callable[[UnitOfWork], T]) -> T | None:
        """None when it is another stage by now: somebody may have asked for a resync meanwhile."""
        return self._on_store(lambda work: job(work) if work.stage() is stage else None)


def _go_to(work: UnitOfWork, *, stage: Stage) -> None:
    work.go_to(stage)
    work.commit()


def _take_away(work: UnitOfWork, after: WalkedTo, limit: int) -> WalkedTo | None:
    return work.take_away(after, limit)


def _forget_mentioned(work: UnitOfWork, after: WalkedTo, limit: int) -> WalkedTo | None:
    return after if work.forget_mentioned(limit) else None


_STEPS: dict[Stage, tuple[_Step, Stage]] = {
    Stage.BEGINNING: (_forget_mentioned, Stage.HEARING),
    Stage.TAKING_AWAY: (_take_away, Stage.ENDING),
    Stage.ENDING: (_forget_mentioned, Stage.FOLLOWING),
}
