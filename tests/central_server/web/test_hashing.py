"""While a PIN or a password is hashed, which takes its time, the library's stations can write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from central_server.database import writing
from central_server.people import Role
from central_server.tables.library import patron
from tests.central_server.support import serving
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import PASSWORD, World
from tests.central_server.web.readers import PIN, have_pin

SLOW_S = 1.5
SLOW = f"""
import time
from central_server import passwords
def slowly(work):
    return lambda *what: (time.sleep({SLOW_S}), work(*what))[1]
passwords.fits, passwords.kept = slowly(passwords.fits), slowly(passwords.kept)
"""


@pytest.fixture
def slow(world: World) -> Iterator[str]:
    """The address of a server that hashes slowly."""
    have_pin(world)
    with world.store.writing.begin() as connection:
        mine = sa.update(patron).where(patron.c.library_id == world.library, patron.c.card == "HS1")
        connection.execute(mine.values(class_name="6A1"))
    with serving(world.server.where, spoilt=SLOW) as server:
        yield server.url


def reader(world: World, url: str) -> Browser:
    browser = world.browser()
    browser.go(f"/l/{world.library}/enter")
    assert browser.send(f"/l/{world.library}/enter", card="HS1", pin=PIN) == 200
    browser.url = url
    return browser


def signs_in(world: World, url: str) -> Callable[[], int]:
    browser = Browser(url)
    path = f"/l/{world.library}/enter"
    browser.go(path)
    browser.go(path)
    return lambda: browser.send(path, card="HS1", pin=PIN)


def chooses(world: World, url: str) -> Callable[[], int]:
    browser, path = reader(world, url), f"/l/{world.library}/pin"
    browser.go(path)
    return lambda: browser.send(path, old=PIN, pin="730264", twice="730264")


def gives_a_class(world: World, url: str) -> Callable[[], int]:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.url = url
    browser.go(f"/desk/{world.library}/readers?class=6A1")
    return lambda: browser.send(f"/desk/{world.library}/readers/pins")


def gives_one(world: World, url: str) -> Callable[[], int]:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.url = url
    mine = sa.select(patron.c.id).where(patron.c.library_id == world.library, patron.c.card == "HS1")
    path = f"/desk/{world.library}/readers/{world.one(mine)}"
    browser.go(path)
    return lambda: browser.send(f"{path}/pin")


def changes_a_password(world: World, url: str) -> Callable[[], int]:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.url = url
    browser.go("/account")
    return lambda: browser.send("/account", old=PASSWORD, new="mùa xuân trên bến sông")


@pytest.mark.parametrize("who", [signs_in, chooses, gives_a_class, gives_one, changes_a_password])
def test_a_pin_or_password_is_hashed_with_nothing_locked(
    world: World, slow: str, who: Callable[..., Callable[[], int]]
) -> None:
    send, waited, begun = who(world, slow), 0.0, time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send)
        while not sent.done():
            before = time.monotonic()
            with writing(world.store, world.library):
                waited = max(waited, time.monotonic() - before)
            time.sleep(0.05)
        assert sent.result() == 200
    assert time.monotonic() - begun > SLOW_S, "nothing was hashed"
    assert waited < SLOW_S / 2
