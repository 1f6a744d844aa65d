"""One row of the change feed, from the wire's words to the records of kiosk.ports.central."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from kiosk.domain.disputes import DisputeRecord, Version
from kiosk.domain.due_dates import Calendar, Closure, SchoolYear
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import (
    Change,
    Gone,
    HoldRecord,
    ItemRecord,
    LoanRecord,
    PatronRecord,
    SettingTold,
    TitleRecord,
    Unread,
)

_Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\Z")]
_SettingName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Number = Annotated[int, msgspec.Meta(ge=1, lt=2**40)]
"""Of a change."""
_Word = Annotated[str, msgspec.Meta(pattern="^[a-z_]+\\Z")]
_Days = Annotated[int, msgspec.Meta(ge=0, le=3_660)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

Data = TypeVar("Data")

_ROLES = frozenset(Role)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Some systems say "never" with the last day there is. A day that can still be counted on from says the same.
_NEVER = date(2999, 12, 31)


class Unreadable(Exception):
    """A row that this station cannot use. `kind` as the row has it; empty when it has none. `names`: a thing that this
    station may know all the same."""

    def __init__(self, kind: str = "", names: Unread | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.names = names


class _Name(msgspec.Struct):
    kind: str
    id: str


class _Row(_Name):
    number: Number
    data: msgspec.Raw


class _Title(msgspec.Struct):
    name: str
    author: str
    isbn: str | None
    call_number: str
    shelf: str


class _Item(msgspec.Struct):
    title: _Id
    barcode: str
    item_type: str
    status: ItemStatus
    in_house_only: bool = False


class _Staff(msgspec.Struct):
    id: _Id
    role: str


class _Patron(msgspec.Struct):
    shown_name: str
    class_name: str
    category: str
    valid_until: date | None
    blocked: bool
    cards: tuple[str, ...]
    suspended_until: date | None = None
    note: str | None = None
    staff: _Staff | None = None
    lifted_on: date | None = None


class _Loan(msgspec.Struct):
    item: _Id
    patron: _Id | None
    lent_on: date
    due_on: date
    renewals: _Count
    open: bool
    provisional: bool | None = None


class _Hold(msgspec.Struct):
    title: _Id
    patron: _Id
    shelf: str
    placed_ms: _Milliseconds
    shelved_on: date | None = None


class _Request(msgspec.Struct):
    kind: str
    subject: str
    patron: _Id | None
    asked_ms: _Milliseconds
    state: RequestState
    by: Literal["rule", "person"] | None
    why: str | None


class _Version(msgspec.Struct):
    device: str
    epoch: str
    seq: int
    kind: str | None
    barcode: str | None
    loans: tuple[str, ...]
    at_ms: _Milliseconds | None


class _Dispute(msgspec.Struct):
    device: str
    epoch: str
    seq: int
    reason: str
    held: _Version | None
    came: _Version | None
    ways: tuple[_Word, ...]
    state: Literal["open", "settled"]
    way: str | None
    opened_ms: _Milliseconds


class _Limits(msgspec.Struct):
    total: _Count
    overdue_blocks_after_days: _Days
    overdue_blocks_from: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    per_day: _Count | None = None
    suspend_after_days: _Days | None = None
    suspend_days: _Days = 0


class _Policy(msgspec.Struct):
    patron_category: str
    item_type: str
    days: _Days
    limit: _Count
    renewals: _Count
    in_house_only: bool
    classes: tuple[str, ...] = ()
    over_summer: bool = False


class _Circulation(msgspec.Struct):
    version: str
    limits: dict[str, _Limits]
    policies: list[_Policy]
    hold_shelf_days: _Days | None = None
    names: dict[str, str] | None = None


class _Setting(msgspec.Struct):
    value: str
    fixed: bool = False


class _SchoolYear(msgspec.Struct):
    name: str
    begins: date
    ends: date


class _Closed(msgspec.Struct, rename={"first": "from", "last": "to"}):
    first: date
    last: date
    name: str


class _Calendar(msgspec.Struct):
    version: str
    closed_weekdays: list[str]
    school_years: list[_SchoolYear]
    closed: list[_Closed]


def _title(id: str, data: _Title) -> TitleRecord:
    return TitleRecord(id, data.name, data.author, data.isbn, data.call_number, data.shelf)


def _item(id: str, data: _Item) -> ItemRecord:
    return ItemRecord(id, data.title, data.barcode, data.item_type, data.status, data.in_house_only)


def _patron(id: str, data: _Patron) -> PatronRecord:
    patron = Patron(
        id,
        data.shown_name,
        data.class_name,
        data.category,
        data.valid_until,
        data.blocked,
        data.suspended_until,
        data.note or "",
        _staff(data.staff),
        data.lifted_on,
    )
    return PatronRecord(patron, data.cards)


def _staff(said: _Staff | None) -> Staff | None:
    """Who has a role that this station does not know yet may borrow here, and nothing more."""
    return Staff(said.id, Role(said.role)) if said and said.role in _ROLES else None


def _loan(id: str, data: _Loan) -> LoanRecord:
    due_on, provisional = min(data.due_on, _NEVER), bool(data.provisional)
    loan = Loan(id, data.item, data.patron, data.lent_on, due_on, data.renewals, "", provisional)
    return LoanRecord(loan, data.open, says_how_sure=data.provisional is not None)


def _hold(id: str, data: _Hold) -> HoldRecord:
    return HoldRecord(Hold(id, data.title, data.patron, data.shelf, data.shelved_on), data.placed_ms)


def _request(id: str, data: _Request) -> RequestRecord:
    return RequestRecord(id, data.kind, data.subject, data.patron, data.asked_ms, data.state, data.by, data.why)


def _version(said: _Version | None) -> Version | None:
    return Version(**msgspec.structs.asdict(said)) if said else None


def _dispute(id: str, data: _Dispute) -> DisputeRecord:
    return DisputeRecord(
        id,
        data.device,
        data.epoch,
        data.seq,
        data.reason,
        _version(data.held),
        _version(data.came),
        data.ways,
        data.state == "open",
        data.way,
        data.opened_ms,
    )


def _circulation(_id: str, data: _Circulation) -> CirculationRules:
    return CirculationRules(
        data.version,
        {category: PatronLimits(**msgspec.structs.asdict(limits)) for category, limits in data.limits.items()},
        {
            (policy.patron_category, policy.item_type): LoanPolicy(
                policy.days, policy.limit, policy.renewals, policy.in_house_only, policy.classes, policy.over_summer
            )
            for policy in data.policies
        },
        data.hold_shelf_days,
        data.names or {},
    )


def _setting(name: str, data: _Setting) -> SettingTold:
    return SettingTold(name, data.value, data.fixed)


def _calendar(_id: str, data: _Calendar) -> Calendar:
    if not set(data.closed_weekdays) <= set(_WEEKDAYS):
        raise Unreadable("calendar")
    return Calendar(
        data.version,
        frozenset(_WEEKDAYS.index(day) for day in data.closed_weekdays),
        tuple(Closure(closed.first, closed.last, closed.name) for closed in data.closed),
        tuple(SchoolYear(year.name, year.begins, year.ends) for year in data.school_years),
    )


def _reader(shape: type[Data], record: Callable[[str, Data], Change]) -> Callable[[str, msgspec.Raw], Change]:
    decoder = msgspec.json.Decoder(shape)
    return lambda id, raw: record(id, decoder.decode(raw))


_of_the_library: dict[str, Callable[[str, msgspec.Raw], Change]] = {
    "circulation": _reader(_Circulation, _circulation),
    "calendar": _reader(_Calendar, _calendar),
}
_of_one_thing: dict[str, Callable[[str, msgspec.Raw], Change]] = {
    "title": _reader(_Title, _title),
    "item": _reader(_Item, _item),
    "patron": _reader(_Patron, _patron),
    "loan": _reader(_Loan, _loan),
    "hold": _reader(_Hold, _hold),
    "request": _reader(_Request, _request),
    "dispute": _reader(_Dispute, _dispute),
    "setting": _reader(_Setting, _setting),
}
_IDS: dict[str, Any] = {"setting": _SettingName}  # of all others: a UUID
_ERASED = "erased_reader"  # of such a one only the end is told
_row = msgspec.json.Decoder(_Row)
_name = msgspec.json.Decoder(_Name)


def change_from(raw: msgspec.Raw) -> Change:
    """The record in one row's JSON. Raises Unreadable, whatever is there."""
    kind = ""
    try:
        row = _row.decode(raw)
        kind = row.kind
        if kind in _of_the_library:
            return _of_the_library[kind](row.id, row.data)
        if kind not in _of_one_thing and kind != _ERASED:
            raise Unreadable(kind)
        msgspec.convert(row.id, _IDS.get(kind, _Id))
        if bytes(row.data) == b"null":
            return Gone(kind, row.id, row.number)
        if kind == _ERASED:
            raise Unreadable(kind)
        record = _of_one_thing[kind](row.id, row.data)
        return replace(record, number=row.number) if isinstance(record, LoanRecord) else record
    except (ValueError, RecursionError) as error:  # what msgspec and a broken encoding raise
        raise Unreadable(kind, _named(raw)) from error


def _named(raw: msgspec.Raw) -> Unread | None:
    try:
        name = _name.decode(raw)
        return (
            Unread(name.kind, msgspec.convert(name.id, _IDS.get(name.kind, _Id)))
            if name.kind in _of_one_thing
            else None
        )
    except (ValueError, RecursionError):
        return None
