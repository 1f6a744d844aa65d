"""Files of titles, items and readers: looked at first, taken over when somebody says so."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds
from central_server.catalogue.typed import one_line
from central_server.imports.marc_file import MARC8
from central_server.imports.report import Report
from central_server.imports.rows import Options
from central_server.imports.run import prepare
from central_server.imports.text_file import ENCODINGS
from central_server.people import Role
from central_server.web.catalogue.forms import file_of
from central_server.web.site import Place, Site, say, text_of
from central_server.web.waiting import File
from central_server.wire import Refused

KINDS = ("titles", "items", "marc", "patrons")
_MOST_SHOWN = 300


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    work = site.at_library(Role.LIBRARIAN)
    # A large file is a lot of memory: one at a time.
    at_once = asyncio.Semaphore(1)

    @pages.get("/desk/{library}/titles/import")
    async def choose(
        request: Request,
        place: Annotated[Place, Depends(work)],
        kind: Annotated[str, Query(max_length=20)] = "titles",
    ) -> Response:
        """The form for a file."""
        return _form(request, place, {"kind": kind if kind in KINDS else "titles"})

    @pages.post("/desk/{library}/titles/import")
    async def looked_at(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.upload)]
    ) -> Response:
        """What would be done with it. Nothing is."""
        kind, file = text_of(form, "kind"), file_of(form)
        if kind not in KINDS:
            raise Refused(400, "There is no such kind of file.")
        if file is None:
            bad = say(place.visit, "Choose a file first.")
            return _form(request, place, {"kind": kind, "bad": bad}, 400)
        options, now_ms, token = _options(form, kind), clock.now_ms(), ""
        async with at_once:
            sent = File(kind, file[0], options, await file[1].read())
            report = await _import(place, replace(sent, options=replace(options, dry_run=True)))
            if report.readable:
                token = await site.aside(lambda: site.waiting.keep(place.visit.key, place.library, sent, now_ms))
        return await _page(request, place, report, token)

    @pages.post("/desk/{library}/titles/import/take")
    async def taken(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Take over the file that was looked at."""
        token, now_ms = text_of(form, "token"), clock.now_ms()
        async with at_once:
            file = await site.aside(lambda: site.waiting.take(token, place.visit.key, place.library, now_ms))
            if file is None:
                bad = say(place.visit, "The file waits here no more. Choose it again, please; nothing was changed.")
                return _form(request, place, {"bad": bad}, 409)
            report = await _import(place, file)
        return await _page(request, place, report, "")

    async def _import(place: Place, file: File) -> Report:
        assert place.visit.person is not None
        who, options = place.visit.person.id, file.options
        report = Report(file.kind, place.library, file.name, place.visit.language, options.dry_run, on_page=True)
        bring = await site.aside(lambda: prepare(file.raw, options, report))

        def write(connection: sa.Connection) -> None:
            with connection.begin_nested() as inner:
                bring(connection)
                if options.dry_run or not report.readable:
                    inner.rollback()
                    return
            deeds.note(connection, who, "file_taken", file.kind, clock.now_ms(), library=place.library)

        if report.readable:
            await site.write_of(place.library, write)
        return report

    async def _page(request: Request, place: Place, report: Report, token: str) -> Response:
        told = await site.aside(lambda: _told(place, report, token))
        return site.page(request, place.visit, "catalogue/report.html", told, 200 if report.readable else 400)

    def _form(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        whole = {"place": place, "kind": "titles", "bad": "", "encodings": [*ENCODINGS, MARC8], **values}
        return site.page(request, place.visit, "catalogue/import.html", whole, status)


def _options(form: FormData, kind: str) -> Options:
    encoding, sheet = text_of(form, "encoding"), one_line(text_of(form, "sheet"))
    # Which column it is that one value stands for.
    column = {"titles": "Loại", "marc": "Loại", "patrons": "Loại bạn đọc"}.get(kind)
    value = one_line(text_of(form, "value"))
    return Options(
        sheets=(sheet,) if sheet else (),
        encoding=encoding if encoding in (*ENCODINGS, MARC8) else None,
        values={column: value} if column and value else {},
        numbers_as_shown=text_of(form, "numbers_as_shown") == "on",
    )


def _told(place: Place, report: Report, token: str) -> dict[str, Any]:
    """What the page says of a report."""
    problems = [one for one in report.in_order() if one.is_problem]
    notes = [one for one in report.in_order() if not one.is_problem]
    return {
        "place": place,
        "report": report,
        "counts": report.counts(),
        "outcomes": report.outcomes_as_text()[:_MOST_SHOWN] if report.readable else [],
        "problems": problems[:_MOST_SHOWN],
        "notes": notes[:_MOST_SHOWN],
        "more": max(len(problems), len(notes)) - _MOST_SHOWN,
        "token": token,
    }
