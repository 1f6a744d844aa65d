"""One image of a disk, opened by the station's own code as after a power cut: which promises does it break?"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import rig
from benchmarks.power_cut.disk import put
from devices.host.clock import HostClock
from kiosk.bootstrap import stores
from kiosk.config import BUILD_MS, KioskConfig
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.ids import erased_mark
from kiosk.ports.errors import PortError, StoreBroken
from kiosk.ports.store import KeptOperation, Pruned, Stage
from kiosk.session.effects import CheckOut
from kiosk.session.inputs import LoanRecorded
from kiosk.upkeep.audit import verify
from local_store import SqlStore
from local_store.backups import backups_in, check_backup
from local_store.connections import reading
from local_store.reader import StoreReader

_READER, _BOOK = rig.card(9), rig.barcode(49)
"""Whom nobody erases, and what nobody borrows."""


@dataclass(frozen=True, slots=True)
class Known:
    """What others know. `told`: every operation that somebody has been told of, from the first one on; `taken`: the
    places of those that the centre has; `backups`: when one was begun, by its name, how many had been told."""

    told: Sequence[KeptOperation]
    taken: frozenset[int]
    backups: dict[str, int]


@dataclass(frozen=True, slots=True)
class Fault:
    """`of`: "lost" (what somebody was told is not there), "half" (an act is there in part), "corrupt" (the store does
    not open, is not whole, or does not lend)."""

    of: str
    what: str


class Judge:
    """Uses `folder` for one image after another."""

    def __init__(self, config: KioskConfig, folder: Path) -> None:
        self._folder = folder
        self._config = msgspec.structs.replace(config, folder=folder)
        self._desk = Desk(Tools(HostClock(battery_clock=True, build_ms=BUILD_MS), secrets.token_bytes))

    def faults(self, image: dict[str, bytes], known: Known) -> list[Fault]:
        """`known`: when the power went."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        put(image, self._folder)
        try:
            with closing(stores.open_store(self._config)) as store:
                return [*self._of(store, known), *self._of_the_backup(known)]
        except PortError as error:
            return [Fault("corrupt", f"{type(error).__name__}: {error}")]

    def _of(self, store: SqlStore, known: Known) -> Iterator[Fault]:
        store.check()
        old = _Old.of(store, self._config)
        yield from self._of_the_chain(store, known.told, known.taken & set(range(old.rest + 1)))
        for table, fits in _tables(store, known, old):
            if not fits:
                yield Fault("half", f"the table {table} is not what the operations say")
        if known.told and not self._lends(store):
            yield Fault("corrupt", "it does not lend")

    def _of_the_chain(self, store: StoreReader, told: Sequence[KeptOperation], may_go: Set[int]) -> Iterator[Fault]:
        """`may_go`: places of operations that may be pruned."""
        there, pruned = _history(store)
        for place in sorted(pruned - may_go):
            yield Fault("lost", f"place {place} was pruned too soon")
        for one in told:
            kept = there.get(one.place)
            if one.place not in pruned and (kept is None or _identity(kept) != _identity(one)):
                yield Fault("lost", f"operation {one.seq} of epoch {one.epoch}")
        report = verify(store.history(), self._config.station.library, self._config.station.device)
        if report.fault:
            yield Fault("half", f"place {report.fault.place}: {report.fault.what}")

    def _of_the_backup(self, known: Known) -> Iterator[Fault]:
        """Of the newest one that the station has noted down."""
        day, folder = stores.diary_of(self._config).good_on("backup"), self._config.backup_folder
        if day is None or folder is None:
            return
        config = stores.station_store(self._config).config()
        newest = (
            [one for one in backups_in(folder, config) if one.day and one.day >= day][-1:] if folder.exists() else []
        )
        if not newest:
            yield Fault("lost", f"the backup of {day}")
        for backup in newest:
            try:
                check_backup(backup.path, config)
            except StoreBroken as error:
                yield Fault("corrupt", f"{backup.path.name}: {error}")
            else:
                store = StoreReader(replace(config, path=backup.path), reading(backup.path, config.key))
                yield from self._of_the_chain(store, known.told[: known.backups[backup.path.name]], known.taken)

    def _lends(self, store: SqlStore) -> bool:
        with store.unit_of_work() as work:
            reader = work.patron_by_card(_READER)
            return reader is not None and isinstance(
                self._desk.answer(CheckOut(0, 0, reader.id, _BOOK), work), LoanRecorded
            )


@dataclass(frozen=True, slots=True)
class _Old:
    """What is old enough to be pruned: with its readers up to the place `readers`, all of it up to `rest`; the last
    visits of readers up to the day `visits`."""

    readers: int
    rest: int
    visits: str

    @classmethod
    def of(cls, store: SqlStore, config: KioskConfig) -> _Old:
        days: dict[str, int] = dict(store._database.tell("SELECT day, place FROM trusted_day ORDER BY number"))
        if not days:
            return cls(0, 0, "")
        today = date.fromisoformat(max(days))
        readers, rest = (
            (today - timedelta(keep)).isoformat() for keep in (config.keep.reader_days, config.keep.history_days)
        )
        of_readers, of_rest = (max((days[day] for day in days if day <= to), default=0) for to in (readers, rest))
        return cls(of_readers, of_rest, readers)


