"""One's own second step: switched on with a telephone's first code, off with the password."""

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Annotated

import segno
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds, people, totp
from central_server.people import Person
from central_server.web import visits
from central_server.web.site import Site, say, text_of, to
from central_server.web.visits import Visit
from central_server.wire import Refused

_ISSUER = "Trạm Xanh"
_SCALE = 5


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    SignedIn = Annotated[Visit, Depends(site.signed_in)]
    Sent = Annotated[FormData, Depends(site.form)]

    def shown(request: Request, visit: Visit, secret: bytes, wrong: str = "", status: int = 200) -> Response:
        assert visit.person is not None
        values = {
            "wrong": wrong,
            "done": request.query_params.get("done", ""),
            "picture": _picture(secret, visit.person.login),
            "secret": _written(secret),
            "sealed": sealed(secret, visit.key),
        }
        return site.page(request, visit, "second_step.html", values, status)

    @pages.get("/account/second-step")
    async def second_step(request: Request, visit: SignedIn) -> Response:
        """Whether it is on; a new secret for a telephone while it is not."""
        return shown(request, visit, totp.new_secret())

    @pages.post("/account/second-step/on")
    async def switched_on(request: Request, visit: SignedIn, form: Sent) -> Response:
        """From now on, if the telephone made the right code; every other visit of theirs ends."""
        who, now_ms = _person(visit), clock.now_ms()
        secret = opened(text_of(form, "secret"), visit.key)
        password, step = text_of(form, "password", 500), totp.step_of(secret, text_of(form, "code"), now_ms, after=None)

        def switch(connection: sa.Connection) -> str:
            known = people.find(connection, who.id)
            if (
                known is None
                or known.has_totp
                or not people.has_password(connection, who.id, password, now_ms)
                or step is None
            ):
                return ""
            people.set_totp(connection, who.id, secret, step)
            return _anew(connection, who, "second_step_on", now_ms)

        key = await site.write(switch)
        if not key:
            return shown(request, visit, secret, say(visit, "The password or the code is wrong."), 403)
        response = to("/account/second-step?done=on")
        site.set_cookie(request, response, key)
        return response

    @pages.post("/account/second-step/off")
    async def switched_off(request: Request, visit: SignedIn, form: Sent) -> Response:
        """No more; who has lost the telephone and is not signed in asks an admin for a new first password."""
        who, now_ms, password = _person(visit), clock.now_ms(), text_of(form, "password", 500)

        def switch(connection: sa.Connection) -> str:
            if not people.has_password(connection, who.id, password, now_ms):
                return ""
            people.set_totp(connection, who.id, None)
            return _anew(connection, who, "second_step_off", now_ms)

        key = await site.write(switch)
        if not key:
            return shown(request, visit, totp.new_secret(), say(visit, "The password is wrong."), 403)
        response = to("/account/second-step?done=off")
        site.set_cookie(request, response, key)
        return response


def sealed(secret: bytes, key: str) -> str:
    """The secret for the form's hidden field, which only the visit of `key` can have made: nothing is kept before a
    first code has come."""
    return f"{secret.hex()}.{hmac.digest(key.encode(), b'second step' + secret, sha256).hex()}"


def opened(text: str, key: str) -> bytes:
    """The reverse. Raises `Refused` (400)."""
    written, _dot, _seal = text.partition(".")
    try:
        secret = binascii.unhexlify(written)
    except (binascii.Error, ValueError):
        raise Refused(400, "This is no secret of ours.") from None
    if not hmac.compare_digest(sealed(secret, key).encode(), text.encode()):
        raise Refused(400, "This is no secret of ours.")
    return secret


def _anew(connection: sa.Connection, who: Person, act: str, now_ms: int) -> str:
    people.sign_out_everywhere(connection, who.id)
    at = who.held[0].organisation if who.held else None
    deeds.note(connection, who.id, act, who.id, now_ms, organisation=at)
    return visits.begin(connection, now_ms, person=who.id)


def _picture(secret: bytes, login: str) -> str:
    """The QR code as a data: address, drawn here: no other server sees the secret."""
    made = segno.make(totp.address(secret, login, _ISSUER), error="m", micro=False)
    return made.svg_data_uri(scale=_SCALE, border=4, dark="#000", light="#fff")


def _written(secret: bytes) -> str:
    """To be typed into the telephone: groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _person(visit: Visit) -> Person:
    assert visit.person is not None
    return visit.person
