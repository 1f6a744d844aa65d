"""A library with several stations, and what must be true of it in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from central_server import database as centres
from central_server import holds
from central_server.books import Books, Need
from central_server.imports import patrons
from central_server.tables.library import patron
from central_server.tables.library import title as title_table
from central_server.tables.operations import ITS_BODY, dispute, loan, operation, operation_body, operation_reader
from demo.compare import differences
from kiosk.domain.requests import CancelHold, PlaceHold
from kiosk.sync.outbox import Outcome
from tests.central_server.support import ROOT, bring, bring_a_small_library, put_on_list
from tests.properties.centre import LIBRARY, NOON_MS, Centre
from tests.properties.stations import LIBRARIAN, Station, copy_files

DEVICES = ("tram-0", "tram-1", "tram-2", "tram-3")


class World:
    """A library with `count` stations, at most four, in `folder`."""

    def __init__(self, folder: Path, seeds: Seeds, count: int) -> None:
        self.folder = folder
        self.now_ms = NOON_MS
        copy_files(seeds.centre, folder / "centre")
        self.centre = Centre(folder / "centre")
        self.known = seeds.known
        self._seeds = seeds
        self._saved: list[tuple[str, Path]] = []
        # Devices of which a card was copied or restored: each card knows only its own branch.
        self.branched: set[str] = set()
        self.stations = []
        for device in DEVICES[:count]:
            copy_files(seeds.folder / device, folder / device)
            self.stations.append(self.station(device, folder / device))

    def station(self, device: str, folder: Path) -> Station:
        """One that starts from the files in `folder`."""
        made = Station(self.centre, device, folder, lambda: self.now_ms)
        made.link.meanwhile = lambda: self.overtake(made)
        return made

    def overtake(self, station: Station) -> None:
        """All others tell what they know, and `station` hears of it."""
        for other in self.stations:
            if other is not station:
                other.push()
        station.pull()

    def close(self) -> None:
        for one in self.stations:
            one.store.close()
        self.centre.store.close()

    def hold(self, station: Station, patron: str) -> None:
        with centres.reading(self.centre.store) as connection:
            title = connection.scalar(sa.select(title_table.c.id))
        station.wish(PlaceHold(str(title)), patron)

    def cancel_hold(self, station: Station, patron: str) -> None:
        with station.store.unit_of_work() as work:
            placed = work.holds_of_patron(patron)
        if placed:
            station.wish(CancelHold(placed[0].id), patron)

    def save_card(self, station: Station) -> None:
        """A copy of the card as it is now, whatever is being written."""
        folder = self.folder / f"card-{uuid4().hex}"
        copy_files(station.folder, folder)
        self._saved.append((station.device, folder))

    def put_in_card(self, which: int, *, restored: bool) -> None:
        """A saved card goes on: in the place of one of its device (`restored`), or in one more machine."""
        if not self._saved:
            return
        device, folder = self._saved.pop(which % len(self._saved))
        self.branched.add(device)
        if restored:
            station = next(one for one in self.stations if one.device == device)
            station.store.close()
            self.stations.remove(station)
        self.stations.append(self.station(device, folder))

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
            ledger = one.ledger()
            assert differences(ledger, self._known_to(one, ledger, at_centre), one.device) == []
            assert one.told() == self.centre.told()
        self.check_order(at_centre)

    def _known_to(self, station: Station, ledger: dict[str, Any], at_centre: dict[str, Any]) -> dict[str, Any]:
        """Without what other cards of the same device wrote."""
        if station.device not in self.branched:
            return at_centre
        mine = {(one["epoch"], one["seq"]) for one in ledger["operations"]}
        operations = at_centre["operations"]
        known = [one for one in operations if one["device"] != station.device or (one["epoch"], one["seq"]) in mine]
        return at_centre | {"operations": known}

    def check_order(self, at_centre: dict[str, Any]) -> None:
        """The same operations in the order of their stations, then what people decided, come to the same."""
        copy_files(self._seeds.centre, self.folder / "again")
        again = Centre(self.folder / "again")
        try:
            with centres.reading(self.centre.store) as connection:
                rows = connection.execute(
                    sa.select(operation, operation_body.c.body, operation_reader.c.patron_id, operation_reader.c.salt)
                    .join(operation_body, ITS_BODY)
                    .outerjoin(operation_reader, operation_reader.c.position == operation.c.position)
                    .order_by(operation.c.device, operation.c.epoch, operation.c.seq)
                ).all()
                by_people = (dispute.c.way.is_not(None), dispute.c.barcode.is_not(None))
                decided = connection.execute(sa.select(dispute).where(*by_people)).mappings()
                decided_rows = [dict(row) for row in decided]
            for row in rows:
                again.take(_request(row))
            with again.store.writing.begin() as connection:
                _say_what_people_said(connection, decided_rows)
            assert again.doubts() == self.centre.doubts()
            assert _loans(again.ledger()) == _loans(at_centre)
            assert again.told() == self.centre.told()
            assert again.wishes() == self.centre.wishes()
        finally:
            again.store.close()


def _say_what_people_said(connection: sa.Connection, decided: list[dict[str, Any]]) -> None:
    """Which disputes there are to be settled depends on when things come: so what was decided is taken over."""
    connection.execute(dispute.delete().where(dispute.c.barcode.is_not(None)))
    if decided:
        connection.execute(dispute.insert(), decided)
    books = Books(connection, LIBRARY)
    barcodes = set(connection.scalars(sa.select(loan.c.barcode)))
    books.load(Need(whole=barcodes))
    for barcode in barcodes:
        books.consider(barcode)
    books.write(NOON_MS)
    holds.reconsider(connection, LIBRARY, holds.Touched(anew=barcodes), NOON_MS)


def _loans(found: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(found["loans"], key=lambda one: str(one["id"]))


def _request(row: Any) -> bytes:
    reader = {"patron": row.patron_id, "salt": row.salt} if row.patron_id else None
    body = bytes(row.body).decode()
    sent = {"epoch": row.epoch, "seq": row.seq, "hash": row.hash, "body": body, "reader": reader}
    return msgspec.json.encode({"protocol": 1, "library": LIBRARY, "device": row.device, "operations": [sent]})


@dataclass
class Seeds:
    """A centre with a small catalogue and stations that know it, made once and copied."""

    folder: Path
    known: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        store = centres.open_store(self.centre)
        self.known = bring_a_small_library(store, self.folder)
        bring(store, "circulation", (ROOT / "samples" / "circulation.toml").read_text(), self.folder)
        put_on_list(store, next(iter(self.known["patron"].values())), LIBRARIAN.staff.id)
        with store.writing.begin() as connection:  # a station's desk is open for those alone of whom it was told
            patrons.publish(
                connection, LIBRARY, [dict(row) for row in connection.execute(sa.select(patron)).mappings()]
            )
        store.close()
        # They know the catalogue by cursors that every copy of this centre knows too.
        centre = Centre(self.centre)
        for device in DEVICES:
            station = Station(centre, device, self.folder / device, lambda: NOON_MS)
            station.learn_all()
            station.store.close()
        centre.store.close()

    @property
    def centre(self) -> Path:
        return self.folder / "centre"
