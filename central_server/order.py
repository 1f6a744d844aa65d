"""When one operation of a library happened before another. What came first plays no part in it.

It is known of two operations of one device by its chain, also over the openings of its store that follow one another;
else by the clock, where both times are known well enough. Of all others it is unknown: of two branches of a copied
store, say, or of what another station did while it had no clock.
"""

from collections import defaultdict
from typing import NamedTuple

import sqlalchemy as sa

from central_server.among import among
from central_server.bodies import Predecessor
from central_server.tables.operations import succession

# Up to the year 9892, so that it is always a date.
LATEST_MS = 250_000_000_000_000


class Place(NamedTuple):
    """Which operation, among those of a library."""

    device: str
    epoch: str
    seq: int


class Boot(NamedTuple):
    """When a boot of a station began; or, all `None` at first, between which times all of it was."""

    began_ms: int | None = None
    after_ms: int | None = None
    before_ms: int | None = None

    def and_also(self, other: "Boot") -> "Boot":
        """With what `other` knows; the same in either order."""
        return Boot(
            min((one for one in (self.began_ms, other.began_ms) if one is not None), default=None),
            max((one for one in (self.after_ms, other.after_ms) if one is not None), default=None),
            min((one for one in (self.before_ms, other.before_ms) if one is not None), default=None),
        )


class Moment(NamedTuple):
    """When an operation happened: between `earliest` and `latest` (ms since 1970 UTC; `None`: not known).

    `boot` and `boottime_ms` only when its clock was not right: the boot may be dated later.
    """

    place: Place
    earliest: int | None
    latest: int | None
    boot: str | None = None
    boottime_ms: int = 0

    @property
    def exact(self) -> int | None:
        """The time, if it is known."""
        return self.earliest if self.earliest == self.latest else None

    def dated(self, boot: Boot) -> "Moment":
        """This moment, of an operation of `boot`, with what is known of it."""
        if boot.began_ms is not None:
            exact = min(boot.began_ms + self.boottime_ms, LATEST_MS)
            return self._replace(earliest=exact, latest=exact)
        return self._replace(earliest=boot.after_ms, latest=boot.before_ms)


class Order:
    """The order of a library's operations. A device's epochs are loaded when they are first asked for."""

    def __init__(self, connection: sa.Connection, library: str) -> None:
        self._connection = connection
        self._library = library
        self._before: dict[str, dict[str, tuple[str, int]]] = {}
        self._learnt: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)

    def learn(self, device: str, epoch: str, named: Predecessor) -> None:
        """`epoch` begins in what is being recorded, and follows `named`."""
        self._learnt[device].setdefault(epoch, (named.epoch, named.seq))

    def is_before(self, one: Moment, other: Moment) -> bool:
        """Whether `one` is known to have happened before `other`."""
        here, there = one.place, other.place
        if here.device == there.device:
            if here.epoch == there.epoch:
                return here.seq < there.seq
            if self._leads_to(here, there):
                return True
            if self._leads_to(there, here):
                return False
        if one.latest is None or other.earliest is None:
            return False
        return (one.latest, here) < (other.earliest, there)

    def epochs_after(self, device: str, epochs: set[str]) -> set[str]:
        """`epochs` and all that follow them."""
        mine = (succession.c.library_id == self._library, succession.c.device == device)
        followed = sa.select(succession.c.epoch).where(*mine, among(succession.c.after_epoch, epochs)).limit(1)
        if self._connection.scalar(followed) is None:
            return epochs
        followers: dict[str, set[str]] = defaultdict(set)
        for epoch, (before, _) in self._epochs(device).items():
            followers[before].add(epoch)
        found: set[str] = set()
        new = set(epochs)
        while new:
            found |= new
            new = {after for epoch in new for after in followers[epoch]} - found
        return found

    def _leads_to(self, one: Place, other: Place) -> bool:
        """Whether the chain of `other`, of another epoch of the same device, goes back to `one`."""
        epochs = self._epochs(one.device)
        seen = set()
        epoch = other.epoch
        while epoch in epochs and epoch not in seen:
            seen.add(epoch)
            epoch, seq = epochs[epoch]
            if epoch == one.epoch:
                return one.seq <= seq
        return False

    def _epochs(self, device: str) -> dict[str, tuple[str, int]]:
        """Of each epoch of the device, the one that it follows, and after which operation of it."""
        if device not in self._before:
            mine = (succession.c.library_id == self._library, succession.c.device == device)
            rows = self._connection.execute(
                sa.select(succession.c.epoch, succession.c.after_epoch, succession.c.after_seq).where(*mine)
            )
            known = {row.epoch: (row.after_epoch, row.after_seq) for row in rows}
            self._before[device] = {**self._learnt[device], **known}
        return self._before[device]
