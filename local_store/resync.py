"""A full resync within one unit of work: its stage, what the centre has named, and what goes because it was not."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Executable, Integer, Table, bindparam, delete, exists, literal_column, select, text, tuple_
from sqlalchemy.dialects import sqlite

from kiosk.ports.store import Stage, WalkedTo
from local_store import statements as sql
from local_store.prepared import Database, Prepared
from local_store.shapes import dropped, some
from local_store.statements import ALL_TOLD
from local_store.tables import card_tag, dispute, hold, item, loan, mentioned, patron, pin, request, setting, title

log = logging.getLogger(__name__)

_MARKED = (Stage.HEARING, Stage.TAKING_AWAY)
_KEYS = ("stage", "told_again", "tell_again_to", "resyncs")
_NUMBER_BITS = 40  # the wire allows no more


_MENTION = Prepared(sqlite.insert(mentioned).on_conflict_do_nothing())
_MENTIONED_OF_KIND = Prepared(select(mentioned.c.id).where(mentioned.c.kind == bindparam("kind")))
_some_mentioned = (
    select(mentioned.c.kind, mentioned.c.id)
    .order_by(mentioned.c.kind, mentioned.c.id)
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
_FORGET_MENTIONED = Prepared(delete(mentioned).where(tuple_(mentioned.c.kind, mentioned.c.id).in_(_some_mentioned)))


class _Sweep(NamedTuple):
    """`look`: ids after one with whether the centre has named them; `drops`: what is done to one that it has not.
    `never_empty`: a centre that names none of this kind is not believed."""

    kind: str
    look: Prepared
    drops: tuple[Prepared, ...]
    never_empty: bool = False


def _sweep(table: Table, *more: Executable, never_empty: bool = False, only: str = "1") -> _Sweep:
    (key,) = table.primary_key.columns
    is_named = exists().where(mentioned.c.kind == text(f"'{table.name}'"), mentioned.c.id == key)
    look = some(select(key, is_named).where(text(only)), key)
    return _Sweep(table.name, look, tuple(map(Prepared, (*more, dropped(table, key)))), never_empty)


_ASKED_FOR = "EXISTS (SELECT 1 FROM request WHERE request.id = hold.id AND request.state = 'waiting')"
_SWEEPS = (
    _sweep(title, never_empty=True),
    _sweep(item, never_empty=True),
    _sweep(patron, dropped(card_tag, card_tag.c.patron_id), dropped(pin, pin.c.patron_id), never_empty=True),
    _sweep(loan, only=ALL_TOLD),
    _sweep(hold, only=f"NOT {_ASKED_FOR}"),
    _sweep(dispute),
    _sweep(request, only="request.state <> 'waiting'"),
    _sweep(setting, only="setting.here IS NULL"),
)
"""What goes at the end of a full resync. A request that waits may still be on its way, with a hold that it asks for and
a setting that was chosen here."""


@dataclass(frozen=True, slots=True)
class Progress:
    """As rows of `meta`; immutable like local_store.outbox.Ends. Operations after `told_again` up to
    `tell_again_to`, by place, are still to be told again."""

    stage: Stage
    told_again: int
    tell_again_to: int
    resyncs: int

    @property
    def numbered_from(self) -> int:
        """What the numbers of changes begin at: whatever is heard in a resync is newer than all that was heard before,
        though a centre that was restored counts from less."""
        return self.resyncs << _NUMBER_BITS


def read_progress(database: Database) -> Progress:
    found = {key: row[0] for key in _KEYS if (row := database.row(sql.META, key=key))}
    stage = Stage(found.get("stage", Stage.FOLLOWING))
    return Progress(stage, *(int(found.get(key, 0)) for key in _KEYS[1:]))


def begin_resync(database: Database) -> None:
    """Of a store that nobody has open otherwise."""
    Resync(database, read_progress(database)).begin()


class Resync:
    def __init__(self, database: Database, progress: Progress) -> None:
        self._db = database
        self.progress = progress

    def begin(self) -> None:
        self._put(Progress(Stage.BEGINNING, 0, 0, self.progress.resyncs + 1))

    def go_to(self, stage: Stage) -> None:
        self._put(replace(self.progress, stage=stage))

    def tell_up_to(self, place: int) -> None:
        """From the first operation on."""
        self._put(replace(self.progress, told_again=0, tell_again_to=place))

    def told_again(self, place: int) -> None:
        self._put(replace(self.progress, told_again=place))

    def mention(self, things: Iterable[tuple[str, str]]) -> None:
        """(kind, id) of what the centre has, while somebody wants to know."""
        if self.progress.stage in _MARKED:
            rows = [{"kind": kind, "id": id_} for kind, id_ in things if kind in _KINDS]
            self._db.run_each(_MENTION, rows)

    def take_away(self, after: WalkedTo, limit: int) -> WalkedTo | None:
        """One step of kiosk.ports.store.UnitOfWork.take_away."""
        if after.table >= len(_SWEEPS):
            return None
        sweep = _SWEEPS[after.table]
        beyond = WalkedTo(after.table + 1, None)
        if after.key is None and sweep.never_empty and not self._db.row(_MENTIONED_OF_KIND, kind=sweep.kind):
            log.warning("resync: the centre names no %s at all: those here stay", sweep.kind)
            return beyond
        rows = self._db.rows(sweep.look, after=after.key or "", limit=limit)
        gone = [{"gone": id_} for id_, is_named in rows if not is_named]
        for drop in sweep.drops if gone else ():
            self._db.run_each(drop, gone)
        if gone:
            log.info("resync: %d of kind %s are no more", len(gone), sweep.kind)
        return WalkedTo(after.table, rows[-1][0]) if len(rows) == limit else beyond

    def forget_mentioned(self, limit: int) -> bool:
        return self._db.run(_FORGET_MENTIONED, limit=limit) > 0

    def _put(self, progress: Progress) -> None:
        self.progress = progress
        for key in _KEYS:
            self._db.run(sql.PUT_META, key=key, value=str(getattr(progress, key)))


_KINDS = frozenset(sweep.kind for sweep in _SWEEPS)
