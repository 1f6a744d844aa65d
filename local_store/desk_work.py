"""What the librarian's desk reads and writes, in the unit of work of everything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.ports.desk_store import DayCount, DeskStore, PinRecord, SettingRecord, ToCheckRecord, UnsentCount
from local_store.prepared import Database


class DeskWork(DeskStore):
    _db: Database

    def find_patrons(self, text: str, limit: int) -> Sequence[Patron]:
        raise NotImplementedError

    def overdue_loans(self, today: date) -> Sequence[Loan]:
        raise NotImplementedError

    def ended_late(self, patron_id: str, since: date) -> Sequence[tuple[Loan, date]]:
        raise NotImplementedError

    def last_loan_of_item(self, item_id: str) -> Loan | None:
        raise NotImplementedError

    def waiting_holds(self) -> Sequence[Hold]:
        raise NotImplementedError

    def counts_of(self, day: date) -> DayCount:
        raise NotImplementedError

    def unsent(self) -> Sequence[UnsentCount]:
        raise NotImplementedError

    def to_check(self) -> Sequence[ToCheckRecord]:
        raise NotImplementedError

    def checked(self, place: int) -> bool:
        raise NotImplementedError

    def pin(self, patron_id: str) -> PinRecord | None:
        raise NotImplementedError

    def put_pin(self, patron_id: str, record: PinRecord) -> None:
        raise NotImplementedError

    def settings(self) -> Sequence[SettingRecord]:
        raise NotImplementedError

    def put_setting(self, name: str, value: str) -> None:
        raise NotImplementedError

    def add_card(self, number: str, patron_id: str) -> bool:
        raise NotImplementedError

    def remove_cards(self, patron_id: str) -> None:
        raise NotImplementedError

    def cards_of(self, patron_id: str) -> int:
        raise NotImplementedError

    def set_blocked(self, patron_id: str, blocked: bool) -> None:
        raise NotImplementedError

    def set_note(self, patron_id: str, text: str) -> None:
        raise NotImplementedError

    def set_item_status(self, item_id: str, status: ItemStatus) -> None:
        raise NotImplementedError

    def add_hold(self, hold: Hold, placed_ms: int) -> None:
        raise NotImplementedError

    def remove_hold(self, hold_id: str) -> None:
        raise NotImplementedError

    def shelve_hold(self, hold_id: str, on: date) -> None:
        raise NotImplementedError
