"""A reader of a test's library in a browser."""

from uuid import uuid4

import sqlalchemy as sa

from central_server import reader_pins
from central_server.erasing import patron_of_card
from central_server.tables.library import title
from tests.central_server.support import Station, loan_of, take
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

PIN = "471902"


def patron(world: World, card: str = "HS1", library: str | None = None) -> str:
    with world.store.reading.connect() as connection:
        return patron_of_card(connection, library or world.library, card)


def have_pin(world: World, card: str = "HS1", pin: str = PIN, library: str | None = None) -> str:
    """Let a reader have that PIN of their own; answers their id."""
    library = library or world.library
    who = patron(world, card, library)
    with world.store.writing.begin() as connection:
        reader_pins.give(connection, library, who)
        reader_pins.choose(connection, library, who, pin)
    return who


def browser_of(world: World) -> Browser:
    """At an address of its own, since too many wrong ones shut an address out."""
    browser = world.browser()
    browser.session.headers["X-Forwarded-For"] = f"2001:db8::{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    return browser


def enter(browser: Browser, library: str, card: str = "HS1", pin: str = PIN, then: str = "") -> int:
    browser.go(f"/l/{library}/enter?then={then}")
    return browser.send(f"/l/{library}/enter", card=card, pin=pin)


def signed_in(world: World, card: str = "HS1", library: str | None = None) -> Browser:
    library = library or world.library
    have_pin(world, card, library=library)
    browser = browser_of(world)
    assert enter(browser, library, card) == 200
    return browser


def title_of(world: World, library: str | None = None) -> str:
    return str(world.one(sa.select(title.c.id).where(title.c.library_id == (library or world.library))))


def lend(world: World, card: str, barcode: str, wall_ms: int, **dates: str) -> str:
    """A loan of that moment at a station; answers its id."""
    station = Station(world.library, wall_ms=wall_ms)
    who = patron(world, card)
    out = station.check_out(barcode, who)
    if dates:
        station = Station(world.library, wall_ms=wall_ms)
        data = {"loan": loan_of(out), "item": loan_of(out), "barcode": barcode, "provisional": False} | dates
        out = station.write("check_out", data, who)
    take(world.store, out, library=world.library)
    return loan_of(out)
