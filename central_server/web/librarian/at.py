"""What these pages share: who may look and who may change, days, and acts with their note."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from fastapi import Request, Response

from central_server import clock, deeds
from central_server.people import Role
from central_server.web.librarian.words import names
from central_server.web.site import Place, Site

T = TypeVar("T")

MAY_CHANGE = (Role.LIBRARIAN,)
MAY_LOOK = (*MAY_CHANGE, Role.HEAD)


def today() -> date:
    """The day in Vietnam."""
    return clock.day_of(clock.now_ms())


def page(
    site: Site, request: Request, place: Place, template: str, values: Mapping[str, Any], status: int = 200
) -> Response:
    """A page of the desk. `may`: whether who looks may change anything; `done`: a word in the address."""
    who = place.visit.person
    may = bool(who and place.node and who.may(place.node, MAY_CHANGE))
    shared = {"place": place, "may": may, "names": names(place.visit), "desk": f"/desk/{place.library}"}
    done = {"done": request.query_params.get("done", "")}
    return site.page(request, place.visit, f"librarian/{template}", {**shared, **done, **values}, status)


async def act(
    site: Site, place: Place, word: str, subject: str | None, work: Callable[[sa.Connection, str, int], T]
) -> T:
    """Run `work(connection, who, now_ms)` in a transaction of the library, and note it there as the deed `word`.
    `subject`: `None`: what `work` answers."""
    who, now_ms = by(place), clock.now_ms()

    def whole(connection: sa.Connection) -> T:
        done = work(connection, who, now_ms)
        about = str(done) if subject is None else subject
        deeds.note(connection, who, word, about, now_ms, library=place.library)
        return done

    return await site.write_of(place.library, whole)


def by(place: Place) -> str:
    """The id of the person who looks."""
    assert place.visit.person is not None
    return place.visit.person.id
