"""Operations as a station writes them."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from kiosk.domain.clock_trust import Moment
from kiosk.domain.operations import (
    Actor,
    ChainEnd,
    Operation,
    OperationKind,
    Origin,
    Reader,
    commitment,
    next_operation,
)
from kiosk.domain.requests import ONLY_STAFF, Wish, worded
from kiosk.domain.staff import ByStaff

WALL_MS = 1_795_000_000_000


class Chain:
    """One epoch of one station. `after`: where the epoch before it ended."""

    def __init__(self, library: str = "hoa-sen", device: str = "tram-1", after: ChainEnd | None = None) -> None:
        self._origin = Origin(library, device, secrets.token_hex(16), after)
        self.end: ChainEnd | None = None

    def write(
        self,
        kind: OperationKind,
        data: dict[str, Any],
        patron: str | None = None,
        private: str | None = None,
        actor: Actor | None = None,
        by: ByStaff | None = None,
    ) -> Operation:
        reader = Reader(patron, secrets.token_bytes(16), private) if patron else None
        if reader and private:
            data = data | {"private": commitment(reader.salt, private)}
        operation = next_operation(
            self._origin,
            self.end,
            kind,
            data,
            moment=Moment(WALL_MS, str(uuid.uuid4()), 1_000, trusted=True),
            actor=actor
            or (Actor.LIBRARIAN if by else None)
            or (Actor.PATRON if patron else Actor.STATION if kind is OperationKind.DATE_BOOT else Actor.ANYONE),
            reader=reader,
            policy_version="2026-09-01",
            by=by,
        )
        self.end = ChainEnd(operation.id, operation.hash)
        return operation

    def check_out(self, item: str, barcode: str, patron: str, loan: str | None = None) -> Operation:
        data = {
            "loan": loan or str(uuid.uuid4()),
            "item": item,
            "barcode": barcode,
            "lent_on": "2026-11-18",
            "due_on": "2026-12-01",
            "provisional": False,
        }
        return self.write(OperationKind.CHECK_OUT, data, patron)

    def check_in(self, barcode: str, item: str | None = None, loans: tuple[str, ...] = ()) -> Operation:
        return self.write(OperationKind.CHECK_IN, {"barcode": barcode, "item": item, "loans": list(loans)})

    def ask(self, wish: Wish, patron: str | None = None, by: ByStaff | None = None) -> Operation:
        words = worded(wish, has_reader=patron is not None)
        return self.write(
            words.kind,
            {"request": str(uuid.uuid4()), **words.data},
            patron,
            words.private,
            actor=Actor.LIBRARIAN if isinstance(wish, ONLY_STAFF) else None,
            by=by,
        )

    def check_ins(self, count: int) -> list[Operation]:
        return [self.check_in(f"TK.{number:05}") for number in range(count)]
