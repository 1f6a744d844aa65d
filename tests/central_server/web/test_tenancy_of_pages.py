"""Whoever is not of a library or an organisation sees and changes nothing of it, on any page that there is."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from central_server.app import Central, create_app
from central_server.database import open_store
from central_server.people import OF_A_SCHOOL, Role
from central_server.releases import Shelf
from tests.central_server.web.conftest import World

# For everybody, by what they are for.
_PUBLIC = ("/l/{library}",)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Method and path of every page that is about a library or an organisation."""
    central = Central(open_store(tmp_path_factory.mktemp("routes")), Shelf(None))
    app: Any = create_app(central)
    found = [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and re.search(r"\{(library|organisation)\}", route.path)
        for method in sorted(route.methods)
        if not route.path.startswith(_PUBLIC)
    ]
    central.close()
    return found


def _filled(path: str, world: World, library: str, organisation: str) -> str:
    known = {"library": library, "organisation": organisation}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda match: known.get(match[1], "1"), path)


@pytest.mark.parametrize("role", list(Role))
def test_is_not_there_for_people_of_elsewhere(world: World, routes: list[tuple[str, str]], role: Role) -> None:
    browser = world.signed_in(role, world.other_school)
    browser.go("/account")
    csrf = browser.forms[0].fields["csrf"]
    for method, path in routes:
        for start in (world.school, world.commune):
            where = _filled(path, world, world.library, start)
            status = browser.go(where) if method == "GET" else browser.post(where, csrf=csrf)
            assert status == 404, f"{role} of another school: {method} {path} answers {status}"


def test_asks_everybody_else_to_sign_in(world: World, routes: list[tuple[str, str]]) -> None:
    for method, path in routes:
        browser = world.browser()
        browser.go("/enter")
        csrf = browser.forms[-1].fields["csrf"]
        where = _filled(path, world, world.library, world.school)
        status = browser.go(where) if method == "GET" else browser.post(where, csrf=csrf)
        if method == "GET":
            assert (status, browser.path) == (200, "/enter"), f"{method} {path}"
        else:
            assert (status, browser.page.headers["location"]) == (303, "/enter"), f"{method} {path}"


@pytest.mark.parametrize("role", [Role.OFFICE, Role.ADMIN])
def test_who_sees_sums_sees_no_readers(world: World, routes: list[tuple[str, str]], role: Role) -> None:
    browser = world.signed_in(role, world.commune)
    browser.go("/account")
    csrf = browser.forms[0].fields["csrf"]
    for method, path in routes:
        if "{library}" in path:
            where = _filled(path, world, world.library, world.commune)
            status = browser.go(where) if method == "GET" else browser.post(where, csrf=csrf)
            assert status == 404, f"{role}: {method} {path} answers {status}"


def test_no_role_of_a_school_can_be_given_above_it(world: World) -> None:
    for role in OF_A_SCHOOL:
        with pytest.raises(Exception, match="one school"):
            world.person(role, world.commune)
