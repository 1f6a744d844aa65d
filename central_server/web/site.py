"""What every page shares: who looks, what they may see, forms, templates, and what is said when it goes wrong."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from central_server import clock, log, organisations
from central_server.database import Store, has_library, reading
from central_server.organisations import Node
from central_server.people import Role
from central_server.releases import MOST_BUNDLE_BYTES, Shelf
from central_server.tables.library import library as library_table
from central_server.tries import Tries
from central_server.web import visits
from central_server.web.rendering import render
from central_server.web.uploads import Places, limit, throw_away
from central_server.web.visits import COOKIE, LANGUAGE_COOKIE, Reader, Visit
from central_server.web.waiting import Waiting
from central_server.web.words import catalogue, language_of
from central_server.wire import Refused

T = TypeVar("T")

MOST_FORM_BYTES = 256 * 1024
MOST_ADDRESS = 500
MOST_UPLOAD_BYTES = 32 * 1024 * 1024
_MOST_FIELDS = 1_000
_MOST_FIELDS_BESIDE_A_FILE = 20
_AGAIN_AFTER_S = 30
_MOST_TRIES = 60


class Threads(Protocol):
    """Where the store is used."""

    async def read(self, work: Callable[[Store], T]) -> T: ...

    async def write(self, work: Callable[[sa.Connection], T]) -> T: ...

    async def write_of(self, library: str, work: Callable[[sa.Connection], T]) -> T: ...

    async def note(self, work: Callable[[sa.Connection], T]) -> T: ...


class SignIn(Exception):
    """Nobody is signed in, or the reader of another library: the page is shown after that. `library`: to whose page."""

    def __init__(self, library: str | None = None) -> None:
        super().__init__()
        self.library = library


@dataclass(frozen=True, slots=True)
class Place:
    """A library, and who looks at it. `node`: where it stands in the tree; `None` for one that stands for itself."""

    visit: Visit
    library: str
    name: str
    node: Node | None


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation, and who looks at it."""

    visit: Visit
    node: Node


