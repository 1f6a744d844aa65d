"""Stations with real stores and real desks, a network that does what networks do, and the real centre."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any, cast
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from central_link.native_rest_wire import decode_page, decode_verdicts, encode_operations
from central_server import database as centres
from central_server import ledger, settling
from central_server.books import Books, Need
from central_server.changes import read_page
from central_server.ingest import ingest
from central_server.tables.library import title as title_table
from central_server.tables.operations import dispute as dispute_table
from central_server.tables.operations import loan, operation_reader
from central_server.tables.operations import operation as operation_table
from central_server.wire import Refused as CentreRefused
from central_server.wire import read_request
from demo.compare import differences
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Moment
from kiosk.domain.operations import Actor, Operation, OperationId, OperationKind, next_operation
from kiosk.domain.requests import PlaceHold, Settle, Wish
from kiosk.ports.central import Capabilities, ChangePage, Verdict
from kiosk.ports.errors import CursorLost, Unreachable
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import RecordedAct, Stage
from kiosk.session.effects import Ask, CheckIn, CheckOut, StoreEffect, TakeBack
from kiosk.session.inputs import Answer, LoanRecorded, ReturnRecorded
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from kiosk.sync.resync import Resync
from local_store import StoreConfig, open_store
from local_store.store import SqlStore
from tests.central_server.support import ROOT, bring, bring_a_small_library

LIBRARY = "hoa-sen"
NOON_MS = 1_795_000_000_000
HOUR_MS = 3_600_000
BUILD_MS = NOON_MS - 30 * 24 * HOUR_MS


class Fate(StrEnum):
    """What becomes of a request on its way."""

    OK = "ok"
    LOST_BEFORE = "lost before"  # it never arrives
    LOST_AFTER = "lost after"  # what it asks for is done, and the answer is lost
    DELAYED = "delayed"  # the sender gives up, and it arrives some time later, perhaps twice
    CENTRE_DIES = "the centre dies"  # in the middle of it: nothing of it is recorded
    OVERTAKEN = "overtaken"  # before its answer is heard, what came after it is heard


@dataclass
class Centre:
    """The real database and the real ingest, without HTTP between. `late`: requests that are still on their way."""

    folder: Path
    late: list[bytes] = field(default_factory=list)
    store: centres.Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = centres.open_store(self.folder)

    def crash(self) -> None:
        self.store.close()
        self.store = centres.open_store(self.folder)

    def take(self, raw: bytes, *, dies: bool = False) -> bytes:
        with self.store.writing.connect() as connection, connection.begin() as transaction:
            verdicts = ingest(connection, read_request(raw), NOON_MS).verdicts
            transaction.rollback() if dies else transaction.commit()
        return msgspec.json.encode({"verdicts": verdicts})

    def page(self, cursor: str, limit: int) -> bytes:
        with centres.reading(self.store) as connection:
            return msgspec.json.encode(read_page(connection, LIBRARY, cursor, limit))

    def ledger(self) -> dict[str, Any]:
        return ledger.read_ledger(self.store, LIBRARY)

    def doubts(self) -> list[str]:
        """The open disputes about the order of things."""
        with centres.reading(self.store) as connection:
            found = settling.listed(connection, LIBRARY)
        return sorted(one["id"] for one in found if one["barcode"] is not None)


@dataclass
class Network:
    """A station's link to the centre: as a CentralLink is, and as bad as `fates` say, one for each request.

    `meanwhile`: what else this station hears before it hears an answer that is overtaken. `asked`: the page that was
    asked for already, and its cursor; it is what the next question gets.
    """

    centre: Centre
    device: str
    fates: list[Fate] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    asked: tuple[str, bytes] | None = None
    capabilities = Capabilities(idempotent=True, change_feed=True, offline_replay=True, check_in=True, batch=7)

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        raw = encode_operations(LIBRARY, self.device, operations)
        fate = self._fate()
        if fate is Fate.DELAYED:
            self.centre.late.append(raw)
        if fate in (Fate.LOST_BEFORE, Fate.DELAYED):
            raise Unreachable(fate)
        answer = self.centre.take(raw, dies=fate is Fate.CENTRE_DIES)
        if fate is Fate.OVERTAKEN:
            self.meanwhile()
        elif fate is not Fate.OK:
            raise Unreachable(fate)
        return decode_verdicts(answer, operations)

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        if self._fate() not in (Fate.OK, Fate.OVERTAKEN):
            raise Unreachable("lost")
        asked, self.asked = self.asked, None
        try:
            content = asked[1] if asked and asked[0] == cursor else self._page(cursor)
        except CentreRefused as error:
            raise CursorLost(str(error)) from error
        return decode_page(content, cursor)

    def ask_ahead(self, cursor: str) -> None:
        """The question of the next `changes` comes to the centre now; what happens until then is not in its page."""
        with suppress(CentreRefused):
            self.asked = cursor, self._page(cursor)

    def _page(self, cursor: str) -> bytes:
        return self.centre.page(cursor, 5)

    def _fate(self) -> Fate:
        return self.fates.pop(0) if self.fates else Fate.OK


@dataclass
class Clock:
    """The world's time as this station has it. Untrusted: it shows 1970, until the boot is dated."""

    world: World
    trusted: bool = True
    boot: str = field(default_factory=lambda: str(uuid4()))
    began_ms: int = 0

    def now(self) -> Moment:
        boottime_ms = self.world.now_ms - self.began_ms
        return Moment(self.world.now_ms if self.trusted else boottime_ms, self.boot, boottime_ms, self.trusted)

    def monotonic(self) -> float:
        return self.world.now_ms / 1000

    def begin(self, *, trusted: bool) -> None:
        self.boot, self.trusted, self.began_ms = str(uuid4()), trusted, self.world.now_ms


