"""A loan as the centre knows it."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from central_server import clock
from central_server.order import Boot, Moment, Place


@dataclass(slots=True)
class Loan:
    """One loan. `moment` is that of its check-out, `None` while only something else about it has come.

    `due_on` (ISO date) and `renewals` are those of the furthest renewal, whatever came first; `provisional` while all
    that say so counted from a clock that nobody vouched for.
    """

    id: str
    barcode: str
    item: str | None = None
    patron: str | None = None
    lent_on: str | None = None
    due_on: str = ""
    renewals: int = -1
    provisional: bool = False
    open: bool = False
    standing: bool = False
    voided: bool = False
    moment: Moment | None = None
    position: int | None = None
    category: str | None = None
    grade: str | None = None

    @classmethod
    def read(cls, row: Any) -> "Loan":
        """From a row of the table `loan`."""
        return cls(
            id=row.id,
            barcode=row.barcode,
            item=row.item_id,
            patron=row.patron_id,
            lent_on=row.lent_on,
            due_on=row.due_on,
            renewals=row.renewals,
            provisional=row.provisional,
            open=row.open,
            standing=row.standing,
            voided=row.voided,
            moment=None if row.position is None else moment_of(row),
            position=row.position,
            category=row.category,
            grade=row.grade,
        )

    def row(self, library: str) -> dict[str, object]:
        """For the table `loan`."""
        moment = self.moment or _NEVER
        return {
            "library_id": library,
            "id": self.id,
            "item_id": self.item,
            "barcode": self.barcode,
            "patron_id": self.patron,
            "lent_on": self.lent_on,
            "due_on": self.due_on,
            "renewals": self.renewals,
            "open": self.open,
            "standing": self.standing,
            "voided": self.voided,
            **columns_of(moment),
            "position": self.position,
            "provisional": self.provisional,
            "category": self.category,
            "grade": self.grade,
        }

    def date(self, boot: Boot) -> None:
        """Its check-out was in a boot of which `boot` is known now."""
        if self.moment is not None:
            self.moment = self.moment.dated(boot)
            self.learn_day()

    def learn_day(self) -> None:
        """`lent_on` is the day of its check-out, where that is known."""
        if self.moment is not None and self.moment.exact is not None:
            self.lent_on = clock.day_of(self.moment.exact).isoformat()

    def extend(self, due_on: str, renewals: int, *, provisional: bool = False) -> None:
        """Take over the due date of a check-out (0 renewals) or a renewal, unless a further or a surer one is known."""
        if (renewals, due_on, not provisional) > (self.renewals, self.due_on, not self.provisional):
            self.renewals = renewals
            self.due_on = due_on
            self.provisional = provisional

    def published(self) -> str | None:
        """The loan for the change feed (JSON text); `None` while it is not to be told."""
        if self.moment is None:
            return None
        if self.voided:
            return "null"
        return msgspec.json.encode(
            {
                "item": self.item,
                "patron": self.patron,
                "lent_on": self.lent_on,
                "due_on": self.due_on,
                "renewals": self.renewals,
                "open": self.open,
                "provisional": self.provisional,
            }
        ).decode()


def grade_of(class_name: str) -> str | None:
    """The grade in a class's name: 6 of `6A1`, 10 of `Lớp 10C2`; `None` where it says none from 1 to 12."""
    found = re.search(r"(?<![0-9])(?:1[0-2]|[1-9])(?![0-9])", class_name)
    return found[0] if found else None


def moment_of(row: Any) -> Moment:
    """From a row of the table `loan` or `check_in`."""
    place = Place(row.device, row.epoch, row.seq)
    return Moment(place, row.earliest_ms, row.latest_ms, row.boot, row.boottime_ms or 0)


def columns_of(moment: Moment) -> dict[str, object]:
    """For the table `loan` or `check_in`."""
    return {
        **moment.place._asdict(),
        "earliest_ms": moment.earliest,
        "latest_ms": moment.latest,
        "boot": moment.boot,
        "boottime_ms": moment.boottime_ms if moment.boot is not None else None,
    }


_NEVER = Moment(Place("", "", 0), None, None)
