"""The first page of the site: which libraries are here, and what there is for whoever is signed in."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from central_server import organisations
from central_server.people import OF_A_SCHOOL, Person, Role
from central_server.tables.library import library
from central_server.web.site import Site, to
from central_server.web.visits import Visit

_MOST = 2_000


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""

    @pages.get("/")
    async def front(request: Request, visit: Annotated[Visit, Depends(site.visit)]) -> Response:
        """The libraries; with a single one, its page. For who works here, their own places."""
        if visit.person is not None:
            who = visit.person
            if who.must_change:
                return to("/account")
            return site.page(request, visit, "mine.html", await site.read(lambda c: _mine(c, who)))
        libraries = await site.read(_libraries)
        if len(libraries) == 1:
            return to(f"/l/{libraries[0]['id']}/")
        return site.page(request, visit, "front.html", {"libraries": libraries})


def _libraries(connection: sa.Connection) -> list[dict[str, Any]]:
    found = sa.select(library.c.library_id.label("id"), library.c.name).order_by(library.c.name).limit(_MOST)
    return [dict(row) for row in connection.execute(found).mappings()]


def _mine(connection: sa.Connection, who: Person) -> dict[str, Any]:
    """The libraries where they work, and the organisations whose figures they see."""
    libraries: dict[str, dict[str, Any]] = {}
    offices = []
    for held in who.held:
        node = organisations.find(connection, held.organisation)
        if node is None:
            continue
        if held.role is not Role.MAINTAINER:
            offices.append({"node": node, "role": held.role})
        for one in organisations.within(connection, held.path) if held.role in OF_A_SCHOOL else ():
            if one.library is not None:
                mine = libraries.setdefault(one.library, {"id": one.library, "name": one.name, "roles": set()})
                mine["roles"].add(held.role)
    return {
        "places": list(libraries.values()),
        "offices": offices,
        "is_admin": any(one.role is Role.ADMIN for one in who.held),
    }
