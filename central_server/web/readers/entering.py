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

        if not site.tries.may(address):
            return again(say(place.visit, "Too many wrong PINs came from here. Wait a minute, then try again."), 429)

        def sign_in(connection: sa.Connection) -> tuple[str, bool] | None:
            who = reader_pins.check(connection, library, card, pin, now_ms)
            if who is None:
                return None
            return visits.begin(connection, now_ms, reader=(library, who.patron)), who.must_change

        signed = await site.write_of(library, sign_in)
        if signed is None:
            site.tries.failed(address)
            log.event("reader not signed in", library=library)
            sentence = say(
                place.visit, "Card number or PIN is wrong; or there were several wrong ones, then wait five minutes."
            )
            return again(sentence, 403)
        key, must_change = signed
        response = to(_pin_page(library) if must_change else then)
        site.set_cookie(request, response, key)
        return response

    @pages.get("/l/{library}/pin")
    async def pin_page(request: Request, who: Annotated[tuple[Place, Reader], Depends(here)]) -> Response:
        """The form for a PIN of one's own."""
        return site.page(request, who[0].visit, "readers/pin.html", {"place": who[0], "wrong": ""})

    @pages.post("/l/{library}/pin")
    async def pin_chosen(
        request: Request,
        who: Annotated[tuple[Place, Reader], Depends(here)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Choose a PIN; every other visit of the reader's ends."""
        place, reader = who
        pin, twice, now_ms = text_of(form, "pin", 64), text_of(form, "twice", 64), clock.now_ms()

        def again(sentence: str) -> Response:
            return site.page(request, place.visit, "readers/pin.html", {"place": place, "wrong": sentence}, 400)

        if pin != twice:
            return again(say(place.visit, "The two are not the same. Type the new PIN twice."))

        def choose(connection: sa.Connection) -> str:
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
            return again(sentence)
        response = to(f"/l/{quote(place.library)}/mine?said=pin")
        site.set_cookie(request, response, key)
        return response


def _pin_page(library: str) -> str:
    return f"/l/{library}/pin"


def _within(library: str, then: str) -> str:
    """Back to where they came from, on this library's page."""
    start = f"/l/{library}/"
    return then if local(then).startswith(start) else f"{start}mine"
