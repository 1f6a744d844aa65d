"""Work lists: disputes with both versions, requests that wait, books for the hold shelf, what stations ask to see."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deciding, disputes, said_here, settling, titles_of
from central_server import today as today_
from central_server.cannot import CannotDo
from central_server.said_here import CannotSay
from central_server.web.librarian import at
from central_server.web.site import Place, Site, text_of, to
from central_server.wire import Refused

_MOST = 200


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    @pages.get("/desk/{library}/work")
    async def work(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """All that waits."""
        now_ms = clock.now_ms()
        values = await site.read(lambda c: _lists(c, place.library, now_ms))
        return at.page(site, request, place, "work.html", values)

    @pages.post("/desk/{library}/work/disputes/{dispute}")
    async def settled(
        place: Annotated[Place, Depends(change)],
        dispute: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Say how it was. Of two people at once the first one has said it, and the second hears so."""
        way = text_of(form, "way")
        if await site.read(lambda c: disputes.find(c, place.library, dispute.replace("\0", ""))) is None:
            raise Refused(404, "There is no such dispute.")
        try:
            await at.act(
                site,
                place,
                "dispute_settled",
                dispute,
                lambda c, by, now_ms: said_here.settle(c, place.library, dispute, way, by, now_ms),
            )
        except CannotSay as cannot:
            if cannot.why != "settled_already":
                raise Refused(400, "That is no way to settle it.") from cannot
            return to(f"/desk/{place.library}/work?done=settled_already")
        return to(f"/desk/{place.library}/work?done=settled")

    @pages.post("/desk/{library}/work/requests/{asked}")
    async def decided(
        place: Annotated[Place, Depends(change)],
        asked: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Grant or decline a request; it may have been decided meanwhile, or cannot be granted."""
        grant, why = text_of(form, "decision") == "grant", text_of(form, "why", 200) or None
        if await site.read(lambda c: deciding.is_there(c, place.library, asked.replace("\0", ""))) is False:
            raise Refused(404, "There is no such request.")

        def decide(connection: sa.Connection, by: str, now_ms: int) -> None:
            deciding.decide(connection, place.library, asked, grant=grant, by=by, why=why, now_ms=now_ms)

        try:
            await at.act(site, place, "request_granted" if grant else "request_declined", asked, decide)
        except CannotDo:
            return to(f"/desk/{place.library}/work?done=cannot")
        return to(f"/desk/{place.library}/work?done={'granted' if grant else 'declined'}")


def _lists(connection: sa.Connection, library: str, now_ms: int) -> dict[str, Any]:
    found = settling.listed(connection, library)[:_MOST]
    shown = [_shown(one) for one in found]
    loans = {loan for one in shown for version in one["versions"] for loan in version["loans"]}
    barcodes = {one["barcode"] for one in shown if one["barcode"]}
    asked = deciding.listed(connection, library)
    barcodes |= {one["subject"] for one in asked if one["subject"]}
    return {
        "disputes": shown,
        "borrowers": today_.borrowers(connection, library, loans),
        "titles": titles_of.barcodes(connection, library, barcodes),
        "wanted": titles_of.ids(connection, library, {one["subject"] for one in asked}),
        "requests": asked[:_MOST],
        "more": len(asked) > _MOST,
        "to_shelve": today_.to_shelve(connection, library),
        "to_check": today_.to_check(connection, library, now_ms)[:_MOST],
    }


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    """A dispute with its versions as lines: what the centre had, then what came."""
    held = one["held"] if isinstance(one["held"], list) else [one["held"]]
    versions = []
    for side, said in [*(("held", each) for each in held), ("came", one["came"])]:
        if version := disputes.shown(said, one["device"]):
            versions.append({**version, "side": side})
    barcode = one["barcode"] or next((each["barcode"] for each in versions if each["barcode"]), None)
    return {**one, "versions": versions, "barcode": barcode}
