"""The desk's first page: what needs a person today."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from central_server import clock
from central_server import today as today_
from central_server.web.librarian import at
from central_server.web.site import Place, Site


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look = site.at_library(*at.MAY_LOOK)

    @pages.get("/desk/{library}/")
    async def first(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """What waits, and the figures of this week."""
        now_ms = clock.now_ms()
        today = await site.read(lambda c: today_.look(c, place.library, now_ms))
        return at.page(site, request, place, "first.html", {"today": today})
