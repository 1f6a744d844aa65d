"""A loan as the centre knows it, and when one thing at a shelf came before another."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec


class Place(NamedTuple):
    """Which operation, among those of a library."""

    device: str
    epoch: str
    seq: int


class Moment(NamedTuple):
    """When an operation happened (`wall_ms`, the truth only when `trusted`) and as which one it came (`position`)."""

    place: Place
    wall_ms: int
    trusted: bool
    position: int

    def is_before(self, other: "Moment") -> bool:
        """Whether this happened before `other`: by the chain within an epoch, by trusted clocks, else as they came."""
        if self.place[:2] == other.place[:2]:
            return self.place.seq < other.place.seq
        if self.trusted and other.trusted:
            return (self.wall_ms, self.place) < (other.wall_ms, other.place)
        return self.position < other.position


@dataclass(slots=True)
class Loan:
    """One loan. `moment` is that of its check-out, `None` while only a renewal or a void of it has come.

    `due_on` (ISO date) and `renewals` are those of the furthest renewal, whatever came first.
    """

    id: str
    barcode: str
    item: str | None = None
    patron: str | None = None
    lent_on: str | None = None
    due_on: str = ""
    renewals: int = -1
    open: bool = False
    voided: bool = False
    moment: Moment | None = None

    @classmethod
    def read(cls, row: Any) -> "Loan":
        """From a row of the table `loan`."""
        place = Place(row.device, row.epoch, row.seq)
        moment = None if row.position is None else Moment(place, row.wall_ms, row.trusted, row.position)
        return cls(
            id=row.id,
            barcode=row.barcode,
            item=row.item_id,
            patron=row.patron_id,
            lent_on=row.lent_on,
            due_on=row.due_on,
            renewals=row.renewals,
            open=row.open,
            voided=row.voided,
            moment=moment,
        )

    def row(self, library: str) -> dict[str, object]:
        """For the table `loan`."""
        place = self.moment.place if self.moment else Place("", "", 0)
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
            "voided": self.voided,
            "device": place.device,
            "epoch": place.epoch,
            "seq": place.seq,
            "wall_ms": self.moment.wall_ms if self.moment else 0,
            "trusted": self.moment.trusted if self.moment else False,
            "position": self.moment.position if self.moment else None,
        }

    def extend(self, due_on: str, renewals: int) -> None:
        """Take over the due date of a check-out (0 renewals) or a renewal, unless a further one is known."""
        if (renewals, due_on) > (self.renewals, self.due_on):
            self.renewals = renewals
            self.due_on = due_on

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
            }
        ).decode()
