"""Two real stores whose desks contradict each other, and the real centre: in the end all three know the same."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from central_server import reader_books
from central_server.database import open_store as central_store
from central_server.lending_rules import Renewal
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import Moment
from kiosk.domain.model import Item, ItemStatus, Patron
from kiosk.domain.requests import BlockPatron, ChangeItemStatus, ChangeSettings, LinkCard, PlaceHold, Wish, WriteNote
from kiosk.domain.staff import ByStaff
from kiosk.ports.central import PatronRecord
from kiosk.session.effects import Ask, CheckIn, CheckOut
from kiosk.session.inputs import Asked, LoanRecorded
from local_store.engine import SqlStore, open_store
from tests.central_server.support import CIRCULATION, run
from tests.contracts.central_rigs import LIBRARY, Centre, Station, everything, native_rest
from tests.local_store.shelf import config_in, new_store

pytestmark = pytest.mark.slow

HOUR_MS = 3_600_000
CALENDAR = """version = "1"
closed_weekdays = []
[[school_year]]
name = "long"
begins = 2020-09-05
ends = 2099-05-31
"""


class Clock:
    """Right, and so many hours ago."""

    def __init__(self, hours_ago: int) -> None:
        self._wall_ms = time.time_ns() // 1_000_000 - hours_ago * HOUR_MS

    def now(self) -> Moment:
        return Moment(self._wall_ms, "11b7a71a-0000-4000-8000-00000000000b", 1_000_000, trusted=True)

    def monotonic(self) -> float:
        return 1_000.0


@dataclass
class AtDesk:
    station: Station
    store: SqlStore
    desk: Desk
    cursor: str = ""

    def asks(self, wish: Wish, by: ByStaff, patron: str | None = None) -> None:
        with self.store.unit_of_work() as work:
            answer = self.desk.answer(Ask(1, 1, patron, wish, by), work)
        assert isinstance(answer, Asked), answer

    def sends(self) -> None:
        with self.store.unit_of_work() as work:
            waiting = [operation for _, operation in work.pending(100)]
        verdicts = self.station.link.send(waiting)
        with self.store.unit_of_work() as work:
            work.settle(verdicts)
            work.commit()

    def hears(self) -> None:
        found, self.cursor = everything(self.station.link, cursor=self.cursor)
        with self.store.unit_of_work() as work:
            work.apply(found, self.cursor)
            work.commit()

    def knows(self, patron: str, barcode: str) -> dict[str, object]:
        with self.store.unit_of_work() as work:
            return {
                "patron": work.patron(patron),
                "owner": (owner := work.patron_by_card("HS.9300")) and owner.id,
                "holds": work.holds_of_patron(patron),
                "loans": [loan.id for loan in work.open_loans_of_patron(patron)],
                "item": work.item_by_barcode(barcode),
                "settings": {one.name: one.value for one in work.settings()},
            }


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[tuple[Centre, ByStaff]]:
    where = ("--data", tmp_path / "server", "--library", LIBRARY)
    with native_rest(tmp_path) as centre:
        for kind, text in (("circulation", CIRCULATION), ("calendar", CALENDAR)):
            (tmp_path / f"{kind}.toml").write_text(text, encoding="utf-8")
            done = run("import", *where, "--kind", kind, tmp_path / f"{kind}.toml")
            assert done.returncode == 0, done.stderr
        assert run("staff", "add", *where, "--card", "HS.0000", "--role", "librarian").returncode == 0
        found, _ = everything(centre.station().link)
        (staff,) = (one.patron.staff for one in found if isinstance(one, PatronRecord) and one.patron.staff)
        yield centre, ByStaff(staff)


@pytest.fixture
def two(centre: tuple[Centre, ByStaff], tmp_path: Path) -> Iterator[tuple[AtDesk, AtDesk]]:
    """The first was asked an hour before the second."""
    desks = [at_desk(centre[0], tmp_path, hours_ago) for hours_ago in (5, 4)]
    yield desks[0], desks[1]
    for one in desks:
        one.store.close()


def at_desk(centre: Centre, folder: Path, hours_ago: int) -> AtDesk:
    station = centre.station()
    here = folder / f"store-{station.device}"
    here.mkdir()
    store = open_store(new_store(config_in(here, device=station.device)))
    desk = AtDesk(station, store, Desk(Tools(Clock(hours_ago), os.urandom)))
    desk.hears()
    return desk


@pytest.mark.parametrize("heard_first", [0, 1])
def test_know_the_same_in_the_end(centre: tuple[Centre, ByStaff], two: tuple[AtDesk, AtDesk], heard_first: int) -> None:
    (rig, by), (a, b) = centre, two
    book, reader, other = rig.item(), rig.patron(), rig.patron()
    for number, one in enumerate(two):
        one.asks(BlockPatron(True), by, reader)
        one.asks(WriteNote(f"Lời {number}"), by, reader)
        one.asks(ChangeItemStatus(book.barcode, (ItemStatus.LOST, ItemStatus.DAMAGED)[number]), by)
        one.asks(ChangeSettings({"limits.hs.total": str(3 + number)}), by)
        one.asks(LinkCard("HS.9300"), by, (reader, other)[number])
    b.asks(BlockPatron(False), by, reader)
    # Whoever waits at one station has borrowed it at the other since.
    a.asks(PlaceHold(book.title_id), by, reader)
    with b.store.unit_of_work() as work:
        lent = b.desk.answer(CheckOut(1, 2, reader, rig.item().barcode, by), work)
    assert isinstance(lent, LoanRecorded), lent
    assert a.knows(reader, book.barcode) != b.knows(reader, book.barcode)
    for one in (two[heard_first], two[1 - heard_first]):
        one.sends()
    for one in (a, b):
        one.hears()
    now = a.knows(reader, book.barcode)
    assert now == b.knows(reader, book.barcode)
    assert (now["holds"], now["settings"]) == ([], {"limits.hs.total": "4"})
    (patron, item) = now["patron"], now["item"]
    assert isinstance(patron, Patron)
    assert isinstance(item, Item)
    assert (patron.blocked, patron.note, item.status) == (False, "Lời 1", ItemStatus.DAMAGED)


def test_hear_what_a_reader_does_on_the_page(centre: tuple[Centre, ByStaff], tmp_path: Path) -> None:
    """Lent at one station, renewed on the page, returned at the other, which says what it knows only afterwards."""
    rig, by = centre
    a, b = at_desk(rig, tmp_path, 72), at_desk(rig, tmp_path, 0)
    book, reader, other = rig.item(), rig.patron(), rig.patron()
    with a.store.unit_of_work() as work:
        lent = a.desk.answer(CheckOut(1, 2, reader, book.barcode, by), work)
    assert isinstance(lent, LoanRecorded), lent
    a.sends()
    b.hears()
    with b.store.unit_of_work() as work:
        (loan,) = (one.id for one in work.open_loans_of_patron(reader))
    pages = central_store(tmp_path / "server", create=False)
    with pages.writing.begin() as connection:
        now_ms = time.time_ns() // 1_000_000
        renewal = reader_books.renew(connection, LIBRARY, reader, [loan], now_ms)[loan]
        assert reader_books.place_hold(connection, LIBRARY, other, book.title_id, now_ms) == ""
    assert isinstance(renewal, Renewal)
    for one in (a, b):
        one.hears()
        with one.store.unit_of_work() as work:
            (known,) = work.open_loans_of_patron(reader)
            (waits,) = work.holds_of_patron(other)
        assert (known.due_on, known.renewals, waits.title_id) == (renewal.due_on, 1, book.title_id)
    assert renewal.due_on > lent.due_on
    with b.store.unit_of_work() as work:
        b.desk.answer(CheckIn(1, 3, book.barcode), work)
    b.sends()
    with pages.reading.connect() as connection:
        assert reader_books.loans_of(connection, LIBRARY, reader, now_ms) == []
    pages.close()
    for one in (a, b):
        one.store.close()
