"""Rows of the store as what they say, in the order in which local_store.statements asks for the columns."""

from __future__ import annotations

from datetime import date

from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.domain.staff import Role, Staff
from local_store.prepared import Row

_DATE = date.fromisoformat
_ROLES = frozenset(Role)


def patron_of(row: Row | None) -> Patron | None:
    if row is None:
        return None
    id_, shown_name, class_name, category, valid_until, blocked, suspended_until, note, staff_id, role, lifted_on = row
    return Patron(
        id_,
        shown_name,
        class_name,
        category,
        _DATE(valid_until) if valid_until else None,
        bool(blocked),
        _DATE(suspended_until) if suspended_until else None,
        note or "",
        # A role that only a newer release knows gives nothing here.
        Staff(staff_id, Role(role)) if staff_id and role in _ROLES else None,
        _DATE(lifted_on) if lifted_on else None,
    )


def item_of(row: Row | None) -> Item | None:
    if row is None:
        return None
    id_, title_id, barcode, item_type, status, name, author, shelf, in_house_only = row
    return Item(id_, title_id, barcode, item_type, ItemStatus(status), name, author, shelf, bool(in_house_only))


def loan_of(row: Row) -> Loan:
    id_, item_id, patron_id, lent_on, due_on, renewals, item_type, provisional = row
    return Loan(id_, item_id, patron_id, _DATE(lent_on), _DATE(due_on), renewals, item_type, bool(provisional))


def hold_of(row: Row) -> Hold:
    id_, title_id, patron_id, shelf, shelved_on = row
    return Hold(id_, title_id, patron_id, shelf, _DATE(shelved_on) if shelved_on else None)


def request_of(row: Row) -> RequestRecord:
    id_, kind, subject, patron, asked_ms, state, by, why, here = row
    return RequestRecord(id_, kind, subject, patron, asked_ms, RequestState(state), by, why, bool(here))
