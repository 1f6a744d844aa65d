"""Schools that did well, for offices; readers who did, for the school itself where it commends them."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from central_server import clock
from central_server.statistics import commended, sets
from central_server.web.office import labels
from central_server.web.office.figures import knows_readers
from central_server.web.office.labels import word
from central_server.web.office.view import ALL
from central_server.web.site import Office, Site, say

_MEASURES = {
    "loans": word("Loans per pupil"),
    "visit": word("Visits per pupil"),
    "in_house_use": word("Read in the library, per pupil"),
}


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""

    @pages.get("/office/{organisation}/commended")
    async def page(request: Request, office: Annotated[Office, Depends(site.at_organisation(*ALL))]) -> Response:
        """Lists of schools, and of readers where that is wanted."""
        own = knows_readers(office)

        def read(connection: sa.Connection) -> dict[str, Any]:
            period = commended.months_so_far(sets.of(connection, office.node), clock.today())
            lists = [
                (say(office.visit, sentence), commended.grown(connection, office.node, measure, period))
                for measure, sentence in _MEASURES.items()
            ]
            readers = (
                commended.keen_readers(connection, office.node, period, clock.day_of(clock.now_ms())) if own else []
            )
            return {"lists": lists, "readers": readers, "from_month": period.first, "to_month": period.last}

        values = await site.read(read)
        said = {"office": office.node, "labels": labels, "shows_readers": own and office.node.commends}
        return site.page(request, office.visit, "office/commended.html", values | said)
