"""A reader's own books: what they have and wait for; renewing, holds, and what the library should buy."""

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, reader_books
from central_server.lending_rules import Reason, Renewal
from central_server.web.readers.entering import reader_here
from central_server.web.site import Place, Site, say, text_of, to
from central_server.web.visits import Reader, Visit
from central_server.wire import Refused

_DONE = ("pin", "placed", "cancelled", "suggested", "renewed", "some", "none")


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    here = reader_here(site)
    OfReader = Annotated[tuple[Place, Reader], Depends(here)]

    @pages.get("/l/{library}/mine")
    async def mine(request: Request, who: OfReader, said: str = "") -> Response:
        """What the reader has, and what they wait for."""
        place, reader = who
        now_ms = clock.now_ms()

        def look(connection: sa.Connection) -> dict[str, Any]:
            loans = reader_books.loans_of(connection, place.library, reader.patron, now_ms)
            waits = reader_books.waits_of(connection, place.library, reader.patron, now_ms)
            return {"loans": loans, "waits": waits}

        values = await site.read(look)
        values["why"] = {
            one.id: [why_not(place.visit, reason) for reason in _worth_saying(one.renewal)]
            for one in values["loans"]
            if not isinstance(one.renewal, Renewal)
        }
        values |= {"place": place, "said": said if said in _DONE else "", "today": clock.day_of(now_ms)}
        return site.page(request, place.visit, "readers/mine.html", values)

    @pages.post("/l/{library}/mine/renew")
    async def renew(who: OfReader, form: Annotated[FormData, Depends(site.form)]) -> Response:
        """Renew one loan, or all that may be."""
        place, reader = who
        wanted, now_ms = text_of(form, "loan", 64), clock.now_ms()

        def do(connection: sa.Connection) -> list[bool]:
            library, patron = place.library, reader.patron
            own = [one.id for one in reader_books.loans_of(connection, library, patron, now_ms)]
            if wanted != "all" and wanted not in own:
                raise Refused(404, "There is no such loan.")
            loans = own if wanted == "all" else [wanted]
            answers = reader_books.renew(connection, library, patron, loans, now_ms)
            return [isinstance(one, Renewal) for one in answers.values()]

        done = await site.write_of(place.library, do)
        said = "renewed" if done and all(done) else "some" if any(done) else "none"
        return to(f"/l/{place.library}/mine?said={said}")

    @pages.post("/l/{library}/hold")
    async def place_hold(who: OfReader, form: Annotated[FormData, Depends(site.form)]) -> Response:
        """Wait for a title."""
        place, reader = who
        title, now_ms = text_of(form, "title", 64), clock.now_ms()
        why = await site.write_of(
            place.library, lambda c: reader_books.place_hold(c, place.library, reader.patron, title, now_ms)
        )
        if why == "unknown":
            raise Refused(404, "There is no such title.")
        return to(f"/l/{place.library}/title/{title}?said={why}" if why else f"/l/{place.library}/mine?said=placed")

    @pages.post("/l/{library}/mine/cancel")
    async def cancel(who: OfReader, form: Annotated[FormData, Depends(site.form)]) -> Response:
        """Wait for it no more."""
        place, reader = who
        hold, now_ms = text_of(form, "hold", 64), clock.now_ms()
        if not await site.write_of(
            place.library, lambda c: reader_books.cancel_hold(c, place.library, reader.patron, hold, now_ms)
        ):
            raise Refused(404, "There is no such hold.")
        return to(f"/l/{place.library}/mine?said=cancelled")

    @pages.get("/l/{library}/suggest")
    async def suggest(request: Request, who: OfReader) -> Response:
        """The form for what the library should buy."""
        return _suggest_page(request, who[0], "", "")

    @pages.post("/l/{library}/suggest")
    async def suggested(request: Request, who: OfReader, form: Annotated[FormData, Depends(site.form)]) -> Response:
        """Tell the librarian."""
        place, reader = who
        # A browser sends each end of a line as two characters.
        text, now_ms = text_of(form, "text", 4_000).replace("\r\n", "\n"), clock.now_ms()
        if not text or len(text) > reader_books.LONGEST_SUGGESTION:
            return _suggest_page(request, place, say(place.visit, "Write 1 to 500 letters."), text)
        if not await site.write_of(
            place.library, lambda c: reader_books.suggest(c, place.library, reader.patron, text, now_ms)
        ):
            return _suggest_page(
                request, place, say(place.visit, "Five of your suggestions wait for the librarian already."), text
            )
        return to(f"/l/{place.library}/mine?said=suggested")

    def _suggest_page(request: Request, place: Place, wrong: str, text: str) -> Response:
        values = {"place": place, "wrong": wrong, "text": text, "most": reader_books.LONGEST_SUGGESTION}
        return site.page(request, place.visit, "readers/suggest.html", values, 400 if wrong else 200)


def _worth_saying(reasons: tuple[Reason, ...]) -> list[Reason]:
    """Of a book of today it is no news that a renewal would give no later day."""
    is_of_today = any(reason.code == "G-42" for reason in reasons)
    return [reason for reason in reasons if not (is_of_today and reason.code == "Q-32")]


def why_not(visit: Visit, reason: Reason) -> str:
    """Why a book cannot be renewed, for its reader."""
    about = reason.about.strftime("%d/%m/%Y") if isinstance(reason.about, date) else reason.about
    match reason.code:
        case "T-01":
            return say(visit, "Your card is blocked for now. The librarian can tell you why.")
        case "T-02":
            return say(visit, "Your card was good until {day}. The librarian can renew it.", day=about)
        case "T-04":
            return say(visit, "Nothing is lent to you until {day} is over.", day=about)
        case "M-11":
            return say(visit, "Bring back your late books first ({count}).", count=about)
        case "G-41":
            return say(visit, "It was renewed as often as it can be ({count}).", count=about)
        case "G-42":
            return say(visit, "It was lent or renewed today. Renew it on another day.")
        case "G-43":
            return say(visit, "It is late: bring it back first.")
        case "Q-32":
            return say(visit, "A renewal today would give you no later day.")
        case "S-21":
            return say(visit, "It is a book to be read in the library.")
        case "S-24":
            return say(visit, "Somebody else waits for it.")
        case _:
            return say(visit, "The library has no rule for this. Ask the librarian.")
