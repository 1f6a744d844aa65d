"""What the centre has, as the tests of the librarian's pages look at it."""

from typing import Any

import sqlalchemy as sa

from central_server.tables.library import patron
from central_server.tables.organisations import deed
from tests.central_server.support import Station, feed, take
from tests.central_server.web.conftest import World


def who(world: World, card: str = "HS1") -> str:
    found = sa.select(patron.c.id).where(patron.c.library_id == world.library, patron.c.card == card)
    return str(world.one(found))


def of(world: World, column: sa.Column[Any], card: str = "HS1") -> Any:
    return world.one(sa.select(column).where(patron.c.library_id == world.library, patron.c.id == who(world, card)))


def told(world: World, kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in feed(world.store, world.library)[0] if one["kind"] == kind]


def deeds(world: World) -> list[str]:
    with world.store.reading.connect() as connection:
        found = sa.select(deed.c.act).where(deed.c.library_id == world.library).order_by(deed.c.number)
        return list(connection.scalars(found))


def lend(world: World, barcode: str = "TK.1", card: str = "HS1") -> Station:
    """A book is lent at a station, and late since."""
    station = Station(world.library)
    take(world.store, station.check_out(barcode, who(world, card)), library=world.library)
    return station
