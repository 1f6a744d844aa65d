"""One reader: what they have, and what is done for them. Who was erased meanwhile is told so, and nothing is done."""

from collections.abc import Callable
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import reader_pins, readers, said_here
from central_server.imports.words import tidy
from central_server.readers import Line, Unfit, Values
from central_server.said_here import CannotSay
from central_server.web.librarian import at
from central_server.web.librarian.readers import form_page, read_values
from central_server.web.site import Place, Site, text_of, to
from central_server.wire import Refused


class _Gone(Exception):
    """There is no such reader, or not any more."""


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    async def shown(
        request: Request, place: Place, reader: str, faults: dict[str, str] | None = None, typed: str = ""
    ) -> Response:
        one = await site.read(lambda c: readers.reader(c, place.library, reader, at.today()))
        if one is None:
            raise Refused(404, "There is no such reader.")
        values = {"reader": one, "faults": faults or {}, "typed": typed, "most_note": readers.MOST_NOTE}
        return at.page(site, request, place, "reader.html", values, 400 if faults else 200)

    async def done(place: Place, reader: str, word: str, work: Callable[[sa.Connection, str, int], object]) -> Response:
        """Do it and show the reader; or the list, when there is no such reader any more."""

        def whole(connection: sa.Connection, by: str, now_ms: int) -> None:
            if not readers.exists(connection, place.library, reader):
                raise _Gone
            work(connection, by, now_ms)

        try:
            await at.act(site, place, f"reader_{word}", reader, whole)
        except _Gone:
            return _gone(place)
        return to(f"/desk/{place.library}/readers/{reader}?done={word}")

    @pages.get("/desk/{library}/readers/{reader}")
    async def one(request: Request, place: Annotated[Place, Depends(look)], reader: str) -> Response:
        """All that is known of them."""
        return await shown(request, place, reader)

    @pages.get("/desk/{library}/readers/{reader}/edit")
    async def edit(request: Request, place: Annotated[Place, Depends(change)], reader: str) -> Response:
        """The form for name, class, kind and last day."""
        found = await site.read(lambda c: readers.reader(c, place.library, reader, at.today()))
        if found is None:
            raise Refused(404, "There is no such reader.")
        line = found.line
        values = Values(line.card, line.name, line.class_name, line.category, line.valid_until)
        return await form_page(site, request, place, values, {}, reader)

    @pages.post("/desk/{library}/readers/{reader}/edit")
    async def edited(
        request: Request,
        place: Annotated[Place, Depends(change)],
        reader: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Change them."""
        values = read_values(form)
        try:
            return await done(
                place, reader, "changed", lambda c, _by, _ms: readers.change(c, place.library, reader, values)
            )
        except Unfit as unfit:
            return await form_page(site, request, place, values, unfit.faults, reader, 400)

    @pages.post("/desk/{library}/readers/{reader}/block")
    async def blocked(
        place: Annotated[Place, Depends(change)], reader: str, form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Lend nothing to them any more, or again."""
        off = text_of(form, "blocked") == "yes"
        return await done(
            place,
            reader,
            "blocked" if off else "freed",
            lambda c, by, now_ms: said_here.block(c, place.library, reader, off, by, now_ms),
        )

    @pages.post("/desk/{library}/readers/{reader}/note")
    async def noted(
        place: Annotated[Place, Depends(change)], reader: str, form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Write a note, or take it away."""
        text = text_of(form, "note", readers.MOST_NOTE)
        return await done(
            place, reader, "noted", lambda c, by, now_ms: said_here.note(c, place.library, reader, text, by, now_ms)
        )

    @pages.post("/desk/{library}/readers/{reader}/lift")
    async def lifted(
        place: Annotated[Place, Depends(change)], reader: str, _form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """End a suspension."""
        return await done(
            place, reader, "lifted", lambda c, _by, _ms: readers.lift_suspension(c, place.library, reader, at.today())
        )

    @pages.post("/desk/{library}/readers/{reader}/cards")
    async def linked(
        request: Request,
        place: Annotated[Place, Depends(change)],
        reader: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Another card opens their books from now on; `lost`: and those from before do not."""
        number, lost = tidy(text_of(form, "card")), text_of(form, "lost") == "yes"

        def link(connection: sa.Connection, by: str, now_ms: int) -> None:
            if lost:
                said_here.block_cards(connection, place.library, reader, by, now_ms)
            if number or not lost:
                if fault := readers.card_fault(connection, place.library, number, reader):
                    raise Unfit({"card": fault})
                said_here.link_card(connection, place.library, reader, number, by, now_ms)

        try:
            return await done(place, reader, "card_lost" if lost else "card_linked", link)
        except Unfit as unfit:
            return await shown(request, place, reader, unfit.faults, number)
        except CannotSay:
            return await shown(request, place, reader, {"card": "card_taken"}, number)

    @pages.post("/desk/{library}/readers/{reader}/pin")
    async def pin(
        request: Request,
        place: Annotated[Place, Depends(change)],
        reader: str,
        _form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """A new PIN for the library's page, on paper; shown this once."""

        first = await site.aside(reader_pins.first)

        def give(connection: sa.Connection, _by: str, _now_ms: int) -> list[tuple[Line, str]]:
            found = readers.reader(connection, place.library, reader, at.today())
            if found is None:
                raise _Gone
            return [(found.line, reader_pins.give(connection, place.library, reader, first))]

        try:
            given = await at.act(site, place, "reader_pin_given", reader, give)
        except _Gone:
            return _gone(place)
        back = f"/desk/{place.library}/readers/{reader}"
        return at.page(site, request, place, "pins.html", {"given": given, "class_name": "", "back": back})


def _gone(place: Place) -> Response:
    return to(f"/desk/{place.library}/readers?gone=1")