def _history(store: StoreReader) -> tuple[dict[int, KeptOperation], set[int]]:
    """The operations that are there by place, and the places of those that were pruned."""
    there: dict[int, KeptOperation] = {}
    pruned: set[int] = set()
    for one in store.history():
        if isinstance(one, Pruned):
            pruned.update(range(one.place, one.last + 1))
        elif one[0]:
            there[one[0].place] = one[0]
    return there, pruned


def _identity(one: KeptOperation) -> tuple[str, int, bytes]:
    return one.epoch, one.seq, one.hash


def _tables(store: SqlStore, known: Known, old: _Old) -> Iterator[tuple[str, bool]]:
    """Each table that is written beside the operations, and whether it says the same as they do, but for what is old
    enough to be pruned."""
    tell = store._database.tell
    there, pruned = _history(store)
    every = there | {one.place: one for one in known.told if one.place in pruned}
    kept_loans = {loan for (loan,) in tell("SELECT id FROM loan")}
    yield "pruned", not any(_loans_of(every[place]) & kept_loans for place in pruned & every.keys())
    with store.unit_of_work() as work:
        loans = _Loans(in_resync=work.stage() is not Stage.FOLLOWING)
    requests: dict[tuple[Any, ...], int] = {}
    visits: dict[str, str] = {}
    voids: dict[tuple[Any, ...], int] = {}
    for place in sorted(every):
        one = every[place]
        data = json.loads(one.body)["data"]
        match one.kind:
            case "check_out" | "renew" | "check_in" | "void":
                loans.happens(place, one.kind, data)
            case "visit" if one.reader:
                visits[one.reader] = data["day"]
        if one.kind == "void":
            voids[one.epoch, one.seq] = place
        if "request" in data:
            requests[(data["request"],)] = place
    yield "loan", loans.fit(tell("SELECT id, due_on, renewals, open FROM loan"), known.taken & set(range(old.rest + 1)))
    may_go = {row for row, place in requests.items() if place <= old.readers and place in known.taken}
    yield "request", requests.keys() - may_go <= set(tell("SELECT id FROM request")) <= requests.keys()
    may_go = {row for row, place in voids.items() if place in pruned}
    yield "to_check", voids.keys() - may_go <= set(tell("SELECT epoch, seq FROM to_check")) <= voids.keys()
    # Who is being erased goes from one table after another, each in a commit of its own.
    gone = {mark for (mark,) in tell("SELECT mark FROM to_erase")}
    came, found = (
        {(reader, day) for reader, day in rows if day > old.visits and erased_mark(reader) not in gone}
        for rows in (visits.items(), tell("SELECT patron_id, day FROM visit"))
    )
    yield "visit", came == found


def _loans_of(one: KeptOperation) -> set[str]:
    data = json.loads(one.body)["data"]
    return set(data.get("loans", [data["loan"]] if "loan" in data else [])) if one.kind != "date_boot" else set()


class _Loans:
    """What the last operation about each loan made of it: due date, renewals, open. In the middle of a full resync with
    a centre that lost it, it may be what an earlier one made of it."""

    def __init__(self, *, in_resync: bool) -> None:
        self._in_resync = in_resync
        self._may_be: dict[str, list[tuple[str, int, int]]] = {}
        self._taken_back: set[str] = set()  # of these the centre says that they never were
        self._ended_at: dict[str, int] = {}  # places

    def happens(self, place: int, kind: str, data: dict[str, Any]) -> None:
        if kind in ("check_out", "renew"):
            now = {data["loan"]: (data["due_on"], data.get("renewals", 0), 1)}
        else:
            is_open = int(data.get("kind") == "check_in")
            now = {loan: (*self._may_be[loan][-1][:2], is_open) for loan in data["loans"]}
            if data.get("kind") == "check_out":
                self._taken_back.update(now)
        for loan, state in now.items():
            self._may_be[loan] = [*(self._may_be.get(loan, ()) if self._in_resync else ()), state]
            if state[2]:
                self._ended_at.pop(loan, None)
            else:
                self._ended_at[loan] = place

    def fit(self, rows: Sequence[tuple[Any, ...]], may_go: Set[int]) -> bool:
        """`may_go`: the places of operations with which a loan may be over and pruned."""
        found = {row[0]: row[1:] for row in rows if row[0] not in self._taken_back}
        lent = self._may_be.keys() - self._taken_back
        over = {loan for loan, place in self._ended_at.items() if place in may_go}
        return lent - over <= found.keys() <= lent and all(state in self._may_be[loan] for loan, state in found.items())
