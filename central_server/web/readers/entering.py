"""A reader signs in with a card's number and a PIN, and chooses their own PIN."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, log, reader_pins
from central_server.cannot import CannotDo
from central_server.web import visits
from central_server.web.site import Elsewhere, Place, SignIn, Site, local, say, text_of, to
from central_server.web.visits import Reader


def reader_here(site: Site) -> Callable[[Request, str], Awaitable[tuple[Place, Reader]]]:
    """For routes: a reader of the library who has a PIN of their own and is not blocked. Others sign in first."""

    async def reader(request: Request, library: str) -> tuple[Place, Reader]:
        place, who = await site.reader_of(request, library)
        standing = await site.read(lambda c: reader_pins.standing(c, library, who.patron))
        if standing is None:
            raise SignIn(library)
        if standing.must_change and request.url.path != _pin_page(library):
            raise Elsewhere(_pin_page(library))
        return place, who

    return reader


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    here = reader_here(site)

    @pages.get("/l/{library}/enter")
    async def enter(
        request: Request,
        place: Annotated[Place, Depends(site.library_page)],
        then: Annotated[str, Query(max_length=500)] = "",
    ) -> Response:
        """The form for a card's number and the PIN."""
        values = {"place": place, "then": _within(place.library, then), "wrong": "", "card": ""}
        return site.page(request, place.visit, "readers/enter.html", values)

    @pages.post("/l/{library}/enter")
    async def entered(
        request: Request,
        place: Annotated[Place, Depends(site.library_page)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Sign in."""
        library, now_ms = place.library, clock.now_ms()
        then, card, pin = _within(library, text_of(form, "then")), text_of(form, "card", 64), text_of(form, "pin", 64)
        address = request.client.host if request.client else ""

        def again(sentence: str, status: int) -> Response:
            values = {"place": place, "then": then, "wrong": sentence, "card": card}
            return site.page(request, place.visit, "readers/enter.html", values, status)

        if not site.reader_tries.take(address):
            return again(say(place.visit, "Too many wrong PINs came from here. Wait a minute, then try again."), 429)

        def sign_in(connection: sa.Connection) -> tuple[str, bool] | None:
            who = reader_pins.check(connection, library, card, pin, now_ms)
            if who is None:
                return None
            return visits.begin(
                connection, now_ms, reader=(library, who.patron), instead_of=place.visit.key
            ), who.must_change

        signed = await site.write_of(library, sign_in)
        if signed is None:
            log.event("reader not signed in", library=library)
            sentence = say(
                place.visit, "Card number or PIN is wrong; or there were several wrong ones, then wait five minutes."
            )
            return again(sentence, 403)
        site.reader_tries.give_back(address)
        key, must_change = signed
        response = to(_pin_page(library) if must_change else then)
        site.set_cookie(request, response, key)
        return response

    @pages.get("/l/{library}/pin")
    async def pin_page(request: Request, who: Annotated[tuple[Place, Reader], Depends(here)]) -> Response:
        """The form for a PIN of one's own."""
        return await _pin_form(request, *who, "")

    @pages.post("/l/{library}/pin")
    async def pin_chosen(
        request: Request,
        who: Annotated[tuple[Place, Reader], Depends(here)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Choose a PIN; every other visit of the reader's ends."""
        place, reader = who
        old, pin, twice = (text_of(form, name, 64) for name in ("old", "pin", "twice"))
        now_ms = clock.now_ms()
        if pin != twice:
            sentence = say(place.visit, "The two are not the same. Type the new PIN twice.")
            return await _pin_form(request, place, reader, sentence)

        def choose(connection: sa.Connection) -> str:
            """Who was given a PIN has just typed it; who has one of their own may have left their telephone."""
            standing = reader_pins.standing(connection, place.library, reader.patron)
            is_first = standing is not None and standing.must_change
            if not (is_first or reader_pins.check_again(connection, place.library, reader.patron, old, now_ms)):
                return ""
            reader_pins.choose(connection, place.library, reader.patron, pin)
            return visits.begin(connection, now_ms, reader=(place.library, reader.patron))

        try:
            key = await site.write_of(place.library, choose)
        except CannotDo:
            sentence = say(
                place.visit,
                "Others would guess that PIN. Take 6 to 12 digits, not like 111111 or 123456, not of your card, and "
                "not the PIN from before.",
            )
            return await _pin_form(request, place, reader, sentence)
        if not key:
            sentence = say(place.visit, "The PIN from now is wrong; or there were several wrong ones, then wait.")
            return await _pin_form(request, place, reader, sentence)
        response = to(f"/l/{quote(place.library)}/mine?said=pin")
        site.set_cookie(request, response, key)
        return response

    async def _pin_form(request: Request, place: Place, reader: Reader, wrong: str) -> Response:
        standing = await site.read(lambda c: reader_pins.standing(c, place.library, reader.patron))
        values = {"place": place, "wrong": wrong, "is_first": standing is None or standing.must_change}
        return site.page(request, place.visit, "readers/pin.html", values, 400 if wrong else 200)


def _pin_page(library: str) -> str:
    return f"/l/{library}/pin"


def _within(library: str, then: str) -> str:
    """Back to where they came from, on this library's page."""
    start = f"/l/{library}/"
    return then if local(then).startswith(start) else f"{start}mine"
