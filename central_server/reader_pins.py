"""The PIN with which a reader signs in to the library's own page."""

import sqlalchemy as sa

from central_server import passwords
from central_server.tables.organisations import reader_pin
from central_server.upsert import put


def give(connection: sa.Connection, library: str, patron: str) -> str:
    """Another first PIN, to be handed over on paper: the reader chooses one of their own when they first use it."""
    pin = passwords.first_pin()
    row = {
        "library_id": library,
        "patron_id": patron,
        "pin": passwords.kept(pin),
        "must_change": True,
        "failed": 0,
        "wait_until_ms": 0,
    }
    put(connection, reader_pin, [row])
    return pin
