"""Pushing: every operation reaches the centre once, or waits, or is shown to a librarian. None is ever dropped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from kiosk.domain.operations import Operation, OperationId
from kiosk.ports.central import CentralLink, Standing, Verdict
from kiosk.ports.errors import Refused, StoreBroken, Unreachable
from kiosk.ports.on_store import OnStore
from kiosk.ports.signals import StopSignal
from kiosk.ports.store import ToTellAgain, UnitOfWork

_log = logging.getLogger(__name__)

LARGEST_BATCH = 500
PATIENCE = 16
"""Operations refused alone, in a row, before the newest is asked for its opinion of the server."""

REFUSED = "request_refused"

_Row = tuple[int, Operation]  # with its place in the outbox


class Outcome(Enum):
    NOTHING = auto()  # there was nothing to send
    DRAINED = auto()  # everything is settled or set aside
    REFUSED = auto()  # the centre answers, and takes nothing of what is left
    UNREACHABLE = auto()
    STORE_BROKEN = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class PushRun:
    """`taken`: operations that the centre has recorded. `detail` is for the log, `standing` said if out of reach."""

    outcome: Outcome
    taken: int = 0
    detail: str = ""
    standing: Standing = Standing.ACTIVE


class Outbox:
    """Used by the push thread alone. `told(n)` is called whenever `n` more operations wait no longer."""

    def __init__(self, link: CentralLink, on_store: OnStore, told: Callable[[int], None]) -> None:
        self._link = link
        self._on_store = on_store
        self._told = told
        self._batch = min(link.capabilities.batch, LARGEST_BATCH)
        self._again = self._batch

    def push(self, stop: StopSignal) -> PushRun:
        """One run through the outbox, oldest first, until nothing is left or nothing goes on.

        A refused request is halved until the cause stands alone. Until a later one is taken in the same run it may be
        the server that is at fault, and nothing is given up. Then that operation is sent once more, for the server may
        have been at fault for a moment only, and set aside if it is refused again.
        """
        run = _Run()
        try:
            while not stop.is_set():
                rows = self._pending(self._batch, run.place)
                if rows:
                    self._send(rows, run, stop)
                elif not self._tell_again(run):
                    break
        except Unreachable as error:
            ended = PushRun(Outcome.UNREACHABLE, run.taken, str(error), error.standing)
        except StoreBroken as error:
            ended = PushRun(Outcome.STORE_BROKEN, run.taken, str(error))
        except _TakesNothing:
            ended = PushRun(Outcome.REFUSED, run.taken, run.last_refusal)
        else:
            if run.refused:
                ended = PushRun(Outcome.REFUSED, run.taken, run.last_refusal)
            else:
                ended = PushRun(Outcome.DRAINED if run.place or run.spoken else Outcome.NOTHING, run.taken)
        # Whoever stops closes the link and the store as well: what fails then says nothing.
        return PushRun(Outcome.STOPPED, run.taken) if stop.is_set() else ended

    def _send(self, rows: Sequence[_Row], run: _Run, stop: StopSignal) -> None:
        parts = [rows]
        while parts and not stop.is_set():
            part = parts.pop()
            if not self._taken(part, run):
                if len(part) > 1:
                    middle = len(part) // 2
                    parts += [part[middle:], part[:middle]]
                    continue
                if part is rows and len(more := self._pending(self._batch, run.place)) > 1:
                    parts = [more]  # it was all that waited; now it goes with what came meanwhile, in its order
                    continue
                run.refused.append(part[0])
            if run.refused and run.refused[0][0] < run.taken_place:
                self._send_once_more(run)
            run.place = part[-1][0]
            if len(run.refused) >= PATIENCE:
                self._ask_with_the_newest(run)
                return  # it may be among the parts that are left, so what is pending is read again

    def _tell_again(self, run: _Run) -> bool:
        """One request with what the centre may have lost, behind all that it never had; False: there is none. It took
        these once, so when it refuses one of them alone, it is not well, and nothing is passed over."""
        told = self._on_store(lambda uow: uow.to_tell_again(self._again))
        rows = told.rows
        if not rows:
            return False
        try:
            verdicts = self._link.send([operation for _, operation in rows])
        except Refused as error:
            run.last_refusal = str(error)
            if len(rows) == 1:
                raise _TakesNothing from error
            self._again = len(rows) // 2
        else:
            self._on_store(partial(_note, told=told, verdicts=verdicts))
            self._again = min(self._again * 2, self._batch)
            run.spoken = True
        return True

    def _ask_with_the_newest(self, run: _Run) -> None:
        """Many bad ones in a row, or a bad server? The newest operation tells, being later than all of them.

        It goes out of order only then, so that a bad server costs a few requests a run and a long row of bad ones does
        not hold up everything behind it for good.
        """
        newest = self._newest(run.place)
        if newest is None or not self._taken([newest], run):
            raise _TakesNothing
        self._send_once_more(run)

    def _send_once_more(self, run: _Run) -> None:
        """What was refused alone, now that a later one was taken."""
        while run.refused:
            row = run.refused[0]
            if not self._taken([row], run):
                self._set_aside(row[1].id, run)
            run.refused.pop(0)

    def _taken(self, part: Sequence[_Row], run: _Run) -> bool:
        """Sends; what is taken is settled."""
        try:
            verdicts = self._link.send([operation for _, operation in part])
        except Refused as error:
            run.last_refusal = str(error)
            return False
        run.taken_place = max(run.taken_place, part[-1][0])
        run.taken += len(verdicts)
        self._settle(verdicts)
        return True

    def _settle(self, verdicts: Sequence[Verdict]) -> None:
        def settle(uow: UnitOfWork) -> None:
            uow.settle(verdicts)
            uow.commit()

        self._on_store(settle)
        self._told(len(verdicts))

    def _set_aside(self, operation_id: OperationId, run: _Run) -> None:
        def set_aside(uow: UnitOfWork) -> None:
            uow.set_aside(operation_id, REFUSED)
            uow.commit()

        self._on_store(set_aside)
        _log.warning("outbox: an operation is set aside: refused by the centre twice (%s)", run.last_refusal)
        self._told(1)

    def _pending(self, limit: int, after: int) -> Sequence[_Row]:
        return self._on_store(lambda uow: uow.pending(limit, after))

    def _newest(self, after: int) -> _Row | None:
        """By doubling and halving steps: the backlog may be long, and only its end is wanted."""
        newest = None
        step = 1
        while step:
            rows = self._pending(1, after + step - 1)
            if rows:
                newest = rows[0]
                after = newest[0]
                step *= 2
            else:
                step //= 2
        return newest


def _note(uow: UnitOfWork, *, told: ToTellAgain, verdicts: Sequence[Verdict]) -> None:
    uow.told_again(told, verdicts)
    uow.commit()


class _Run:
    """`refused`: alone, and none later taken yet. `place`: everything up to there was answered. `taken_place`: of the
    last one that was taken. `spoken`: something was told again."""

    def __init__(self) -> None:
        self.refused: list[_Row] = []
        self.last_refusal = ""
        self.place = 0
        self.taken_place = 0
        self.taken = 0
        self.spoken = False


class _TakesNothing(Exception):
    pass
