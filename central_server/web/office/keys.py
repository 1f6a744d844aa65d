"""Keys of the open API: an office makes and revokes those of its organisation."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from central_server import api_keys, clock, deeds
from central_server.cannot import CannotDo
from central_server.people import Role
from central_server.web.site import Office, Site, say, text_of, to


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    at = Depends(site.at_organisation(Role.OFFICE, Role.ADMIN))

    async def page(request: Request, office: Office, wrong: str = "", made: str = "", typed: str = "") -> Response:
        keys = await site.read(lambda c: api_keys.listed(c, office.node))
        values = {"office": office.node, "keys": keys, "wrong": wrong, "made": made, "typed": typed}
        return site.page(request, office.visit, "office/keys.html", values, 400 if wrong else 200)

    @pages.get("/office/{organisation}/keys")
    async def keys(request: Request, office: Annotated[Office, at]) -> Response:
        """Which there are, and a form for a new one."""
        return await page(request, office)

    @pages.post("/office/{organisation}/keys")
    async def make(request: Request, office: Annotated[Office, at]) -> Response:
        """A new one. It is shown by this answer and never again, so there is no other page to go to."""
        name, now_ms = text_of(await site.form(request), "name", 100), clock.now_ms()

        def write(connection: Any) -> str:
            key, said = api_keys.make(connection, office.node, name, now_ms)
            _note(connection, office, "api_key_made", key.id, now_ms)
            return said

        try:
            return await page(request, office, made=await site.write(write))
        except CannotDo:
            sentence = say(office.visit, "A key needs a name, and an organisation has at most 50 at a time.")
            return await page(request, office, wrong=sentence, typed=name)

    @pages.post("/office/{organisation}/keys/{key}/revoke")
    async def revoke(request: Request, office: Annotated[Office, at], key: str) -> Response:
        """It opens nothing from now on."""
        await site.form(request)
        now_ms = clock.now_ms()

        def write(connection: Any) -> None:
            if api_keys.revoke(connection, office.node, key, now_ms):
                _note(connection, office, "api_key_revoked", key, now_ms)

        await site.write(write)
        return to(f"/office/{office.node.id}/keys")


def _note(connection: Any, office: Office, act: str, subject: str, now_ms: int) -> None:
    assert office.visit.person is not None
    deeds.note(connection, office.visit.person.id, act, subject, now_ms, organisation=office.node.id)
