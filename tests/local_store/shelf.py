"""A small library for store tests, and the acts of a desk in their shortest form."""

from __future__ import annotations

import secrets
import shutil
import uuid
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk.domain.clock_trust import Moment
from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.operations import Actor, Operation, OperationKind, Reader, next_operation
from kiosk.ports.central import Change, HoldRecord, ItemRecord, LoanRecord, PatronRecord, TitleRecord
from kiosk.ports.store import RecordedAct, UnitOfWork
from local_store import SqlStore, StoreConfig, make_new_store, open_store

BUILD_MS = 1_795_392_000_000
KEY = bytes(range(32))
LENT = date(2026, 11, 23)
DUE = date(2026, 12, 7)
BOOT = "7f1c1d9e-5c33-4d0f-9d9a-0d6a1c5b7a11"
NOON = Moment(BUILD_MS, BOOT, 1_000, trusted=True)

LAN = Patron(str(uuid.uuid4()), "Ng. T. Lan", "7A", "hs", date(2027, 5, 31), False)
MINH = Patron(str(uuid.uuid4()), "Tr. V. Minh", "8B", "hs", None, True)
TITLE = TitleRecord(str(uuid.uuid4()), "Dế mèn phiêu lưu ký", "Tô Hoài", "9786042088237", "895.92", "Kệ 3")
ITEMS = tuple(ItemRecord(str(uuid.uuid4()), TITLE.id, f"TK.{n:05}", "STK", ItemStatus.AVAILABLE) for n in range(1, 7))
RULES = CirculationRules(
    "2026-09-01",
    {"hs": PatronLimits(5, 1), "gv": PatronLimits(10, 30)},
    {("hs", "STK"): LoanPolicy(14, 5, 1), ("hs", "TC"): LoanPolicy(0, 0, 0, in_house_only=True)},
)
CALENDAR = Calendar(
    "2026-27",
    frozenset({6}),
    (Closure(date(2027, 2, 1), date(2027, 2, 14), "Tết"),),
    (SchoolYear("2026-2027", date(2026, 9, 5), date(2027, 5, 31)),),
)
CATALOGUE: tuple[Change, ...] = (
    RULES,
    CALENDAR,
    PatronRecord(LAN, ("HS000123", "0042")),
    PatronRecord(MINH, ("HS000124",)),
    TITLE,
    *ITEMS,
)


@dataclass
class StillClock:
    """Stands at `moment`; of its seconds `step_s` go by from one look to the next."""

    moment: Moment = NOON
    step_s: float = 0.0
    seconds: float = 0.0

    def now(self) -> Moment:
        return self.moment

    def monotonic(self) -> float:
        self.seconds += self.step_s
        return self.seconds


def config_in(folder: Path, key: bytes = KEY, library: str = "hoa-sen", device: str = "tram-1") -> StoreConfig:
    return StoreConfig(folder / "store.db", key, library, device, BUILD_MS)


def new_store(config: StoreConfig) -> StoreConfig:
    """As `make_new_store` does, by a copy of one that it made before: migrating takes ten times as long."""
    before = _made_before(config.key, config.library_id, config.device_id)
    for name in ("store.db", "store.db.made"):
        shutil.copy(Path(before.name) / name, config.path.with_name(name))
    return config


@cache
def _made_before(key: bytes, library: str, device: str) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="new-store-")
    make_new_store(config_in(Path(folder.name), key, library, device))
    return folder


def new_id() -> str:
    return str(uuid.uuid4())


def loan_of(item: ItemRecord, patron: Patron | None = LAN, *, lent_on: date = LENT, due_on: date = DUE) -> Loan:
    return Loan(new_id(), item.id, patron and patron.id, lent_on, due_on, 0, item.item_type)


def told(loan: Loan, *, is_open: bool = True) -> LoanRecord:
    """`loan` as the centre speaks of it: without its item type."""
    return LoanRecord(
        Loan(loan.id, loan.item_id, loan.patron_id, loan.lent_on, loan.due_on, loan.renewals, "", loan.provisional),
        is_open,
    )


def hold_by(patron: Patron, placed_ms: int, shelf: str = "ngăn 2") -> HoldRecord:
    return HoldRecord(Hold(new_id(), TITLE.id, patron.id, shelf), placed_ms)


def item_shown(item: ItemRecord) -> Item:
    return Item(
        item.id, item.title_id, item.barcode, item.item_type, item.status, TITLE.name, TITLE.author, TITLE.shelf
    )


def write_operation(
    work: UnitOfWork,
    kind: OperationKind = OperationKind.CHECK_IN,
    *,
    barcode: str = "TK.00001",
    loans: tuple[str, ...] = (),
    patron: Patron | None = None,
    boottime_ms: int = 5_000,
    trusted: bool = True,
    voids: OperationKind | None = None,
) -> Operation:
    reader = Reader(patron.id, secrets.token_bytes(16)) if patron else None
    operation = next_operation(
        work.origin,
        work.last_operation(),
        kind,
        {"barcode": barcode, "loans": list(loans)} | ({"kind": voids} if voids else {}),
        moment=Moment(BUILD_MS, BOOT, boottime_ms, trusted),
        actor=Actor.PATRON if patron else Actor.ANYONE,
        reader=reader,
        policy_version=work.rules().version,
    )
    work.add_operation(operation, RecordedAct(operation.id, kind, barcode, loans, BOOT, boottime_ms))
    return operation


def lend(work: UnitOfWork, item: ItemRecord, patron: Patron = LAN) -> tuple[Loan, Operation]:
    """Loan and operation, not yet committed."""
    loan = loan_of(item, patron)
    work.add_loan(loan)
    return loan, write_operation(work, OperationKind.CHECK_OUT, barcode=item.barcode, loans=(loan.id,), patron=patron)


def store_with_a_loan(config: StoreConfig) -> SqlStore:
    store = open_store(new_store(config))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        lend(work, ITEMS[0])
        work.commit()
    return store


def opened_whole(config: StoreConfig) -> SqlStore:
    store = open_store(config)
    store.check()
    return store


def take_back(work: UnitOfWork, item: ItemRecord, loan: Loan) -> Operation:
    work.end_loans([loan.id], LENT)
    return write_operation(work, OperationKind.CHECK_IN, barcode=item.barcode, loans=(loan.id,))
