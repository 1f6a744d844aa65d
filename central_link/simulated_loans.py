"""A loan as the simulated centre knows it: the same in whatever order it hears of it, as docs/protocol.md wants."""

from __future__ import annotations

from datetime import date
from typing import Any

from kiosk.domain.model import Loan
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.ports.central import LoanRecord


class SimulatedLoan:
    def __init__(self, loan_id: str) -> None:
        self._id = loan_id
        self._lent: tuple[OperationId, str, str | None] | None = None  # with the item and its reader
        self._lent_on = self._dated_on = ""
        self._furthest = (-1, "", False)  # renewals, the date until which it is lent, and whether that is sure
        self._ended_by: set[OperationId] = set()
        self._taken_back: set[OperationId] = set()

    def hear(self, operation: OperationId, kind: str, data: dict[str, Any], patron_id: str | None) -> None:
        """Of an operation that names it."""
        match kind:
            case OperationKind.CHECK_OUT:
                self._lent = operation, data["item"], patron_id
                self._lent_on = data["lent_on"]
                self._extend(0, data["due_on"], is_sure=not data["provisional"])
            case OperationKind.RENEW:
                self._extend(data["renewals"], data["due_on"], is_sure=not data["provisional"])
            case OperationKind.DATE_BOOT:
                dated = next(one for one in data["loans"] if one["loan"] == self._id)
                self._dated_on = dated["lent_on"]
                self._extend(dated["renewals"], dated["due_on"], is_sure=True)
            case OperationKind.CHECK_IN:
                self._ended_by.add(operation)
            case OperationKind.VOID:
                self._taken_back.add(OperationId(data["voids"]["epoch"], data["voids"]["seq"]))

    def record(self) -> LoanRecord | None:
        """None while only something else about it has come."""
        if self._lent is None:
            return None
        operation, item_id, patron_id = self._lent
        renewals, due_on, is_sure = self._furthest
        lent_on = date.fromisoformat(self._dated_on or self._lent_on)
        loan = Loan(self._id, item_id, patron_id, lent_on, date.fromisoformat(due_on), renewals, "", not is_sure)
        is_over = operation in self._taken_back or self._ended_by - self._taken_back
        return LoanRecord(loan, open=not is_over, says_how_sure=True)

    def _extend(self, renewals: int, due_on: str, *, is_sure: bool) -> None:
        self._furthest = max(self._furthest, (renewals, due_on, is_sure))
