"""The real centre, and a network before it that does what networks do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from central_link.native_rest_wire import decode_page, decode_verdicts, encode_operations
from central_server import database as centres
from central_server import ledger, settling
from central_server.changes import read_page
from central_server.ingest import Batch
from central_server.tables.library import hold, request
from central_server.tables.operations import loan
from central_server.wire import Refused as CentreRefused
from central_server.wire import read_request
from kiosk.domain.operations import Operation
from kiosk.ports.central import Capabilities, ChangePage, Verdict
from kiosk.ports.errors import CursorLost, Unreachable

LIBRARY = "hoa-sen"
# The holds that stand, and the open loans whose due date is unsure.
Told = tuple[set[str], set[str]]
NOON_MS = 1_795_000_000_000


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
            verdicts = Batch(read_request(raw)).record(connection, NOON_MS).verdicts
            transaction.rollback() if dies else transaction.commit()
        return msgspec.json.encode({"verdicts": verdicts})

    def page(self, cursor: str, limit: int) -> bytes:
        with centres.reading(self.store) as connection:
            return msgspec.json.encode(read_page(connection, LIBRARY, cursor, limit))

    def ledger(self) -> dict[str, Any]:
        return ledger.read_ledger(self.store, LIBRARY)

    def told(self) -> Told:
        """Who waits, and how sure the due dates are."""
        with centres.reading(self.store) as connection:
            waits = sa.select(hold.c.id).where(hold.c.loan_id.is_(None))
            unsure = sa.select(loan.c.id).where(loan.c.provisional, loan.c.open)
            return set(connection.scalars(waits)), set(connection.scalars(unsure))

    def wishes(self) -> list[tuple[object, ...]]:
        """What was said of every wish for a book."""
        asked = sa.select(request.c.id, request.c.state, request.c.why, hold.c.placed_ms, hold.c.loan_id)
        here = asked.outerjoin(hold, hold.c.id == request.c.id).where(request.c.kind.in_(["place_hold", "cancel_hold"]))
        with centres.reading(self.store) as connection:
            return [tuple(row) for row in connection.execute(here.order_by(request.c.id))]

    def doubts(self) -> list[str]:
        """The open disputes about the order of things."""
        with centres.reading(self.store) as connection:
            found = settling.listed(connection, LIBRARY)
        return sorted(one["id"] for one in found if one["barcode"] is not None)


@dataclass
class Network:
    """A station's link to the centre: as a CentralLink is, and as bad as `fates` say, one for each request.

    `meanwhile`: what else this station hears before it hears an answer that is overtaken. `asked`: a cursor, and the
    page that was asked for with it already; the next question gets that one.
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
        """The next question comes to the centre now; what happens until it is answered is not in its page."""
        with suppress(CentreRefused):
            self.asked = cursor, self._page(cursor)

    def _page(self, cursor: str) -> bytes:
        return self.centre.page(cursor, 5)

    def _fate(self) -> Fate:
        return self.fates.pop(0) if self.fates else Fate.OK
