"""Stations' keys: who asks, what state they are in, and what a person at the centre decides about them.

Nothing is remembered between two requests: the state is read in the transaction that gives or takes data, so that a
command in another process counts from the moment in which it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from central_server.cannot import CannotDo
from central_server.imports.words import fold
from central_server.tables.keys import device
from central_server.wire import Refused

PAGES = "@pages"
"""As whom the centre's own pages write operations (central_server.page_operations); no station is called so."""


class State(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"
    REPLACED = "replaced"
    """For good: another key of the device took its place. Who holds it is told `revoked`."""


_IN_USE = (State.PENDING, State.ACTIVE)


@dataclass(frozen=True, slots=True)
class Device:
    """A station's key, and whose it is. `words` are the four that a person compares, with commas. Times as in tables;
    `seen_ms` is exact to the minute."""

    library: str
    name: str
    key_id: str
    public_key: bytes
    state: State
    words: str
    enrolled_ms: int
    confirmed_ms: int | None = None
    seen_ms: int | None = None

    @property
    def told_state(self) -> str:
        """The state in the protocol's words."""
        return (State.REVOKED if self.state is State.REPLACED else self.state).value


def find(connection: sa.Connection, key_id: str) -> Device | None:
    """Whose key this is."""
    return next(iter(_devices(connection, device.c.key_id == key_id)), None)


def listed(connection: sa.Connection, library: str | None = None, name: str | None = None) -> list[Device]:
    """Every key, or those of a library, or of one device there; the newest of a device last."""
    chosen = [column == value for column, value in ((device.c.library_id, library), (device.c.device, name)) if value]
    return _devices(connection, *chosen)


def add(connection: sa.Connection, new: Device) -> None:
    """Write a key that is not there yet."""
    row = {
        "library_id": new.library,
        "key_id": new.key_id,
        "device": new.name,
        "public_key": new.public_key,
        "state": new.state.value,
        "words": new.words,
        "enrolled_ms": new.enrolled_ms,
        "confirmed_ms": new.confirmed_ms,
        "seen_ms": new.seen_ms,
    }
    connection.execute(device.insert(), row)


def demand(connection: sa.Connection, asking: Device, library: str, name: str | None = None) -> None:
    """Let `asking` have to do with `library` (and the device `name` there). Raises `Refused` (401, 403)."""
    now = find(connection, asking.key_id)
    if now is None:
        raise Refused(401, "This key is not known here.")
    if now.state is State.PENDING:
        raise Refused(403, "Nobody at the centre has confirmed this station yet.", state=now.told_state)
    if now.state is not State.ACTIVE:
        raise Refused(403, "This station was revoked; what it has not sent waits there.", state=now.told_state)
    if library != now.library or name not in (None, now.name):
        raise Refused(403, "A station asks for itself and its own library only.")


def note_seen(connection: sa.Connection, key_id: str, now_ms: int) -> None:
    """A request of this key was rightly signed."""
    connection.execute(device.update().where(device.c.key_id == key_id).values(seen_ms=now_ms))


def active(connection: sa.Connection, library: str, name: str) -> Device | None:
    """The device's one active key."""
    return next((one for one in listed(connection, library, name) if one.state is State.ACTIVE), None)


def confirm(connection: sa.Connection, library: str, name: str, words: str, now_ms: int) -> None:
    """Let in the pending station that shows `words`; every other key of the device that is active or pending is
    replaced. Raises `CannotDo`."""
    waiting = [one for one in listed(connection, library, name) if one.state is State.PENDING]
    if not waiting:
        raise CannotDo(f"No station waits to be confirmed as {name!r} of {library!r}.")
    chosen = next((one for one in waiting if fold(one.words) == fold(words)), None)
    if chosen is None:
        raise CannotDo(
            f"These are not the four words of the station that waits as {name!r} of {library!r}; nothing was changed. "
            "Read them from the station's own screen. If it shows others than `devices` does here, somebody stands "
            "between: revoke it and enrol it anew."
        )
    _set_state(connection, _keys(library, name), device.c.key_id != chosen.key_id, of=_IN_USE, to=State.REPLACED)
    _set_state(connection, device.c.key_id == chosen.key_id, of=(State.PENDING,), to=State.ACTIVE, confirmed_ms=now_ms)


def revoke(connection: sa.Connection, library: str, name: str) -> None:
    """Shut out the device, whether it is active or waits to be confirmed. Raises `CannotDo`."""
    if not _set_state(connection, _keys(library, name), of=_IN_USE, to=State.REVOKED):
        raise CannotDo(f"No station is active or waits as {name!r} of {library!r}.")


def refuse(connection: sa.Connection, library: str, name: str, words: str) -> None:
    """Shut out the station that waits and shows `words`; the one that is active stays so. Raises `CannotDo`."""
    for one in listed(connection, library, name):
        if one.state is State.PENDING and fold(one.words) == fold(words):
            _set_state(connection, device.c.key_id == one.key_id, of=(State.PENDING,), to=State.REVOKED)
            return
    raise CannotDo(f"No station with these words waits as {name!r} of {library!r}.")


def admit(connection: sa.Connection, library: str, name: str) -> None:
    """Let a revoked device in again: its newest key that a person had confirmed. Raises `CannotDo`."""
    keys = listed(connection, library, name)
    if any(one.state is State.ACTIVE for one in keys):
        raise CannotDo(f"The station {name!r} of {library!r} is active.")
    once = [one for one in keys if one.state is State.REVOKED and one.confirmed_ms is not None]
    if not once:
        raise CannotDo(f"No confirmed station was revoked as {name!r} of {library!r}; enrol one.")
    _set_state(connection, device.c.key_id == once[-1].key_id, of=(State.REVOKED,), to=State.ACTIVE)


def _devices(connection: sa.Connection, *chosen: sa.ColumnElement[bool]) -> list[Device]:
    order = (device.c.library_id, device.c.device, device.c.enrolled_ms, device.c.key_id)
    return [
        Device(
            row.library_id,
            row.device,
            row.key_id,
            bytes(row.public_key),
            State(row.state),
            row.words,
            row.enrolled_ms,
            row.confirmed_ms,
            row.seen_ms,
        )
        for row in connection.execute(sa.select(device).where(*chosen).order_by(*order))
    ]


def _keys(library: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(device.c.library_id == library, device.c.device == name)


def _set_state(
    connection: sa.Connection, *which: sa.ColumnElement[bool], of: Sequence[State], to: State, **other: int
) -> int:
    """How many keys changed."""
    before = device.c.state.in_([one.value for one in of])
    return connection.execute(device.update().where(*which, before).values(state=to.value, **other)).rowcount