class Station:
    """A real store and a real desk. `last`: what was recorded last, to be taken back."""

    def __init__(self, world: World, device: str, folder: Path) -> None:
        self.world, self.device, self.folder = world, device, folder
        self.clock = Clock(world)
        self.clock.begin(trusted=True)
        self.link = Network(world.centre, device, meanwhile=self.is_overtaken)
        self.last: tuple[OperationId, str | None] | None = None
        self.opened = 0
        self.open()

    def open(self) -> None:
        self.store = opened(self.folder, self.device)
        self.desk = Desk(Tools(self.clock, secrets.token_bytes))
        self._outbox = Outbox(self.link, self.on_store, lambda _: None)
        self._changes = Changes(self.link, self.on_store, monotonic)
        self._resync = Resync(self.on_store, monotonic)
        self.last = None

    @property
    def on_store(self) -> OnStore:
        def on_store(job: Any) -> Any:
            with self.store.unit_of_work() as work:
                return job(work)

        return cast(OnStore, on_store)

    def crash(self, *, trusted: bool) -> None:
        """The power goes: what is in the files is what there is, and the clock begins anew."""
        self.opened += 1
        folder = self.folder.with_name(f"{self.device}-{self.opened}")
        copy_files(self.folder, folder)
        self.store.close()
        self.folder = folder
        self.clock.begin(trusted=trusted)
        self.open()

    def ask(self, effect: StoreEffect) -> Answer:
        with self.store.unit_of_work() as work:
            answer = self.desk.answer(effect, work)
        if isinstance(answer, LoanRecorded) and not answer.renewed and isinstance(effect, CheckOut):
            self.last = answer.operation, effect.patron_id
        elif isinstance(answer, ReturnRecorded):
            self.last = answer.operation, None
        return answer

    def lend(self, patron: str, barcode: str) -> Answer:
        return self.ask(CheckOut(1, 1, patron, barcode))

    def give_back(self, barcode: str) -> Answer:
        return self.ask(CheckIn(1, 1, barcode))

    def take_back(self) -> None:
        if self.last:
            operation, patron = self.last
            self.last = None
            self.ask(TakeBack(1, 1, operation, patron))

    def wish(self, wish: Wish, patron: str | None = None) -> Answer:
        return self.ask(Ask(1, 1, patron, wish, by_librarian=patron is None))

    def settle(self, which: int, way: int) -> None:
        with self.store.unit_of_work() as work:
            found = work.open_disputes()
        if found:
            dispute = found[which % len(found)]
            self.wish(Settle(dispute.id, dispute.ways[way % len(dispute.ways)]))

    def set_clock(self) -> None:
        """Somebody vouches for the time: this boot is dated."""
        if self.clock.trusted:
            return
        self.clock.trusted = True
        moment = self.clock.now()
        data = {"boot": self.clock.boot, "began_ms": self.clock.began_ms, "before_ms": None, "loans": []}
        with self.store.unit_of_work() as work:
            operation = next_operation(
                work.origin,
                work.last_operation(),
                cast(OperationKind, "date_boot"),
                data,
                moment=moment,
                actor=cast(Actor, "station"),
                reader=None,
                policy_version="",
            )
            act = RecordedAct(operation.id, "date_boot", "", (), moment.boot_id, moment.boottime_ms)
            work.add_operation(operation, act)
            work.commit()

    def push(self, fates: Sequence[Fate] = ()) -> Outcome:
        self.link.fates = list(fates)
        return self._outbox.push(threading.Event()).outcome

    def pull(self, fates: Sequence[Fate] = ()) -> bool:
        """Whether there is nothing more to know."""
        self.link.fates = list(fates)
        try:
            self._resync.go_on(threading.Event())
            page, _ = self._changes.pull(0.0, threading.Event())
            if not page.more:
                self._resync.heard_all()
        except Unreachable:
            return False
        except CursorLost:
            self._resync.ask()
            return False
        return not page.more and self.on_store(lambda work: work.stage()) is Stage.FOLLOWING

    def ask_ahead(self) -> None:
        """For a page that comes when more has happened."""
        self.link.ask_ahead(self.on_store(lambda work: work.cursor()))

    def is_overtaken(self) -> None:
        """All others have told what they know, and this station hears of it."""
        for other in self.world.stations:
            if other is not self:
                other.push()
        self.pull()

    def learn_all(self) -> None:
        while not self.pull():
            self.push()  # in a full resync everything is told again, too

    def ledger(self) -> dict[str, Any]:
        return {"operations": list(self.store.ledger()), "loans": list(self.store.loans_ledger())}


