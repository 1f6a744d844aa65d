"""Stocktakes: what was scanned at the shelves, what came of it, and marking as lost what is missing."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds
from central_server.catalogue import stocktake, tables_out, titles
from central_server.catalogue.stocktake import Finding, TooMany, scans_of
from central_server.people import Role
from central_server.web.catalogue.forms import an_id, file_of
from central_server.web.catalogue.giving_out import attached
from central_server.web.site import Place, Site, say, text_of, to
from central_server.wire import Refused

_MOST_TYPED = 256 * 1024


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, work = site.at_library(Role.LIBRARIAN, Role.HEAD), site.at_library(Role.LIBRARIAN)

    @pages.get("/desk/{library}/titles/stocktakes")
    async def listed(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """All of them, and the form for a new one."""
        return await _list(request, place, {})

    @pages.post("/desk/{library}/titles/stocktakes")
    async def begun(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.upload)]
    ) -> Response:
        """Begin one with what was scanned."""
        shelf, who, now_ms = text_of(form, "shelf"), _who(place), clock.now_ms()
        scans = await _scans(site, form)
        if not scans:
            typed = {"shelf": shelf, "bad": _sentence(place, scans)}
            return await _list(request, place, typed, 400)

        def begin(connection: sa.Connection) -> str:
            if shelf and shelf not in titles.shelves(connection, place.library):
                raise Refused(400, "There is no such shelf.")
            identity = stocktake.begin(connection, place.library, shelf, who, now_ms)
            stocktake.scan(connection, place.library, identity, scans, now_ms)
            deeds.note(connection, who, "stocktake_begun", identity, now_ms, library=place.library)
            return identity

        return to(f"/desk/{place.library}/titles/stocktakes/{await site.write_of(place.library, begin)}")

    @pages.get("/desk/{library}/titles/stocktakes/{number}")
    async def one(request: Request, place: Annotated[Place, Depends(look)], number: str) -> Response:
        """What came of it."""
        return await _page(request, place, number, {})

    @pages.post("/desk/{library}/titles/stocktakes/{number}")
    async def more(
        request: Request,
        place: Annotated[Place, Depends(work)],
        number: str,
        form: Annotated[FormData, Depends(site.upload)],
    ) -> Response:
        """Add what was scanned since, and compare anew."""
        identity, now_ms, scans = an_id(number), clock.now_ms(), await _scans(site, form)
        if not scans:
            return await _page(request, place, number, {"bad": _sentence(place, scans)}, 400)

        def scan(connection: sa.Connection) -> None:
            try:
                stocktake.scan(connection, place.library, identity, scans, now_ms)
            except KeyError:
                raise Refused(404, "There is no such stocktake that goes on.") from None

        try:
            await site.write_of(place.library, scan)
        except TooMany:
            return await _page(request, place, number, {"bad": _sentence(place, None)}, 400)
        return to(f"/desk/{place.library}/titles/stocktakes/{identity}")

    @pages.get("/desk/{library}/titles/stocktakes/{number}/list.csv")
    async def lines(place: Annotated[Place, Depends(look)], number: str) -> Response:
        """All of it but what is in place, for a spreadsheet."""

        def read(connection: sa.Connection) -> list[list[str]]:
            found = _find(connection, place.library, number)
            return [
                [line["barcode"], one.value, line["title"] or "", line["shelf"] or "", line["status"] or ""]
                for one in Finding
                if one is not Finding.HERE
                for line in stocktake.lines_of(connection, place.library, found["id"], one, stocktake.MOST_SCANS * 2)
            ]

        rows = [["barcode", "finding", "title", "shelf", "status"], *await site.read(read)]
        return Response(
            tables_out.as_csv(rows), media_type="text/csv", headers=attached(f"{place.library}-stocktake.csv")
        )

    @pages.get("/desk/{library}/titles/stocktakes/{number}/lost")
    async def ask(request: Request, place: Annotated[Place, Depends(work)], number: str) -> Response:
        """Which items would be marked as lost."""

        def read(connection: sa.Connection) -> dict[str, Any]:
            found = _find(connection, place.library, number)
            if found["lost_ms"] is not None:
                raise Refused(404, "This stocktake is over.")
            return {"one": found, "items": stocktake.to_be_lost(connection, place.library, found["id"])}

        values = await site.read(read)
        return site.page(request, place.visit, "catalogue/stocktake_lost.html", {"place": place, **values})

    @pages.post("/desk/{library}/titles/stocktakes/{number}/lost")
    async def lost(
        request: Request,
        place: Annotated[Place, Depends(work)],
        number: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Mark them, if that was confirmed."""
        identity, who, now_ms = an_id(number), _who(place), clock.now_ms()
        if text_of(form, "confirmed") != "on":
            return to(f"/desk/{place.library}/titles/stocktakes/{identity}/lost")

        def mark(connection: sa.Connection) -> None:
            try:
                stocktake.mark_lost(connection, place.library, identity, who, now_ms)
            except KeyError:
                raise Refused(404, "There is no such stocktake that goes on.") from None
            deeds.note(connection, who, "stocktake_lost", identity, now_ms, library=place.library)

        await site.write_of(place.library, mark)
        return to(f"/desk/{place.library}/titles/stocktakes/{identity}")

    async def _list(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        def read(connection: sa.Connection) -> dict[str, Any]:
            found = stocktake.listed(connection, place.library)
            return {"all": found, "shelves": titles.shelves(connection, place.library)}

        whole = {"place": place, "bad": "", "shelf": "", **await site.read(read), **values}
        return site.page(request, place.visit, "catalogue/stocktakes.html", whole, status)

    async def _page(request: Request, place: Place, number: str, values: dict[str, Any], status: int = 200) -> Response:
        def read(connection: sa.Connection) -> dict[str, Any]:
            found = _find(connection, place.library, number)
            parts = [one for one in Finding if one is not Finding.HERE and found["counts"][one.value]]
            lines = [(one.value, stocktake.lines_of(connection, place.library, found["id"], one)) for one in parts]
            return {"one": found, "parts": lines}

        whole = {"place": place, "bad": "", **await site.read(read), **values}
        return site.page(request, place.visit, "catalogue/stocktake.html", whole, status)


async def _scans(site: Site, form: FormData) -> list[str] | None:
    """What was scanned, typed or in a file; `None`: too many."""
    text, file = text_of(form, "scans", _MOST_TYPED), file_of(form)
    raw = await file[1].read() if file else b""
    try:
        return await site.aside(lambda: scans_of(text + "\n" + _decoded(raw)))
    except TooMany:
        return None


def _decoded(raw: bytes) -> str:
    """Scanners write digits and letters of ASCII, in whatever encoding."""
    for encoding in ("utf-16", "utf-8-sig") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _sentence(place: Place, scans: list[str] | None) -> str:
    if scans is None:
        return say(place.visit, "That is more than a stocktake takes: {most} numbers.", most=stocktake.MOST_SCANS)
    return say(place.visit, "There is no number in it. Scan some books, or choose the scanner's file.")


def _find(connection: sa.Connection, library: str, number: str) -> dict[str, Any]:
    found = stocktake.find(connection, library, an_id(number))
    if found is None:
        raise Refused(404, "There is no such stocktake.")
    return found


def _who(place: Place) -> str:
    assert place.visit.person is not None
    return place.visit.person.id
