"""The library's calendar: school years, weekdays and days on which it is closed."""

from datetime import date
from hashlib import sha256
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import library_calendar
from central_server.imports.dates import parse_date
from central_server.imports.words import tidy
from central_server.library_calendar import WEEKDAYS, Opening, Span
from central_server.web.librarian import at
from central_server.web.site import Place, Site, text_of, to

_ROWS = {"year": 6, "closed": 60}
_BLANK = {"year": 1, "closed": 4}


class _Unfit(Exception):
    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    async def shown(
        request: Request, place: Place, rows: dict[str, list[tuple[str, str, str]]] | None = None, fault: str = ""
    ) -> Response:
        now = await site.read(lambda c: library_calendar.read(c, place.library))
        rows = rows or {"year": _rows(now.school_years), "closed": _rows(now.closed)}
        blank = {part: [*rows[part], *[("", "", "")] * (_BLANK[part] if rows[part] else 2)] for part in rows}
        values = {"rows": blank, "closed_weekdays": now.closed_weekdays, "weekdays": WEEKDAYS, "fault": fault}
        return at.page(site, request, place, "calendar.html", {**values, "print": _print(now)}, 400 if fault else 200)

    @pages.get("/desk/{library}/settings/calendar")
    async def calendar(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """When the library is open."""
        return await shown(request, place)

    @pages.post("/desk/{library}/settings/calendar")
    async def changed(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Take the calendar of the form for the library's, if nobody else changed it meanwhile."""
        rows = {part: _typed(form, part) for part in _ROWS}
        days = tuple(day for day in WEEKDAYS if text_of(form, f"closed-{day}") == "on")
        spans = {part: [_span(*row) for row in rows[part]] for part in rows}
        if any(one is None for part in spans.values() for one in part):
            return await shown(request, place, rows, "bad_date")
        years, closed = (tuple(one for one in spans[part] if one) for part in ("year", "closed"))
        new, was = Opening(days, years, closed), text_of(form, "print")
        if fault := library_calendar.fault_of(new):
            return await shown(request, place, rows, fault)

        def write(connection: sa.Connection, _by: str, _now_ms: int) -> None:
            if _print(library_calendar.read(connection, place.library)) != was:
                raise _Unfit("changed_since")
            library_calendar.put(connection, place.library, new, at.today())

        try:
            await at.act(site, place, "calendar_changed", "", write)
        except _Unfit as unfit:
            return await shown(request, place, rows, unfit.fault)
        return to(f"/desk/{place.library}/settings/calendar?done=set")


def _typed(form: FormData, part: str) -> list[tuple[str, str, str]]:
    """The rows that are not empty: name, first and last day as they were typed."""
    rows = [
        tuple(tidy(text_of(form, f"{part}-{column}-{number}")) for column in ("name", "first", "last"))
        for number in range(_ROWS[part] + 4)
    ]
    return [(one[0], one[1], one[2]) for one in rows if one[0] or one[1]]


def _span(name: str, first: str, last: str) -> Span | None:
    begin, end = parse_date(first), parse_date(last or first)
    return Span(name, begin, end) if begin and end else None


def _rows(spans: tuple[Span, ...]) -> list[tuple[str, str, str]]:
    return [(one.name, one.first.isoformat(), one.last.isoformat()) for one in spans]


def _print(now: Opening) -> str:
    def of(spans: tuple[Span, ...]) -> list[tuple[str, date, date]]:
        return [(one.name, one.first, one.last) for one in spans]

    return sha256(repr((now.closed_weekdays, of(now.school_years), of(now.closed))).encode()).hexdigest()
