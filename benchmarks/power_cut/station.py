"""One boot of a station under the recorder: the whole of it below the screen, its scanner's cable, and a hand's day.

python -m benchmarks.power_cut.station CONFIG, with what a boot is like as one line of JSON behind it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from benchmarks import rig
from central_link.simulated import SimulatedCentral
from demo.school import Scanner
from devices.host.clock import HostClock
from kiosk.bootstrap import kiosk as below_the_screen
from kiosk.bootstrap import stores
from kiosk.config import load
from kiosk.domain.ids import erased_mark
from kiosk.domain.operations import ChainEnd, OperationId
from kiosk.domain.requests import PlaceHold, Suggest
from kiosk.ports.central import Gone, VerdictKind
from kiosk.ports.store import Stage, UnitOfWork
from kiosk.runtime import chores
from kiosk.session import inputs
from kiosk.session.effects import Ask, CheckIn, CheckOut, IdentifyPatron, OneStep, Renew, TakeBack, UseInHouse
from kiosk.upkeep import forgetting, housekeeping
from local_store import connections, engine

MARKS = "marks"
"""Beside the data folder: what others know, a line of JSON each, in its true place among the writes. Its word is TOLD
(somebody was told of this operation, and of all before it) or TAKEN (the centre has these); then epoch and number."""
TOLD, TAKEN = "told", "taken"
BACKUPS = "stick/backups"
"""Beside kiosk.toml; `stick` is another file system."""

_RECORDED = (
    inputs.LoanRecorded,
    inputs.ReturnRecorded,
    inputs.TakenBack,
    inputs.InHouseUseRecorded,
    inputs.Asked,
)
LIBRARY = rig.Size(12, 60, 0)
LAST_ITEM = LIBRARY.items - 1
_OTHERS = 4  # books at the end of the catalogue
_DAY_NS = 86_400 * 10**9
_DAYS = 3
"""From a boot to a `later` one, and in that one until what was there at its beginning is pruned."""


@dataclass(frozen=True)
class Boot:
    """`loans`: how many books are lent, from the `first` on. `later`: it is some days after the others, more is done
    with the books before that one, and days later what is old is pruned. `erase`: a command at the centre by which the
    first reader is forgotten then. `sudden`: it ends by kill -9, in the middle of a backup. `window`: it is `python -m
    kiosk run` itself, which only lends. `synchronous` and `checkpoint` (pages) stand for what the product sets, but for
    boots with a window; "" and 0: its own."""

    loans: int
    first: int = 0
    later: bool = False
    erase: tuple[str, ...] = ()
    sudden: bool = False
    window: bool = False
    synchronous: str = ""
    checkpoint: int = 0


class Marks:
    """Every act that the store has answered: the mark stands in the log before anybody can have seen the answer. Every
    operation before it is sent: from then on somebody else may know it. And what the centre has taken, before the
    station knows that it has."""

    def __init__(self, kiosk: below_the_screen.Kiosk, folder: Path) -> None:
        self._file = os.open(folder / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._last: ChainEnd | None = None
        self._answers: SimpleQueue[inputs.Answer] = SimpleQueue()
        self._kiosk = kiosk
        answer, post, send = kiosk.desk.answer, kiosk.session.post, kiosk._link.send

        def answered(ask: OneStep, work: UnitOfWork) -> inputs.Answer:
            found = answer(ask, work)
            self._last = work.last_operation()
            return found

        def posted(happened: Any) -> None:
            if isinstance(happened, _RECORDED) and self._last is not None:
                self._mark(TOLD, self._last.id)
            if getattr(happened, "visit", 0) == -1:
                self._answers.put(happened)
            post(happened)

        def sent(operations: Any) -> Any:
            self._mark(TOLD, operations[-1].id)
            verdicts = send(operations)
            self._mark(TAKEN, *(one.id for one in verdicts if one.kind is not VerdictKind.DISPUTED))
            return verdicts

        kiosk.desk.answer = answered  # type: ignore[method-assign]
        kiosk.session.post = posted  # type: ignore[method-assign]
        kiosk._link.send = sent  # type: ignore[method-assign]

    def ask(self, effect: OneStep) -> inputs.Answer:
        """What a hand would have asked; `effect.visit` is -1, so the session lets the answer pass."""
        self._kiosk._ask(effect)
        return self._answers.get(timeout=rig.PATIENCE_S)

    def _mark(self, word: str, *operations: OperationId) -> None:
        os.write(self._file, json.dumps([word, *((one.epoch, one.seq) for one in operations)]).encode() + b"\n")


def main() -> None:
    logging.disable(logging.WARNING)
    config_file, boot = Path(sys.argv[1]), Boot(**json.loads(sys.argv[2]))
    # A later one takes the place of the product's own, which is what is measured where none is given.
    pragmas = [f"PRAGMA synchronous = {boot.synchronous}"] if boot.synchronous else []
    if boot.checkpoint:
        pragmas.append(f"PRAGMA wal_autocheckpoint = {boot.checkpoint}")
    setattr(engine, "WRITING", (*connections.WRITING, *pragmas))  # noqa: B010
    days = _Days(_DAYS if boot.later else 0)
    setattr(
        below_the_screen, HostClock.__name__, partial(HostClock, wall_ns=days.wall_ns, boottime_ms=days.boottime_ms)
    )
    chores.FORGET_EVERY_S = chores.HOUSE_EVERY_S = 0.1
    forgetting.TRY_AGAIN_S = housekeeping.TRY_AGAIN_S = 0.1
    scanner = Scanner()
    config = load(config_file)
    config = msgspec.structs.replace(config, scanner=[{"kind": "serial", "port": scanner.device}])
    station = rig.BenchStation(config, scanner)
    station.kiosk.sync._long_poll_s = 1.0  # a resync may end with the poll that it meets
    station.kiosk.sync._reached = lambda: None  # for the centre no days have passed
    marks = Marks(station.kiosk, config.data.parent)
    link = station.kiosk._link
    if isinstance(link, SimulatedCentral):
        link.publish(*rig.everything(LIBRARY))
    with station:
        call = station.kiosk.store.call
        _until(lambda: _knows(station, rig.barcode(LAST_ITEM)))
        backup = _begin_backup(station.kiosk)
        if boot.later:
            _until(lambda: call(lambda work: work.trusted_day()) == station.kiosk.clock.now().day)
            for number in range(boot.first):
                _more_with(number, marks)
        else:
            _lend_and_return(LAST_ITEM - _OTHERS, marks)
        backup.join(rig.PATIENCE_S)
        if stores.diary_of(config).good_on("backup") != station.kiosk.clock.now().day:
            raise RuntimeError("there is no backup")
        if boot.later:
            station.kiosk.sync.request_resync()
            _forget(station, rig.card(0), boot.erase)
            _until(lambda: call(lambda work: work.stage()) is Stage.FOLLOWING)
            days.pass_by(_DAYS)
        station.next_item, station.next_card = boot.first, boot.first // rig.LOANS_PER_VISIT
        station.loans(boot.loans)
        if boot.later:
            _until(lambda: call(lambda work: work.pruned_on()) == station.kiosk.clock.now().day)
        if boot.sudden:
            _begin_backup(station.kiosk)  # which waits in its middle, for somebody stands in front
            _until(lambda: any((config.folder / BACKUPS).glob("*.half")))
            os.kill(os.getpid(), signal.SIGKILL)


class _Days:
    """A wall clock and what counts the time of a boot, so many days ahead."""

    def __init__(self, ahead: int) -> None:
        self._ahead_ns = ahead * _DAY_NS

    def pass_by(self, days: int) -> None:
        self._ahead_ns += days * _DAY_NS

    def wall_ns(self) -> int:
        return time.time_ns() + self._ahead_ns

    def boottime_ms(self) -> int:
        return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self._ahead_ns) // 1_000_000


def _begin_backup(kiosk: below_the_screen.Kiosk) -> threading.Thread:
    """As each night, on its own thread."""
    thread = threading.Thread(target=kiosk._nightly._do, args=("backup",), daemon=True)
    thread.start()
    return thread


def _lend_and_return(number: int, marks: Marks) -> None:
    marks.ask(CheckOut(-1, 0, _reader(number, marks), rig.barcode(number)))
    marks.ask(CheckIn(-1, 0, rig.barcode(number)))


def _more_with(number: int, marks: Marks) -> None:
    """With the book `number`, which was lent in a boot before."""
    code, other = rig.barcode(number), rig.barcode(LAST_ITEM - number % _OTHERS)
    reader = _reader(number, marks)
    match number % 4:
        case 0:
            marks.ask(CheckIn(-1, 0, code))
        case 1:
            assert isinstance(marks.ask(Renew(-1, 0, reader, code)), inputs.LoanRecorded)
            read = marks.ask(UseInHouse(-1, 0, other, reader))
            assert isinstance(read, inputs.InHouseUseRecorded)
            marks.ask(Ask(-1, 0, reader, PlaceHold(read.book.title_id)))  # of a title that nobody here borrows
        case 2:
            returned = marks.ask(CheckIn(-1, 0, code))
            assert isinstance(returned, inputs.ReturnRecorded)
            marks.ask(TakeBack(-1, 0, returned.operation, None))
            marks.ask(Ask(-1, 0, reader, Suggest("Thêm sách về biển")))
        case 3:
            lent = marks.ask(CheckOut(-1, 0, reader, other))
            if isinstance(lent, inputs.LoanRecorded):  # an old page may show it as lent still
                marks.ask(TakeBack(-1, 0, lent.operation, reader))


def _reader(number: int, marks: Marks) -> str:
    found = marks.ask(IdentifyPatron(-1, 0, rig.card(number // rig.LOANS_PER_VISIT)))
    assert isinstance(found, inputs.PatronFound)
    return found.patron_id


def _forget(station: rig.BenchStation, card: str, erase: tuple[str, ...]) -> None:
    call = station.kiosk.store.call
    reader = call(lambda work: work.patron_by_card(card))
    assert reader is not None
    if erase:
        subprocess.run([sys.executable, "-m", *erase, card], check=True, env={}, stdout=subprocess.DEVNULL)
    elif isinstance(link := station.kiosk._link, SimulatedCentral):
        link.publish(Gone("erased_reader", erased_mark(reader.id)))
    _until(lambda: call(lambda work: work.patron(reader.id)) is None)
    _until(lambda: not call(lambda work: work.to_erase() or work.outbox_counts().pending))


def _knows(station: rig.BenchStation, barcode: str) -> bool:
    return station.kiosk.store.call(lambda work: work.item_by_barcode(barcode)) is not None


def _until(true: Callable[[], object]) -> None:
    ends = time.monotonic() + rig.PATIENCE_S
    while not true():
        if time.monotonic() > ends:
            raise RuntimeError("waited in vain")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
