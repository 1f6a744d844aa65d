"""Writing down what happened: the operation and its place in the chain, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kiosk.domain.blocks import Block
from kiosk.domain.clock_trust import Moment, library_day
from kiosk.domain.model import Item
from kiosk.domain.operations import (
    Actor,
    Operation,
    OperationId,
    OperationKind,
    Reader,
    commitment,
    next_operation,
)
from kiosk.domain.staff import ByStaff
from kiosk.ports.host import Clock, PinLock
from kiosk.ports.store import RecordedAct, UnitOfWork
from kiosk.session.notices import BookShown


@dataclass(frozen=True, slots=True)
class Tools:
    """What a desk needs beside its books. `random_bytes(n)` gives unpredictable ones. `pins` None: where no PIN is ever
    typed (a command, a benchmark)."""

    clock: Clock
    random_bytes: Callable[[int], bytes]
    take_off_within_s: float = 60.0
    pins: PinLock | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The day that the rules count from, and whether somebody vouches for it."""

    day: date
    is_sure: bool
    moment: Moment

    @classmethod
    def of(cls, work: UnitOfWork, tools: Tools) -> Today:
        moment = tools.clock.now()
        return cls(library_day(moment, work.time_floor_ms()), moment.trusted, moment)

    def days_until(self, due_on: date) -> int | None:
        """What a screen says instead of a date that nobody vouches for; None: the date may be said."""
        return None if self.is_sure else max(0, (due_on - self.day).days)


def record(
    work: UnitOfWork,
    tools: Tools,
    moment: Moment,
    kind: OperationKind,
    data: Mapping[str, Any],
    *,
    patron_id: str | None,
    barcode: str = "",
    loans: Sequence[str] = (),
    private: str | None = None,
    actor: Actor | None = None,
    by: ByStaff | None = None,
) -> OperationId:
    """`private`: what stays outside of the chain with the reader. `actor` None: somebody at the desk (`by`),
    else the patron, or without one anyone."""
    reader = Reader(patron_id, tools.random_bytes(16), private) if patron_id is not None else None
    if reader and private is not None:
        data = {**data, "private": commitment(reader.salt, private)}
    operation: Operation = next_operation(
        work.origin,
        work.last_operation(),
        kind,
        data,
        moment=moment,
        actor=actor or (Actor.LIBRARIAN if by else Actor.PATRON if reader else Actor.ANYONE),
        reader=reader,
        policy_version=work.rules().version,
        by=by,
    )
    if not moment.trusted:
        work.note_undated(moment.boot_id)
    act = RecordedAct(operation.id, kind, barcode, tuple(loans), moment.boot_id, moment.boottime_ms)
    work.add_operation(operation, act)
    return operation.id


def shown(item: Item) -> BookShown:
    return BookShown(item.barcode, item.title_id, item.name, item.author)


def as_needed(by: ByStaff | None, against: Sequence[Block]) -> ByStaff | None:
    """A reason is written down only where something was set aside for it."""
    return replace(by, reason=None) if by is not None and not against else by
