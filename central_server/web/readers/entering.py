"""A reader signs in with a card's number and a PIN, and chooses their own PIN."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
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
        then: str = "",
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
        then, card, pin = _within(library, form.get("then")), text_of(form, "card", 64), text_of(form, "pin", 64)
        address = request.client.host if request.client else ""

        def again(sentence: str, status: int) -> Response:
            values = {"place": place, "then": then, "wrong": sentence, "card": card}
            return site.page(request, place.visit, "readers/enter.html", values, status)

        if not site.reader_tries.take(address):
            return again(say(place.visit, "Too many wrong PINs came from here. Wait a minute, then try again."), 429)

        look = await site.note(lambda connection: reader_pins.look_at(connection, library, card, pin, now_ms))
        # Not in a thread that others wait for to write, and with nothing locked.
        is_right = await asyncio.to_thread(reader_pins.fits, look, pin)

        def let_in(connection: sa.Connection) -> tuple[str, bool] | None:
            who = reader_pins.let_in(connection, library, look)
            if who is None:
                return None
            return visits.begin(
                connection, now_ms, reader=(library, who.patron), instead_of=place.visit.key
            ), who.must_change

        signed = await site.write_of(library, let_in) if is_right else None
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

        def look_at(connection: sa.Connection) -> tuple[reader_pins.Look, bool, list[str]]:
            """Who was given a PIN has just typed it; who has one of their own may have left their telephone."""
            cards = reader_pins.cards_of(connection, place.library, reader.patron)
            now = reader_pins.own(connection, place.library, reader.patron)
            if now.must_change:
                return now, True, cards
            return reader_pins.look_again(connection, place.library, reader.patron, old, now_ms), False, cards

        def put(connection: sa.Connection) -> str:
            if not reader_pins.put(connection, place.library, look, kept):
                return ""
            return visits.begin(connection, now_ms, reader=(place.library, reader.patron))

        look, is_first, cards = await site.note(look_at)
        key = ""
        try:
            if is_first or await asyncio.to_thread(reader_pins.fits, look, old):
                kept = await asyncio.to_thread(reader_pins.chosen, look, pin, cards)
                key = await site.write_of(place.library, put)
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


def _within(library: str, then: object) -> str:
    """Back to where they came from, on this library's page."""
    start = f"/l/{library}/"
    path = local(then)
    return path if path.startswith(start) else f"{start}mine"
