"""The list of stations, the page of one, and what is decided about one that is there."""

from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds, devices, health, server_key, support
from central_server.cannot import CannotDo
from central_server.devices import State
from central_server.health import Known
from central_server.people import Role
from central_server.service_pass import make_pass
from central_server.station_state import findings, tone_of
from central_server.web.site import Place, Site, say, text_of, to
from central_server.web.stations.drawing import qr
from central_server.web.stations.words import told
from central_server.web.visits import Visit
from central_server.wire import Refused

_PASS_HOURS = (4, 24, 72)


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    may_look = site.at_library(Role.MAINTAINER, Role.LIBRARIAN, Role.HEAD)
    may_act = site.at_library(Role.MAINTAINER)

    @pages.get("/stations/{library}/")
    async def stations(request: Request, place: Annotated[Place, Depends(may_look)]) -> Response:
        """All stations of the library, those that want help first."""
        known, waiting = await site.read(lambda c: (health.known(c, place.library), _waiting(c, place.library)))
        now_ms = clock.now_ms()
        shown = sorted((_shown(place.visit, one, now_ms) for one in known), key=lambda one: one["order"])
        values = {"place": place, "stations": shown, "waiting": waiting, "acts": _acts(place)}
        return site.page(request, place.visit, "stations/list.html", values)

    async def page_of(request: Request, place: Place, device: str, more: dict[str, Any], status: int = 200) -> Response:
        def look(connection: sa.Connection) -> tuple[Known | None, dict[str, Any]]:
            known = next((one for one in health.known(connection, place.library) if one.device.name == device), None)
            return known, {
                "waits": device in _waiting(connection, place.library),
                "bundles": support.listed(connection, place.library, device)[::-1],
                "was_in": any(
                    one.state is State.REVOKED and one.confirmed_ms is not None
                    for one in devices.listed(connection, place.library, device)
                ),
            }

        known, values = await site.read(look)
        if known is None:
            raise Refused(404, "There is no such station.")
        values |= {"place": place, "one": _shown(place.visit, known, clock.now_ms()), "hours": _PASS_HOURS}
        return site.page(request, place.visit, "stations/one.html", {"wrong": "", "done": ""} | values | more, status)

    @pages.get("/stations/{library}/one/{device:path}")
    async def station(request: Request, place: Annotated[Place, Depends(may_act)], device: str) -> Response:
        """How it is, and what can be done about it."""
        return await page_of(request, place, device, {"done": request.query_params.get("done", "")})

    @pages.post("/stations/{library}/revoke")
    async def revoke(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Shut it out: it is lost, or somebody has it who should not."""
        device = text_of(form, "device", 64)

        def work(connection: sa.Connection) -> None:
            devices.revoke(connection, place.library, device)
            note(connection, place, "station_revoked", device)

        try:
            await site.write_of(place.library, work)
        except CannotDo:
            sentence = say(place.visit, "It is neither in use nor waiting, so nothing was changed.")
            return await page_of(request, place, device, {"wrong": sentence}, 400)
        return to(f"{path_of(place, device)}?done=revoked")

    @pages.post("/stations/{library}/admit")
    async def admit(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Let it in again."""
        device = text_of(form, "device", 64)

        def work(connection: sa.Connection) -> None:
            devices.admit(connection, place.library, device)
            note(connection, place, "station_admitted", device)

        try:
            await site.write_of(place.library, work)
        except CannotDo:
            sentence = say(place.visit, "It cannot be let in again: it works already, or nobody ever confirmed it.")
            return await page_of(request, place, device, {"wrong": sentence}, 400)
        return to(f"{path_of(place, device)}?done=admitted")

    @pages.post("/stations/{library}/pass")
    async def service_pass(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Draw what is shown to the station to see how it is. It is nowhere but on this page."""
        device, hours = text_of(form, "device", 64), text_of(form, "hours", 3)
        if hours not in map(str, _PASS_HOURS):
            raise Refused(400, "A service pass is good for as many hours as the form says.")

        def work(connection: sa.Connection) -> tuple[str, int]:
            if devices.active(connection, place.library, device) is None:
                raise CannotDo("No such station is active.")
            made = make_pass(server_key.read(connection), place.library, device, int(hours), clock.now_ms())
            note(connection, place, "station_pass_made", device)
            return made.text, made.until_ms

        try:
            text, until_ms = await site.write_of(place.library, work)
        except CannotDo:
            sentence = say(place.visit, "Only a station that works here can be shown a service pass.")
            return await page_of(request, place, device, {"wrong": sentence}, 400)
        values = {"place": place, "device": device, "picture": qr(text), "until_ms": until_ms}
        return site.page(request, place.visit, "stations/pass.html", values)


def note(connection: sa.Connection, place: Place, act: str, subject: str) -> None:
    """What was done here; of a station only its name."""
    assert place.visit.person is not None
    deeds.note(connection, place.visit.person.id, act, subject, clock.now_ms(), library=place.library)


def path_of(place: Place, device: str) -> str:
    """The page of a station."""
    return f"/stations/{place.library}/one/{quote(device)}"


def _acts(place: Place) -> bool:
    """Whether they may do more than look."""
    return bool(place.visit.person and place.node and place.visit.person.may(place.node, [Role.MAINTAINER]))


def _waiting(connection: sa.Connection, library: str) -> list[str]:
    return sorted({one.name for one in devices.listed(connection, library) if one.state is State.PENDING})


def _shown(visit: Visit, one: Known, now_ms: int) -> dict[str, Any]:
    found = findings(one, now_ms)
    tone = tone_of(found)
    seen_ms = max(one.device.seen_ms or 0, one.came_ms or 0) or None
    in_use = one.device.state is State.ACTIVE
    return {
        "name": one.device.name,
        "state": one.device.state.value,
        "confirmed_ms": one.device.confirmed_ms,
        "seen_ms": seen_ms,
        "came_ms": one.came_ms,
        "report": one.report,
        "tone": tone.value,
        "findings": [(each.tone.value, *told(visit, each)) for each in found],
        "order": (not in_use, ("bad", "look", "ok").index(tone.value), one.device.name),
    }
