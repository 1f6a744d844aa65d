"""For librarians: what readers ask about their own data. It is given to them, put right, or erased."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds, erasing, subjects
from central_server.cannot import CannotDo
from central_server.database import Store
from central_server.forgetting import forget
from central_server.people import Role
from central_server.subject_text import as_text
from central_server.subjects import Kind
from central_server.tables.library import patron as patron_table
from central_server.tables.operations import loan
from central_server.web.site import Place, Site, say, text_of, to
from central_server.wire import Refused


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    At = Annotated[Place, Depends(site.at_library(Role.LIBRARIAN))]
    Sent = Annotated[FormData, Depends(site.form)]

    def by(place: Place) -> str:
        assert place.visit.person is not None
        return place.visit.person.id

    async def register(request: Request, place: Place, wrong: str = "", card: str = "") -> Response:
        now_ms = clock.now_ms()
        found = await site.read(lambda c: subjects.listed(c, place.library, now_ms))
        values = {"place": place, "asked": found, "wrong": wrong, "card": card, "forgotten": ""}
        values["forgotten"] = request.query_params.get("erased", "")
        return site.page(request, place.visit, "subjects/register.html", values)

    @pages.get("/desk/{library}/subjects/")
    async def requests(request: Request, place: At, card: Annotated[str, Query(max_length=100)] = "") -> Response:
        """What was asked; with a card's number, its reader."""
        card = card.replace("\0", "")
        if not card.strip():
            return await register(request, place)
        try:
            who = await site.read(lambda c: erasing.patron_of_card(c, place.library, card.strip()))
        except CannotDo:
            return await register(request, place, say(place.visit, "Nobody in this library has that card."), card)
        return to(f"/desk/{place.library}/subjects/{who}")

    async def reader(request: Request, place: Place, patron: str, wrong: str = "", status: int = 200) -> Response:
        now_ms = clock.now_ms()
        values = await site.read(lambda c: _reader(c, place.library, patron, now_ms))
        values |= {"place": place, "wrong": wrong, "today": clock.day_of(now_ms).isoformat(), "kinds": list(Kind)}
        return site.page(request, place.visit, "subjects/reader.html", values, status)

    @pages.get("/desk/{library}/subjects/{patron}")
    async def reader_page(request: Request, place: At, patron: str) -> Response:
        """One reader: what they asked, and the forms to do it."""
        return await reader(request, place, patron)

    @pages.post("/desk/{library}/subjects/{patron}")
    async def asked(request: Request, place: At, patron: str, form: Sent) -> Response:
        """Write down that they asked."""
        kind, day, now_ms = _kind(text_of(form, "kind")), text_of(form, "asked_on", 20), clock.now_ms()

        def note(connection: sa.Connection) -> None:
            number = subjects.note(connection, place.library, patron, kind, date.fromisoformat(day), now_ms)
            _note(connection, place, by(place), "subject_asked", number, now_ms)

        await site.read(lambda c: _reader(c, place.library, patron, now_ms))
        try:
            await site.write_of(place.library, note)
        except (CannotDo, ValueError):
            sentence = say(place.visit, "The day on which they asked is today or before, within a year.")
            return await reader(request, place, patron, sentence, 400)
        return to(f"/desk/{place.library}/subjects/{patron}")

    @pages.post("/desk/{library}/subjects/{patron}/export")
    async def exported(place: At, patron: str, form: Sent) -> Response:
        """All that is held of them, as a file."""
        now_ms, as_json = clock.now_ms(), text_of(form, "as") == "json"

        def export(connection: sa.Connection) -> dict[str, Any]:
            held = subjects.export(connection, place.library, patron, now_ms)
            subjects.done_of(connection, place.library, patron, Kind.EXPORT, now_ms)
            _note(connection, place, by(place), "subject_exported", patron, now_ms)
            return held

        try:
            held = await site.write_of(place.library, export)
        except CannotDo:
            raise Refused(404, "There is no such reader.") from None
        if as_json:
            content, kind, ending = msgspec.json.format(msgspec.json.encode(held), indent=2), "application/json", "json"
        else:
            content, kind = as_text(held, place.visit.language).encode(), "text/plain; charset=utf-8"
            ending = "txt"
        name = f'attachment; filename="du-lieu-ban-doc.{ending}"'
        return Response(content, media_type=kind, headers={"Content-Disposition": name})

    @pages.post("/desk/{library}/subjects/{patron}/erase")
    async def erased(request: Request, place: At, patron: str, form: Sent) -> Response:
        """For good, when their card's number was typed once more."""
        typed, although, now_ms = text_of(form, "card", 100), text_of(form, "although") == "on", clock.now_ms()
        known = await site.read(lambda c: _reader(c, place.library, patron, now_ms))
        if typed != known["who"]["card"]:
            return await reader(request, place, patron, say(place.visit, "That is not the number of their card."), 400)

        def erase(connection: sa.Connection) -> None:
            erasing.erase(connection, place.library, patron, now_ms, with_open_loans=although)
            _note(connection, place, by(place), "subject_erased", erasing.mark_of(patron), now_ms)

        try:
            await site.write_of(place.library, erase)
        except CannotDo:
            sentence = say(place.visit, "They still have books. Say below that they are to be erased although.")
            return await reader(request, place, patron, sentence, 400)
        at_once = await site.read_store(_forget_file)
        return to(f"/desk/{place.library}/subjects/?erased={'now' if at_once else 'tonight'}")

    @pages.post("/desk/{library}/subjects/{patron}/done")
    async def put_right(request: Request, place: At, patron: str, form: Sent) -> Response:
        """Something that they asked is done otherwise, as a correction is."""
        number, now_ms = text_of(form, "number", 12), clock.now_ms()

        def done(connection: sa.Connection) -> None:
            subjects.done(connection, place.library, int(number), now_ms)
            _note(connection, place, by(place), "subject_done", int(number), now_ms)

        await site.read(lambda c: _reader(c, place.library, patron, now_ms))
        try:
            await site.write_of(place.library, done)
        except (CannotDo, ValueError):
            return await reader(request, place, patron, say(place.visit, "That was done already."), 400)
        return to(f"/desk/{place.library}/subjects/{patron}")


def _note(connection: sa.Connection, place: Place, person: str, act: str, subject: int | str, now_ms: int) -> None:
    deeds.note(connection, person, act, str(subject), now_ms, library=place.library)


def _forget_file(store: Store) -> bool:
    """A school's file forgets at once. To write anew what all schools of a province have is for the night
    (`forget`, by its timer): until then it is in no table, but its bytes are in files."""
    return isinstance(store.where, Path) and forget(store)


def _reader(connection: sa.Connection, library: str, patron: str, now_ms: int) -> dict[str, Any]:
    """Raises `Refused` (404)."""
    mine = (patron_table.c.library_id == library, patron_table.c.id == patron)
    row = connection.execute(sa.select(patron_table).where(*mine)).mappings().first()
    if row is None:
        raise Refused(404, "There is no such reader.")
    held = (loan.c.library_id == library, loan.c.patron_id == patron, loan.c.open)
    books = connection.scalars(sa.select(loan.c.barcode).where(*held).order_by(loan.c.due_on)).all()
    return {"who": dict(row), "books": list(books), "asked": subjects.listed(connection, library, now_ms, patron)}


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise Refused(400, "Nothing of that kind can be asked.") from None
