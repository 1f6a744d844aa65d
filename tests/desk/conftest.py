"""A small library on a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.clock_trust import KeptTime, Moment, Voucher
from kiosk.domain.disputes import DisputeRecord, Version
from kiosk.domain.due_dates import Calendar, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import Change, HoldRecord, ItemRecord, LoanRecord, PatronRecord, TitleRecord
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import Store, UnitOfWork
from kiosk.session.effects import InSteps, StoreEffect
from kiosk.session.inputs import Answer
from local_store.engine import SqlStore, StoreConfig, open_store
from local_store.pin_lock import StorePinLock
from tests.local_store.shelf import new_store

if TYPE_CHECKING:
    from tests.desk.entering import Desk_

T = TypeVar("T")
TODAY = date(2026, 11, 23)
NOON_MS = 1_795_410_000_000  # 23 November 2026, 12:00 in Việt Nam
RULES = CirculationRules(
    "2026-09-01",
    {"hs": PatronLimits(3, 1)},
    {("hs", "STK"): LoanPolicy(14, 3, 1), ("hs", "TC"): LoanPolicy(1, 1, 0, in_house_only=True)},
)
CALENDAR = Calendar("1", frozenset({6}), (), (SchoolYear("y", date(2026, 9, 5), date(2027, 5, 31)),))

STAFF = ("7f1c0000-0000-4000-8000-000000000001", "5ca1ab1e-0000-4000-8000-000000000001")
"""Of two librarians, who have no card here."""


class HandClock:
    """A host clock that a test turns by hand."""

    def __init__(self) -> None:
        self.moment = Moment(NOON_MS, "boot-1", 1_000_000, True)

    def now(self) -> Moment:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.boottime_ms / 1000

    def advance(self, seconds: float) -> None:
        ms = int(seconds * 1000)
        self.moment = replace(self.moment, wall_ms=self.moment.wall_ms + ms, boottime_ms=self.moment.boottime_ms + ms)

    def lose_time(self) -> None:
        self.moment = replace(self.moment, wall_ms=0, trusted=False)


def in_units(store: Store) -> OnStore:
    def on_store(job: Callable[[UnitOfWork], T]) -> T:
        with store.unit_of_work() as work:
            return job(work)

    return on_store


@dataclass
class Library:
    store: SqlStore
    clock: HandClock
    desk: Desk

    def ask(self, effect: StoreEffect) -> Answer:
        if isinstance(effect, InSteps):
            return self.desk.enter(effect, in_units(self.store))
        with self.store.unit_of_work() as work:
            return self.desk.answer(effect, work)

    def apply(self, *changes: Change) -> None:
        with self.store.unit_of_work() as work:
            work.apply(changes, "c")
            work.commit()

    def lent_elsewhere(self, item_id: str, patron_id: str, *, days_ago: int = 5, due_in: int = 9) -> None:
        lent_on, due_on = TODAY - timedelta(days=days_ago), TODAY + timedelta(days=due_in)
        loan = Loan(f"elsewhere-{item_id}-{patron_id}", item_id, patron_id, lent_on, due_on, 0, "")
        self.apply(LoanRecord(loan, open=True))

    def keep_time(self, wall_ms: int | None = None) -> None:
        """The last trusted time was then, or now."""
        with self.store.unit_of_work() as work:
            work.keep_time(KeptTime(wall_ms or self.clock.moment.wall_ms, Voucher.TIME_SYNC))
            work.commit()

    def operations(self) -> list[dict[str, object]]:
        return list(self.store.ledger())

    def open_loans(self) -> list[str]:
        return sorted(str(row["item_barcode"]) for row in self.store.loans_ledger() if row["open"])


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    store = open_store(new_store(StoreConfig(tmp_path / "store.db", bytes(32), "hoa-sen", "tram-1", 0)))
    clock = HandClock()
    noise = iter(range(1, 10_000))
    tools = Tools(
        clock,
        lambda size: next(noise).to_bytes(size, "big"),
        pins=StorePinLock(lambda: bytes(32), "hoa-sen", "tram-1"),
        set_up={"session.language": "vi", "session.idle_s": "30", "sound.volume": "80"},
    )
    made = Library(store, clock, Desk(tools))
    titles = [TitleRecord(f"t{n}", f"Nhan đề {n}", "Tác giả", None, "V23", "Kệ Xanh 1") for n in range(1, 7)]
    kinds = {6: "TC"}
    items = [
        ItemRecord(f"i{n}", f"t{n}", f"TK.0000{n}", kinds.get(n, "STK"), ItemStatus.AVAILABLE) for n in range(1, 7)
    ]
    patrons = [
        PatronRecord(Patron("p1", "Minh An", "7A1", "hs", date(2027, 5, 31), False), ("HS1", "HS1-cũ")),
        PatronRecord(Patron("p2", "Gia Hân", "7A1", "hs", date(2027, 5, 31), False), ("HS2", "TK.00005")),
        PatronRecord(Patron("p3", "Quốc Bảo", "8A2", "hs", date(2026, 5, 31), True), ("HS3",)),
        *(
            PatronRecord(Patron(f"gv-{one[:4]}", "Thuỷ", "", "gv", None, False, staff=Staff(one, Role.LIBRARIAN)), ())
            for one in STAFF
        ),
    ]
    made.apply(RULES, CALENDAR, *titles, *items, *patrons, HoldRecord(Hold("h1", "t4", "p1", "ngăn 2"), 0))
    yield made
    store.close()


LENT_HERE = Version("tram-1", "aa" * 16, 7, "check_out", "TK.00001", ("elsewhere-i1-p1",), 1_795_400_000_000)
LENT_THERE = Version("tram-2", "bb" * 16, 3, "check_out", "TK.00001", ("elsewhere-i1-p2",), None)
DISPUTE = DisputeRecord(
    "d1",
    "tram-2",
    "bb" * 16,
    3,
    "already_on_loan",
    LENT_HERE,
    LENT_THERE,
    ("first_over", "first_has_it"),
    True,
    None,
    5,
)
"""Two readers have one book, lent here and elsewhere."""


@pytest.fixture
def disputed(library: Library) -> Library:
    library.lent_elsewhere("i1", "p1")
    library.lent_elsewhere("i1", "p2", days_ago=2)
    library.apply(DISPUTE)
    return library


@pytest.fixture
def desk(library: Library) -> Desk_:
    from tests.desk.entering import HANH, LAN, TUAN, Desk_, patron

    lock = StorePinLock(lambda: bytes(32), "hoa-sen", "tram-1")
    tools = Tools(library.clock, lambda size: bytes(size), pins=lock)
    people = [
        patron("lan", "cô Lan", LAN), patron("hanh", "cô Hạnh", HANH), patron("tuan", "thầy Tuấn", TUAN),
    ]  # fmt: skip
    library.apply(*(PatronRecord(one, (f"GV-{one.id}",)) for one in people))
    return Desk_(library.store, library.clock, Desk(tools), tools)
