"""What stations have sent for whoever helps."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from central_server import support
from central_server.cannot import CannotDo
from central_server.people import Role
from central_server.web.site import Place, Site
from central_server.web.stations.looking import note
from central_server.wire import Refused


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    may_act = site.at_library(Role.MAINTAINER)

    @pages.get("/stations/{library}/support")
    async def bundles(request: Request, place: Annotated[Place, Depends(may_act)]) -> Response:
        """The list, the newest first."""
        found = await site.read(lambda c: support.listed(c, place.library)[::-1])
        return site.page(request, place.visit, "stations/support.html", {"place": place, "bundles": found})

    @pages.get("/stations/{library}/support/{number}")
    async def bundle(place: Annotated[Place, Depends(may_act)], number: int) -> Response:
        """One of them, as a file."""

        def take(connection: sa.Connection) -> bytes:
            content = support.content_of(connection, place.library, number)
            note(connection, place, "support_bundle_taken", str(number))
            return content

        if not 0 < number < 2**31:
            raise Refused(404, "There is no such support bundle.")
        try:
            content = await site.write_of(place.library, take)
        except CannotDo:
            raise Refused(404, "There is no such support bundle.") from None
        name = f'attachment; filename="{place.library}-{number}.tar.gz"'
        return Response(content, media_type="application/gzip", headers={"Content-Disposition": name})
