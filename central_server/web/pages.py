"""All pages, in one router; what every answer of theirs carries; and what is said when there is no page."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from central_server.releases import Shelf
from central_server.web import (
    catalogue,
    entering,
    front,
    librarian,
    office,
    open_api,
    people,
    readers,
    second_step,
    stations,
    subjects,
)
from central_server.web.site import Elsewhere, SignIn, Site, Threads, to, to_sign_in
from central_server.web.waiting import Waiting

_STATIC = Path(__file__).parent / "static"
# Nothing from elsewhere, nothing written into a page, and no page within another one.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_MACHINES = ("/v1/", "/open/", "/static/", "/openapi.json", "/metrics", "/here")

_PARTS = (front, entering, readers, catalogue, librarian, people, second_step, subjects, stations, office)


def is_page(request: Request) -> bool:
    """Whether a person looks, rather than a program."""
    return not request.url.path.startswith(_MACHINES)


def add_pages(app: FastAPI, threads: Threads, shelf: Shelf, waiting: Waiting, authority: bytes | None = None) -> Site:
    """Let `app` have the pages."""
    site = Site(threads, shelf, waiting, authority)
    pages = APIRouter(include_in_schema=False)
    for part in _PARTS:
        part.add_routes(pages, site)
    app.include_router(pages)
    open_api.add_routes(app, site, threads)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    async def sign_in(request: Request, error: Any) -> Response:
        return to_sign_in(request, error.library)

    async def elsewhere(_request: Request, error: Any) -> Response:
        return to(error.path)

    app.add_exception_handler(SignIn, sign_in)
    app.add_exception_handler(Elsewhere, elsewhere)

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        # What no text of a database can be is the name of nothing that has a page.
        is_odd = is_page(request) and "\0" in request.scope["path"]
        response = site.fault(request, 400) if is_odd else await answer(request)
        if is_page(request):
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return site