class World:
    """A library with `count` stations, in `folder`."""

    def __init__(self, folder: Path, seeds: Seeds, count: int) -> None:
        self.folder = folder
        self.now_ms = NOON_MS
        copy_files(seeds.centre, folder / "centre")
        self.centre = Centre(folder / "centre")
        self.known = seeds.known
        self._seeds = seeds
        self.stations = []
        for number in range(count):
            device = f"tram-{number}"
            if seeds.station(device).exists():
                copy_files(seeds.station(device), folder / device)
            self.stations.append(Station(self, device, folder / device))
            if not seeds.station(device).exists():
                self.stations[-1].learn_all()
                copy_files(folder / device, seeds.station(device))

    def close(self) -> None:
        for one in self.stations:
            one.store.close()
        self.centre.store.close()

    def hold(self, station: Station, patron: str) -> None:
        with centres.reading(self.centre.store) as connection:
            title = connection.scalar(sa.select(title_table.c.id))
        station.wish(PlaceHold(str(title)), patron)

    def deliver_late(self, which: int, *, again: bool) -> None:
        if self.centre.late:
            which %= len(self.centre.late)
            self.centre.take(self.centre.late[which])
            if not again:
                del self.centre.late[which]

    def settle_down(self) -> None:
        """The network is whole, and everything is sent and heard."""
        while self.centre.late:
            self.deliver_late(-1, again=False)
        for _ in range(2):
            for one in self.stations:
                assert one.push() in (Outcome.DRAINED, Outcome.NOTHING)
            for one in self.stations:
                one.learn_all()

    def check(self) -> None:
        """Nothing is missing, nothing is double, all agree, and the order of arrival played no part."""
        at_centre = self.centre.ledger()
        assert at_centre["conflicts"] == 0
        for one in self.stations:
            assert differences(one.ledger(), at_centre, one.device) == []
        self.check_order(at_centre)

    def check_order(self, at_centre: dict[str, Any]) -> None:
        """The same operations in the order of their stations, then what people decided, come to the same."""
        copy_files(self._seeds.centre, self.folder / "again")
        again = Centre(self.folder / "again")
        try:
            with centres.reading(self.centre.store) as connection:
                rows = connection.execute(
                    sa.select(operation_table, operation_reader.c.patron_id, operation_reader.c.salt)
                    .outerjoin(operation_reader, operation_reader.c.position == operation_table.c.position)
                    .order_by(operation_table.c.device, operation_table.c.epoch, operation_table.c.seq)
                ).all()
                by_people = (dispute_table.c.way.is_not(None), dispute_table.c.barcode.is_not(None))
                decided = connection.execute(sa.select(dispute_table).where(*by_people)).mappings()
                decided_rows = [dict(row) for row in decided]
            for row in rows:
                again.take(_request(row))
            with again.store.writing.begin() as connection:
                _say_what_people_said(connection, decided_rows)
            assert again.doubts() == self.centre.doubts()
            assert _loans(again.ledger()) == _loans(at_centre)
        finally:
            again.store.close()


def _say_what_people_said(connection: sa.Connection, decided: list[dict[str, Any]]) -> None:
    """Which disputes there are to be settled depends on when things come: so what was decided is taken over."""
    connection.execute(dispute_table.delete().where(dispute_table.c.barcode.is_not(None)))
    if decided:
        connection.execute(dispute_table.insert(), decided)
    books = Books(connection, LIBRARY)
    barcodes = set(connection.scalars(sa.select(loan.c.barcode)))
    books.load(Need(whole=barcodes))
    for barcode in barcodes:
        books.consider(barcode)
    books.write(NOON_MS)


def _loans(found: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(found["loans"], key=lambda one: str(one["id"]))


def _request(row: Any) -> bytes:
    reader = {"patron": row.patron_id, "salt": row.salt} if row.patron_id else None
    body = bytes(row.body).decode()
    operation = {"epoch": row.epoch, "seq": row.seq, "hash": row.hash, "body": body, "reader": reader}
    return msgspec.json.encode({"protocol": 1, "library": LIBRARY, "device": row.device, "operations": [operation]})


@dataclass
class Seeds:
    """A centre with a small catalogue and stations that know it, made once and copied."""

    folder: Path
    known: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        store = centres.open_store(self.centre)
        self.known = bring_a_small_library(store, self.folder)
        bring(store, "circulation", (ROOT / "samples" / "circulation.toml").read_text(), self.folder)
        store.close()

    @property
    def centre(self) -> Path:
        return self.folder / "centre"

    def station(self, device: str) -> Path:
        """It is put there by the first world that has one."""
        return self.folder / device


def opened(folder: Path, device: str) -> SqlStore:
    folder.mkdir(exist_ok=True)
    return open_store(StoreConfig(folder / "store.db", bytes(32), LIBRARY, device, BUILD_MS))


def copy_files(source: Path, target: Path) -> None:
    """The files of a store as they lie there now, also beside whoever has it open."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
