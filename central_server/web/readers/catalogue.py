"""For everybody: the library's first page, looking things up, and a title with its copies."""

from collections import OrderedDict
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from central_server import clock, lookup, opening
from central_server.imports import rules
from central_server.web.site import Place, Site
from central_server.wire import Refused

_NEWEST = 8
_MOST_BORROWED = 8
_LONGEST_QUERY = 20_000
_KEPT_MS = 15 * 60_000
_MOST_KEPT = 2_000


class _MostBorrowed:
    """What each library lends most, looked at a few times an hour: it goes through the loans of ninety days. Belongs to
    the event loop's one thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, list[tuple[str, int]]]] = OrderedDict()

    def get(self, library: str) -> list[tuple[str, int]] | None:
        at, counts = self._kept.get(library, (None, []))
        return None if at is None or clock.stopwatch_ms() - at > _KEPT_MS else counts

    def put(self, library: str, counts: list[tuple[str, int]]) -> None:
        self._kept[library] = clock.stopwatch_ms(), counts
        self._kept.move_to_end(library)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    most_borrowed = _MostBorrowed()

    @pages.get("/l/{library}/")
    async def front(request: Request, place: Annotated[Place, Depends(site.library_page)]) -> Response:
        """The library's first page."""
        kept = most_borrowed.get(place.library)
        values, counts = await site.read(lambda c: _front(c, place.library, kept))
        if kept is None:
            most_borrowed.put(place.library, counts)
        return site.page(request, place.visit, "readers/front.html", {"place": place, **values})

    @pages.get("/l/{library}/find")
    async def find(
        request: Request,
        place: Annotated[Place, Depends(site.library_page)],
        q: Annotated[str, Query(max_length=_LONGEST_QUERY)] = "",
        of_type: Annotated[str, Query(max_length=200)] = "",
        inside: Annotated[str, Query(max_length=5)] = "",
        page: Annotated[int, Query(ge=1, le=lookup.MOST_PAGES)] = 1,
    ) -> Response:
        """What is found, a page of twenty."""
        if "\0" in of_type:
            raise Refused(400, "That is no type of an item.")

        def look(connection: sa.Connection) -> dict[str, Any]:
            found, more = lookup.find(
                connection, place.library, q, item_type=of_type, only_inside=inside == "1", page=page
            )
            types = lookup.item_types(connection, place.library)
            return {"found": found, "more": more, "types": types, "type_names": rules.names(connection, place.library)}

        values = await site.read(look)
        shown = q[:200].replace("\0", "")
        asked = {"q": shown, "of_type": of_type, "inside": "1" if inside == "1" else ""}
        address = f"find?{urlencode({name: value for name, value in asked.items() if value} | {'': ''})}"
        values |= {**asked, "number": page, "address": address.removesuffix("=")}
        return site.page(request, place.visit, "readers/find.html", {"place": place, **values})

    @pages.get("/l/{library}/title/{title}")
    async def one_title(
        request: Request, place: Annotated[Place, Depends(site.library_page)], title: str, said: str = ""
    ) -> Response:
        """All that is known of a title, and each copy of it."""

        def look(connection: sa.Connection) -> dict[str, Any]:
            found = None if "\0" in title else lookup.one_title(connection, place.library, title)
            if found is None:
                raise Refused(404, "There is no such title.")
            return {"title": found, "type_names": rules.names(connection, place.library)}

        values = {"place": place, "said": said, **await site.read(look)}
        return site.page(request, place.visit, "readers/title.html", values)


def _front(
    connection: sa.Connection, library: str, kept: list[tuple[str, int]] | None
) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    today = clock.day_of(clock.now_ms())
    counts = lookup.most_borrowed(connection, library, today, _MOST_BORROWED) if kept is None else kept
    known = lookup.titles(connection, library, [identity for identity, _ in counts])
    values = {
        "opening": opening.opening(connection, library, today),
        "today": today,
        "type_names": rules.names(connection, library),
        "newest": lookup.newest(connection, library, _NEWEST),
        "most_borrowed": [(known[identity], times) for identity, times in counts if identity in known],
    }
    return values, counts
