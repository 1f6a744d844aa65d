"""A new station: its code, the four words that are compared, and who may take whose place.

The token, the network's password and the four words go through here and are neither kept nor logged: they stand in the
one answer, or in what a station's key is known by (central_server.enrolment).
"""

import re
from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, devices, enrolment
from central_server.cannot import CannotDo
from central_server.devices import State
from central_server.enrolment import Token
from central_server.enrolment_code import Wifi, code_text, pin_of_pem, station_url
from central_server.people import Role
from central_server.web.site import Place, Site, say, text_of, to
from central_server.web.stations.drawing import qr
from central_server.web.stations.looking import note, path_of
from central_server.wire import Refused

# What is easily said over the telephone; commands take any name.
_NAME = re.compile(r"[^\W_](?:[\w .-]{0,62}[\w.-])?")
_MINUTES = (30, 24 * 60)


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    may_act = site.at_library(Role.MAINTAINER)

    def form_again(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        empty = {"device": "", "minutes": "30", "wifi": "", "replaces": False, "wrong": {}, "is_active": False}
        return site.page(
            request, place.visit, "stations/new.html", empty | values | {"place": place, "choices": _MINUTES}, status
        )

    @pages.get("/stations/{library}/new")
    async def new(
        request: Request,
        place: Annotated[Place, Depends(may_act)],
        replaces: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """The form for a new station, or for one that takes the place of another."""
        return form_again(request, place, {"device": replaces, "replaces": bool(replaces), "is_active": bool(replaces)})

    @pages.post("/stations/{library}/new")
    async def made(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """The code, for this once: this page is the only place where it is."""
        visit, library = place.visit, place.library
        device, minutes = text_of(form, "device", 64), text_of(form, "minutes", 4)
        replaces = text_of(form, "replaces", 5) == "yes"
        wifi, password = text_of(form, "wifi", 64), form.get("wifi_password", "")
        if minutes not in map(str, _MINUTES) or not isinstance(password, str) or len(password) > 64:
            raise Refused(400, "The form is not as it was given.")
        typed = {"device": device, "minutes": minutes, "wifi": wifi, "replaces": replaces}
        wrong: dict[str, str] = {}
        if not _NAME.fullmatch(device):
            wrong["device"] = say(visit, "A name has up to 64 letters, digits, dots and hyphens, like tram-2.")
        try:
            address = station_url(str(request.base_url))
        except CannotDo:
            address = ""
            wrong["form"] = say(
                visit, "A station must reach this server by https. Open this page by its https address, then try again."
            )
        network = Wifi(wifi, password) if wifi else None
        if not _can_be_told(network):
            wrong["wifi"] = say(visit, "The network's name has 1 to 32 letters, its password none or 8 to 63.")
        elif password and network is None:
            wrong["wifi"] = say(visit, "The name of the network is missing.")
        if wrong:
            return form_again(request, place, typed | {"wrong": wrong, "is_active": replaces}, 400)

        def make(connection: sa.Connection) -> tuple[Token, str] | None:
            if not replaces and devices.active(connection, library, device):
                return None
            token = enrolment.make_token(connection, library, device, int(minutes), clock.now_ms(), replaces=replaces)
            pin = pin_of_pem(site.authority) if site.authority else None
            code = code_text(address, library, device, token.secret, pin, network)
            note(connection, place, "station_token_made", device)
            return token, code

        try:
            done = await site.write_of(library, make)
        except CannotDo:
            wrong["form"] = say(visit, "This does not fit into one code. Choose shorter names.")
            return form_again(request, place, typed | {"wrong": wrong}, 400)
        if done is None:
            wrong["device"] = say(
                visit, "A station of this name works already. Choose another name, or tick below that it is replaced."
            )
            return form_again(request, place, typed | {"wrong": wrong, "is_active": True}, 400)
        token, code = done
        values = {
            "place": place,
            "device": device,
            "picture": qr(code),
            "until_ms": token.expires_ms,
            "token": token.text,
            "address": address,
            "wifi": wifi,
            "next": _waiting_path(place, device),
        }
        return site.page(request, visit, "stations/code.html", values)

    async def waiting_page(request: Request, place: Place, device: str, wrong: str = "", status: int = 200) -> Response:
        def look(connection: sa.Connection) -> dict[str, Any]:
            known = devices.listed(connection, place.library, device)
            return {
                "pending": [one for one in known if one.state is State.PENDING],
                "active": next((one for one in known if one.state is State.ACTIVE), None),
                "until_ms": enrolment.open_token(connection, place.library, device, clock.now_ms()),
            }

        values = await site.read(look)
        if not any(values.values()):
            raise Refused(404, "Nobody is expected under this name.")
        values |= {"place": place, "device": device, "wrong": wrong}
        return site.page(request, place.visit, "stations/waiting.html", values, status)

    @pages.get("/stations/{library}/waiting/{device:path}")
    async def waiting(request: Request, place: Annotated[Place, Depends(may_act)], device: str) -> Response:
        """Until the station asks; then its four words."""
        return await waiting_page(request, place, device)

    @pages.post("/stations/{library}/confirm")
    async def confirm(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """The words are the same at both ends: let it in."""
        device, words = text_of(form, "device", 64), text_of(form, "words", 200)

        def work(connection: sa.Connection) -> None:
            devices.confirm(connection, place.library, device, words, clock.now_ms())
            note(connection, place, "station_confirmed", device)

        return await decided(request, place, device, work, "confirmed")

    @pages.post("/stations/{library}/refuse")
    async def refuse(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """They are not, or nobody knows who asks: it gets nothing, and who works stays."""
        device, words = text_of(form, "device", 64), text_of(form, "words", 200)

        def work(connection: sa.Connection) -> None:
            devices.refuse(connection, place.library, device, words)
            note(connection, place, "station_refused", device)

        return await decided(request, place, device, work, "refused")

    async def decided(request: Request, place: Place, device: str, work: Any, done: str) -> Response:
        try:
            await site.write_of(place.library, work)
        except CannotDo:
            sentence = say(place.visit, "No station with these words waits any more; nothing was changed.")
            return await waiting_page(request, place, device, sentence, 400)
        return to(f"{path_of(place, device)}?done={done}")


def _waiting_path(place: Place, device: str) -> str:
    return f"/stations/{place.library}/waiting/{quote(device)}"


def _can_be_told(network: Wifi | None) -> bool:
    """Whether any station would take it."""
    try:
        code_text("https://x", "x", "x", bytes(16), None, network)
    except CannotDo:
        return False
    return True