class Site:
    """For the routes: what they depend on and answer with. Belongs to the event loop's one thread. `shelf`: where the
    releases for stations are; `waiting`: what was sent and looked at; `authority`: the certificate (PEM) that stations
    shall trust, if not one of the usual."""

    def __init__(self, threads: Threads, shelf: Shelf, waiting: Waiting, authority: bytes | None = None) -> None:
        self._threads = threads
        self.shelf = shelf
        self.waiting = waiting
        self.authority = authority
        # A school has one address for all: its pupils' mistakes are not its teachers'. Each name counts, too.
        self.tries = Tries(most=_MOST_TRIES)
        self.reader_tries = Tries(most=_MOST_TRIES)
        self._places = Places()

    # --- the database

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` on one moment of the database."""

        def whole(store: Store) -> T:
            with reading(store) as connection:
                return work(connection)

        return await self._threads.read(whole)

    async def read_store(self, work: Callable[[Store], T]) -> T:
        """Run `work` on the database as a whole, in a thread for those who read."""
        return await self._threads.read(work)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction in which nobody else writes: for what is above one library."""
        return await self._threads.write(work)

    async def write_of(self, library: str, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction of one library. The stations that wait for news of it are rung afterwards."""
        return await self._threads.write_of(library, work)

    async def note(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction of single statements that are right whoever else writes: nobody waits for it."""
        return await self._threads.note(work)

    # --- who looks: what routes depend on

    async def visit(self, request: Request) -> Visit:
        """Whoever looks."""
        if (known := getattr(request.state, "visit", None)) is not None:
            return known  # type: ignore[no-any-return]
        key, now_ms = request.cookies.get(COOKIE), clock.now_ms()
        language = language_of(request.cookies.get(LANGUAGE_COOKIE))
        visit, is_due = await self.read(lambda c: visits.recognise(c, key, language, now_ms))
        if is_due:
            await self._threads.note(lambda c: visits.saw(c, visit.key, now_ms))
        request.state.visit = visit
        return visit

    async def signed_in(self, request: Request) -> Visit:
        """A person. Raises `SignIn`; who must choose a password of their own does that first."""
        visit = await self.visit(request)
        if visit.person is None:
            raise SignIn
        if visit.person.must_change and request.url.path != "/account":
            raise Elsewhere("/account")
        return visit

    async def library_page(self, request: Request, library: str) -> Place:
        """A library's own page, for everybody. Raises `Refused` (404)."""
        visit = await self.visit(request)
        found = await self.read(lambda c: _library(c, library))
        if found is None:
            raise Refused(404, "There is no such library.")
        return Place(visit, library, *found)

    async def reader_of(self, request: Request, library: str) -> tuple[Place, Reader]:
        """A reader of the library, on its own page. Raises `Refused` (404) and `SignIn`."""
        place = await self.library_page(request, library)
        reader = place.visit.reader
        if reader is None or reader.library != library:
            raise SignIn(library)
        return place, reader

    def at_library(self, *roles: Role) -> Callable[[Request, str], Awaitable[Place]]:
        """Somebody with one of `roles` at the library or above it within its school. Whoever else asks hears the same
        404 as for a library that is not there."""

        async def place(request: Request, library: str) -> Place:
            visit = await self.signed_in(request)
            found = await self.read(lambda c: _library(c, library))
            if found is None or found[1] is None or not visit.person or not visit.person.may(found[1], roles):
                raise Refused(404, "There is no such library.")
            return Place(visit, library, *found)

        return place

    def at_organisation(self, *roles: Role) -> Callable[[Request, str], Awaitable[Office]]:
        """Somebody with one of `roles` at the organisation or above it; else 404."""

        async def office(request: Request, organisation: str) -> Office:
            visit = await self.signed_in(request)
            node = await self.read(lambda c: organisations.find(c, organisation))
            if node is None or not visit.person or not visit.person.may(node, roles):
                raise Refused(404, "There is no such organisation.")
            return Office(visit, node)

        return office

    # --- forms

    async def form(self, request: Request) -> FormData:
        """The fields of a form of ours. Raises `Refused` (400, 403, 413)."""
        return await self._form(request, MOST_FORM_BYTES)

    async def upload(self, request: Request) -> AsyncIterator[FormData]:
        """The same, of a form with one file, which goes to the disk while it comes. Few come at once, until they are
        answered. Raises `Refused` (429, 503), too."""
        async with self._file(request, MOST_UPLOAD_BYTES) as form:
            yield form

    async def release(self, request: Request) -> AsyncIterator[FormData]:
        """The same, of a form with a whole release."""
        async with self._file(request, MOST_BUNDLE_BYTES + MOST_FORM_BYTES) as form:
            yield form

    async def aside(self, work: Callable[[], T]) -> T:
        """Run what takes long, and is not about the database, without keeping anybody else waiting."""
        return await run_in_threadpool(work)

    @asynccontextmanager
    async def _file(self, request: Request, most: int) -> AsyncIterator[FormData]:
        visit = await self.signed_in(request)
        assert visit.person is not None
        with self._places.place(request.path_params["library"], visit.person.id) as is_free:
            if not is_free:
                limit(request, most)
                await throw_away(request)
                raise Refused(429, "Others are sending files.")
            try:
                form = await self._form(request, most, files=1, fields=_MOST_FIELDS_BESIDE_A_FILE)
                try:
                    yield form
                finally:
                    await form.close()
            except OSError:
                log.fault("a file that was sent could not be kept")
                raise Refused(503, "The disk is full.") from None

    async def _form(self, request: Request, most: int, files: int = 0, fields: int = _MOST_FIELDS) -> FormData:
        visit = await self.visit(request)
        _same_origin(request)
        limit(request, most)
        form = await request.form(max_files=files, max_fields=fields, max_part_size=MOST_FORM_BYTES)
        if any(isinstance(value, str) and not _is_text(value) for _name, value in form.multi_items()):
            raise Refused(400, "A field is no text.")
        token = form.get("csrf")
        if not isinstance(token, str) or not visit.is_own_form(token):
            raise Refused(403, "The form is not of this visit.")
        return form

    # --- answers

    def page(
        self, request: Request, visit: Visit, template: str, values: Mapping[str, Any] | None = None, status: int = 200
    ) -> Response:
        """The page as HTML."""
        response = HTMLResponse(render(template, visit, request.url.path, values or {}), status)
        if visit.is_new:
            self.set_cookie(request, response, visit.key)
        return response

    def set_cookie(self, request: Request, response: Response, key: str) -> None:
        """Name the visit `key` from now on, until the browser is closed."""
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, key, httponly=True, samesite="lax", secure=secure, path="/")

    def fault(self, request: Request, status: int) -> Response:
        """What a page says when there is none."""
        visit = getattr(request.state, "visit", None) or Visit(
            visits.new_key(), False, language_of(request.cookies.get(LANGUAGE_COOKIE))
        )
        headers = {"Retry-After": str(_AGAIN_AFTER_S)} if status == 429 else None
        return HTMLResponse(render("fault.html", visit, request.url.path, {"status": status}), status, headers)


class Elsewhere(Exception):
    """Something must be done first, at `path`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


def to(path: str) -> RedirectResponse:
    """After a form: look there, so that going back and forth sends nothing twice."""
    return RedirectResponse(path, 303)


def to_sign_in(request: Request, library: str | None) -> RedirectResponse:
    """Sign in, then come back here."""
    start = f"/l/{quote(library)}/enter" if library else "/enter"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    # What a form was for is not sent twice: they come back to the page that it stood on.
    is_kept = request.method == "GET" and len(asked) <= MOST_ADDRESS
    return to(f"{start}?then={quote(asked)}" if is_kept else start)


def local(path: object, otherwise: str = "/") -> str:
    """`path` if it is a page of ours, so that nobody is led elsewhere by a link to us, and not too long to be carried
    along."""
    text = path if isinstance(path, str) else ""
    plain = (
        len(text) <= MOST_ADDRESS
        and text.startswith("/")
        and not text.startswith("//")
        and "\\" not in text
        and text.isprintable()
    )
    return text if plain and not urlsplit(text).netloc else otherwise


def text_of(form: FormData, name: str, most: int = 1_000) -> str:
    """A field, trimmed; "" when it is not there. Raises `Refused` (400) for one that is too long."""
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise Refused(400, f"The field {name} is no text of at most {most} characters.")
    return value.strip()


def _is_text(value: str) -> bool:
    """Whether a database can keep it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def say(visit: Visit, sentence: str, **values: object) -> str:
    """A sentence in the language of the visit; {placeholders} are filled."""
    return catalogue(visit.language).gettext(sentence).format(**values)


def _library(connection: sa.Connection, library: str) -> tuple[str, Node | None] | None:
    if not has_library(connection, library):
        return None
    name = connection.scalar(sa.select(library_table.c.name).where(library_table.c.library_id == library))
    return str(name), organisations.of_library(connection, library)


def _same_origin(request: Request) -> None:
    """A browser says where a form came from; whoever says nothing is none, and has no cookie of anybody."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused(403, "The form came from another site.")
