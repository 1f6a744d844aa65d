"""What a library is made of, in the words of docs/glossary.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kiosk.domain.staff import Staff


class ItemStatus(StrEnum):
    AVAILABLE = "available"
    DAMAGED = "damaged"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


def marked(status: ItemStatus) -> str:
    """What is said of an item that is not as it should be; "" of one that is."""
    return "" if status is ItemStatus.AVAILABLE else status.value


@dataclass(frozen=True, slots=True)
class Patron:
    """Somebody who may borrow. `shown_name` is already shortened by the centre: full names never reach a station.
    `suspended_until`: the last day on which nothing is lent to them, as far as the centre knows; `lifted_on`: what they
    brought back late through that day suspends them no more; `note`: of the library, for who serves them."""

    id: str
    shown_name: str
    class_name: str
    category: str
    valid_until: date | None
    blocked: bool
    suspended_until: date | None = None
    note: str = ""
    staff: Staff | None = None
    lifted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One physical book (bản sách) with what a screen says of its title. `in_house_only`: this very copy is read here,
    whatever its type allows."""

    id: str
    title_id: str
    barcode: str
    item_type: str
    status: ItemStatus
    name: str
    author: str
    shelf: str
    in_house_only: bool = False


@dataclass(frozen=True, slots=True)
class Loan:
    id: str
    item_id: str
    patron_id: str | None  # None: unlinked from its reader after return and the retention time
    lent_on: date
    due_on: date
    renewals: int
    item_type: str
    provisional: bool = False  # due_on was counted from a clock that nobody vouched for


@dataclass(frozen=True, slots=True)
class Hold:
    """A title that a patron waits for. `shelf` says where the book waits once it is back; `shelved_on`: since when one
    stands there for them."""

    id: str
    title_id: str
    patron_id: str
    shelf: str
    shelved_on: date | None = None
