"""The disputes about the order of things at one item: opened and settled as what is known of it changes."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from central_server import disputes
from central_server.among import among
from central_server.one_book import Doubt, Settled
from central_server.order import Place
from central_server.tables.operations import ITS_BODY, dispute, operation, operation_body
from central_server.upsert import add_new
from central_server.wire import Reason, Way


class Disputed(NamedTuple):
    """Items about which a person must look or has decided, and the loans that this is about."""

    barcodes: set[str]
    loans: set[str]


class Doubts:
    """Of the items that something new concerns: the disputes that are there, and (`now`) those that should be.

    `answered`: those that a verdict spoke of, also when the rest of its batch settled them.
    """

    def __init__(self, connection: sa.Connection, library: str) -> None:
        self._connection = connection
        self._library = library
        self._rows: dict[str, Any] = {}
        self._settled: dict[str, list[Settled]] = defaultdict(list)
        self.now: dict[str, list[Doubt]] = {}
        self.answered: list[tuple[str, Doubt]] = []

    def load(self, barcodes: Collection[str]) -> Disputed:
        """Load the disputes about the items `barcodes`."""
        # `is_not` stands there as the partial index has it.
        mine = (
            dispute.c.library_id == self._library,
            among(dispute.c.barcode, barcodes),
            dispute.c.barcode.is_not(None),
        )
        columns = (column for column in dispute.c if column.name not in ("held", "came"))
        found = Disputed(set(), set())
        for row in self._connection.execute(sa.select(*columns).where(*mine)):
            self._rows[row.id] = row
            if row.state == disputes.OPEN or row.way is not None:
                found.barcodes.add(row.barcode)
                found.loans.update(row.subject.split() if row.reason != Reason.SETTLED_OTHERWISE else ())
            if row.way is not None and row.reason != Reason.SETTLED_OTHERWISE:
                place = Place(row.device, row.epoch, row.seq)
                settled = Settled(row.id, place, Reason(row.reason), row.subject, Way(row.way))
                self._settled[row.barcode].append(settled)
        return found

    def settled(self, barcode: str) -> list[Settled]:
        """What people decided about the item."""
        return self._settled.get(barcode, [])

    def write(self, now_ms: int) -> list[str]:
        """Open and settle what should be, and tell the stations; answers the ids of those that it opens."""
        library = self._library
        wanted = {self._id(doubt): (barcode, doubt) for barcode, found in self.now.items() for doubt in found}
        opened = wanted.keys() - self._rows.keys()
        reopened = {
            identity
            for identity in wanted.keys() & self._rows.keys()
            if self._rows[identity].state == disputes.SETTLED and self._rows[identity].way in (None, Way.AS_HAPPENED)
        }
        settled = {
            identity
            for identity, row in self._rows.items()
            if row.state == disputes.OPEN and row.barcode in self.now and identity not in wanted
        }
        answered = {self._id(doubt): (barcode, doubt) for barcode, doubt in self.answered}
        passed = {one: answered[one] for one in answered.keys() - wanted.keys() - self._rows.keys()}
        self._add({**{identity: wanted[identity] for identity in opened}, **passed}, now_ms)
        if reopened:
            disputes.change(self._connection, library, reopened, disputes.OPEN, None, now_ms)
        if settled or passed:
            disputes.change(self._connection, library, settled | passed.keys(), disputes.SETTLED, None, now_ms)
        disputes.tell(self._connection, library, opened | reopened | settled | passed.keys())
        return sorted(opened | reopened)

    def _id(self, doubt: Doubt) -> str:
        return disputes.id_of(self._library, doubt.place, doubt.reason, doubt.subject)

    def _add(self, found: dict[str, tuple[str, Doubt]], now_ms: int) -> None:
        places = {place for _, doubt in found.values() for place in (doubt.place, doubt.held)}
        versions = self._versions(places)
        rows = [
            disputes.new_row(
                self._library,
                doubt.place,
                doubt.reason,
                doubt.subject,
                held=versions.get(doubt.held),
                came=versions.get(doubt.place),
                now_ms=now_ms,
                barcode=barcode,
            )
            for barcode, doubt in found.values()
        ]
        add_new(self._connection, dispute, rows)

    def _versions(self, places: Collection[Place]) -> dict[Place, dict[str, object]]:
        """The operations at `places` as disputes show them."""
        if not places:
            return {}
        rows = self._connection.execute(
            sa.select(operation.c.device, operation.c.epoch, operation.c.seq, operation.c.hash, operation_body.c.body)
            .join(operation_body, ITS_BODY)
            .where(
                operation.c.library_id == self._library,
                among(operation.c.device, {place.device for place in places}),
                among(operation.c.epoch, {place.epoch for place in places}),
                among(operation.c.seq, {place.seq for place in places}),
            )
        )
        return {
            Place(row.device, row.epoch, row.seq): {**row._mapping, "body": bytes(row.body).decode()} for row in rows
        }
