"""The releases that stations fetch: which are here, and one more, which the publisher must have signed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from central_server.cannot import CannotDo
from central_server.people import Role
from central_server.releases import NoBundle, NotOfPublisher
from central_server.web.site import Place, Site, say, to
from central_server.web.stations.looking import note


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    may_act = site.at_library(Role.MAINTAINER)

    async def page_of(request: Request, place: Place, wrong: str = "", status: int = 200) -> Response:
        kept = await site.aside(site.shelf.kept)
        done = request.query_params.get("done", "")
        values = {"place": place, "kept": kept, "takes": site.shelf.takes, "wrong": wrong, "done": done}
        return site.page(request, place.visit, "stations/releases.html", values, status)

    @pages.get("/stations/{library}/releases")
    async def releases(request: Request, place: Annotated[Place, Depends(may_act)]) -> Response:
        """The list, the newest first."""
        return await page_of(request, place)

    @pages.post("/stations/{library}/releases")
    async def put(
        request: Request, place: Annotated[Place, Depends(may_act)], form: Annotated[FormData, Depends(site.release)]
    ) -> Response:
        """Take one more. Every station of this server may fetch it, so only the publisher's own."""
        file = form.get("bundle")
        if not isinstance(file, UploadFile) or not file.filename:
            return await page_of(request, place, say(place.visit, "Choose a file first."), 400)
        try:
            release = await site.aside(lambda: site.shelf.take(file.file))
        except NoBundle:
            sentence = say(place.visit, "This file is no release of Trạm Xanh, or it is spoilt.")
            return await page_of(request, place, sentence, 400)
        except NotOfPublisher:
            sentence = say(place.visit, "This release is not signed by the publisher whom this server trusts.")
            return await page_of(request, place, sentence, 400)
        except CannotDo:
            sentence = say(place.visit, "The server cannot keep it now. Ask whoever looks after the server.")
            return await page_of(request, place, sentence, 400)
        await site.write_of(place.library, lambda c: note(c, place, "release_put", release.version))
        return to(f"/stations/{place.library}/releases?done=put")
