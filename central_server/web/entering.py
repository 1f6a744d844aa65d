"""Signing in and out, one's own password and second step, and the language."""

import asyncio
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, log, people
from central_server.cannot import CannotDo
from central_server.web import visits
from central_server.web.site import Site, local, say, text_of, to
from central_server.web.visits import LANGUAGE_COOKIE, Visit
from central_server.web.words import language_of

_YEAR_S = 365 * 24 * 3600


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""

    @pages.get("/enter")
    async def enter(
        request: Request,
        visit: Annotated[Visit, Depends(site.visit)],
        then: str = "/",
    ) -> Response:
        """The form for a person's name and password."""
        return site.page(request, visit, "enter.html", {"then": local(then), "wrong": "", "login": ""})

    @pages.post("/enter")
    async def entered(
        request: Request,
        visit: Annotated[Visit, Depends(site.visit)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Sign in."""
        then = local(form.get("then"))
        login, password, code = (text_of(form, name, 500) for name in ("login", "password", "code"))
        address = request.client.host if request.client else ""
        now_ms = clock.now_ms()

        def again(sentence: str, status: int) -> Response:
            return site.page(request, visit, "enter.html", {"then": then, "wrong": sentence, "login": login}, status)

        if not site.tries.take(address):
            return again(say(visit, "Too many wrong passwords came from here. Wait a minute, then try again."), 429)
        look = await site.note(lambda connection: people.look_at(connection, login, now_ms))
        # Not in a thread that others wait for to write, and with nothing locked.
        is_right = await asyncio.to_thread(people.fits, look, password)

        def let_in(connection: sa.Connection) -> str | None:
            who = people.let_in(connection, look, code, now_ms)
            return None if who is None else visits.begin(connection, now_ms, person=who.id, instead_of=visit.key)

        key = await site.note(let_in) if is_right else None
        if key is None:
            log.event("not signed in")
            sentence = say(
                visit, "Name, password or code is wrong; or there were several wrong ones: then wait five minutes."
            )
            return again(sentence, 403)
        site.tries.give_back(address)
        response = to(then)
        site.set_cookie(request, response, key)
        return response

    @pages.post("/leave", dependencies=[Depends(site.form)])
    async def leave(request: Request, visit: Annotated[Visit, Depends(site.visit)]) -> Response:
        """Sign out."""
        await site.write(lambda connection: visits.end(connection, visit.key))
        response = to(f"/l/{visit.reader.library}/" if visit.reader else "/")
        site.set_cookie(request, response, visits.new_key())
        return response

    @pages.get("/language/{language}")
    async def language(language: str, then: str = "/") -> Response:
        """Speak another language from now on."""
        response = to(local(then))
        response.set_cookie(LANGUAGE_COOKIE, language_of(language), max_age=_YEAR_S, samesite="lax", path="/")
        return response

    @pages.get("/account")
    async def account(request: Request, visit: Annotated[Visit, Depends(site.signed_in)]) -> Response:
        """One's own password and second step."""
        return site.page(request, visit, "account.html", {"wrong": "", "done": request.query_params.get("done", "")})

    @pages.post("/account")
    async def account_changed(
        request: Request,
        visit: Annotated[Visit, Depends(site.signed_in)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Choose another password; every other visit of theirs ends."""
        who, now_ms = visit.person, clock.now_ms()
        assert who is not None
        old, new, code = (text_of(form, name, 500) for name in ("old", "new", "code"))

        if old == new:
            sentence = say(visit, "The new password is the one from now. Choose another.")
            return site.page(request, visit, "account.html", {"wrong": sentence, "done": ""}, 400)

        def change(connection: sa.Connection) -> str:
            if people.let_in(connection, look, code, now_ms) is None:
                return ""
            people.set_kept(connection, who.id, kept)
            return visits.begin(connection, now_ms, person=who.id)

        try:
            kept = await asyncio.to_thread(people.kept, new)
            look = await site.note(lambda connection: people.look_at(connection, who.login, now_ms))
            is_right = await asyncio.to_thread(people.fits, look, old)
            key = await site.write(change) if is_right else ""
        except CannotDo:
            sentence = say(visit, "A password has 10 to 200 characters. A sentence that you know is a good one.")
            return site.page(request, visit, "account.html", {"wrong": sentence, "done": ""}, 400)
        if not key:
            sentence = say(visit, "The password from now, or the code, is wrong.")
            return site.page(request, visit, "account.html", {"wrong": sentence, "done": ""}, 403)
        response = to("/account?done=password")
        site.set_cookie(request, response, key)
        return response
