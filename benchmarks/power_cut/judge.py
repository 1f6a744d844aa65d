"""One image of a disk, opened by the station's own code as after a power cut: which promises does it break?"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
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
from kiosk.ports.errors import PortError
from kiosk.ports.store import KeptOperation, Pruned
from kiosk.session.effects import CheckOut
from kiosk.session.inputs import LoanRecorded
from kiosk.upkeep.audit import verify
from local_store import SqlStore

_READER, _BOOK = rig.card(9), rig.barcode(49)
"""Whom nobody erases, and what nobody borrows."""

Told = tuple[str, int, bytes]
"""Epoch, number and hash of an operation."""


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

    def faults(self, image: dict[str, bytes], told: Sequence[Told]) -> list[Fault]:
        """`told`: every operation that somebody had been told of when the power went."""
        shutil.rmtree(self._folder, ignore_errors=True)
        card = self._folder / "card"
        card.mkdir(parents=True)
        put(image, card)
        try:
            with closing(stores.open_store(self._config)) as store:
                return list(self._of(store, told))
        except PortError as error:
            return [Fault("corrupt", f"{type(error).__name__}: {error}")]

    def _of(self, store: SqlStore, told: Sequence[Told]) -> Iterator[Fault]:
        store.check()
        found = [one[0] for one in store.history() if not isinstance(one, Pruned) and one[0]]
        there = {(one.epoch, one.seq, one.hash) for one in found}
        for epoch, seq, _ in (each for each in told if each not in there):
            yield Fault("lost", f"operation {seq} of epoch {epoch}")
        for table, fits in _tables(store, found):
            if not fits:
                yield Fault("half", f"the table {table} is not what the operations say")
        if told and not self._lends(store):
            yield Fault("corrupt", "it does not lend")
        report = verify(store.history(), self._config.station.library, self._config.station.device)
        if report.fault:
            yield Fault("half", f"place {report.fault.place}: {report.fault.what}")

    def _lends(self, store: SqlStore) -> bool:
        with store.unit_of_work() as work:
            reader = work.patron_by_card(_READER)
            return reader is not None and isinstance(
                self._desk.answer(CheckOut(0, 0, reader.id, _BOOK), work), LoanRecorded
            )


def _tables(store: SqlStore, operations: Sequence[KeptOperation]) -> Iterator[tuple[str, bool]]:
    """Each table that is written beside the operations, and whether it says the same as they do."""
    tell = store._database.tell
    pending = {place for (place,) in tell("SELECT place FROM outbox WHERE state = 'pending'")}
    loans = _Loans()
    requests: set[tuple[Any, ...]] = set()
    visits: dict[str, str] = {}
    voids: set[tuple[Any, ...]] = set()
    for one in operations:
        data = json.loads(one.body)["data"]
        match one.kind:
            case "check_out" | "renew" | "check_in" | "void":
                loans.happens(one.kind, data, one.place in pending)
            case "visit" if one.reader:
                visits[one.reader] = data["day"]
        if one.kind == "void":
            voids.add((one.epoch, one.seq))
        if "request" in data:
            requests.add((data["request"],))
    yield "loan", loans.fit(tell("SELECT id, due_on, renewals, open FROM loan"))
    yield "request", requests == set(tell("SELECT id FROM request"))
    yield "to_check", voids == set(tell("SELECT epoch, seq FROM to_check"))
    # Who is being erased goes from one table after another, each in a commit of its own.
    gone = {mark for (mark,) in tell("SELECT mark FROM to_erase")}
    came = {(reader, day) for reader, day in visits.items() if erased_mark(reader) not in gone}
    yield (
        "visit",
        came == {row for row in tell("SELECT patron_id, day FROM visit") if erased_mark(row[0]) not in gone},
    )


class _Loans:
    """What each loan may be now: due date, renewals, open. That is what the last operation made of it; or, while none
    that came after is pending, an earlier state: a page of changes may be older than the centre's last verdict."""

    def __init__(self) -> None:
        self._may_be: dict[str, list[tuple[str, int, int]]] = {}
        self._taken_back: set[str] = set()  # of these the centre says that they never were

    def happens(self, kind: str, data: dict[str, Any], is_pending: bool) -> None:
        if kind in ("check_out", "renew"):
            now = {data["loan"]: (data["due_on"], data.get("renewals", 0), 1)}
        else:
            is_open = int(data.get("kind") == "check_in")
            now = {loan: (*self._may_be[loan][-1][:2], is_open) for loan in data["loans"]}
            if data.get("kind") == "check_out":
                self._taken_back.update(now)
        for loan, state in now.items():
            before = [] if is_pending else self._may_be.get(loan, [])
            self._may_be[loan] = [*before, state]

    def fit(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        found = {row[0]: row[1:] for row in rows if row[0] not in self._taken_back}
        lent = self._may_be.keys() - self._taken_back
        return found.keys() == lent and all(found[loan] in self._may_be[loan] for loan in lent)
