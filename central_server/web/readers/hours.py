"""For the librarian: what the page says of the library's hours."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds, opening
from central_server.people import Role
from central_server.web.site import Place, Site, text_of, to


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    at_desk = Depends(site.at_library(Role.LIBRARIAN))

    @pages.get("/desk/{library}/hours")
    async def hours(request: Request, place: Annotated[Place, at_desk]) -> Response:
        """The form for the library's own words."""
        text = await site.read(lambda c: opening.hours(c, place.library))
        values = {"place": place, "text": text, "most": opening.LONGEST_HOURS, "done": "done" in request.query_params}
        return site.page(request, place.visit, "readers/hours.html", values)

    @pages.post("/desk/{library}/hours")
    async def said(place: Annotated[Place, at_desk], form: Annotated[FormData, Depends(site.form)]) -> Response:
        """Say it on the page."""
        text = text_of(form, "text", 2 * opening.LONGEST_HOURS).replace("\r\n", "\n")[: opening.LONGEST_HOURS]
        who, now_ms = place.visit.person, clock.now_ms()
        assert who is not None

        def change(connection: sa.Connection) -> None:
            opening.set_hours(connection, place.library, text)
            deeds.note(connection, who.id, "hours_set", place.library, now_ms, library=place.library)

        await site.write_of(place.library, change)
        return to(f"/desk/{place.library}/hours?done=1")
