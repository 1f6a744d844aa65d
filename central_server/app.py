"""The HTTP face: FastAPI routes. All work on the database happens in threads, all waiting on the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from central_server import __version__, api_document, care, changes, clock, devices, log, months, pages, server_key
from central_server.bell import Bell
from central_server.database import Store, is_passing, noting, reading, writing
from central_server.devices import Device, State
from central_server.gate import Asked, Gate, here_only
from central_server.ingest import Batch
from central_server.releases import MOST_BUNDLE_BYTES, MOST_PIECE_BYTES, Shelf
from central_server.web.pages import add_pages, is_page
from central_server.web.site import Site
from central_server.web.waiting import FOLDER, Waiting
from central_server.wire import (
    LONGEST_WAIT_S,
    MOST_CHANGES,
    PROTOCOL,
    ChangesAnswer,
    DeviceAnswer,
    EnrolmentAnswer,
    Fault,
    HealthAnswer,
    NewestReleaseAnswer,
    OperationsAnswer,
    Refused,
    Release,
    VerdictKind,
    read_request,
)

T = TypeVar("T")

# After a look for changes that failed.
_REST_S = 5
_TIDY_EVERY_S = 300
_DAY_S = 24 * 3600


class Central:
    """What the routes share: the store, the threads that use it, the bell for those who wait."""

    def __init__(self, store: Store, shelf: Shelf) -> None:
        self._store = store
        self.shelf = shelf
        self.waiting = Waiting(_beside(store, shelf))
        self._writers = ThreadPoolExecutor(store.writers, "writer")
        self._readers = ThreadPoolExecutor(4, "reader")
        self.bell = Bell(self._newest)
        with reading(store) as connection:
            self.key = server_key.read(connection)

    async def record(self, asked: Asked) -> OperationsAnswer:
        """Take in a request. Raises `Refused` and SQLAlchemy's errors."""
        answer = await asyncio.get_running_loop().run_in_executor(self._writers, self._record, asked)
        self.bell.ring(asked.device.library)
        return answer

    async def read(self, work: Callable[[Store], T]) -> T:
        """Run `work` in a reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work, self._store)

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a writing thread, in a transaction in which nobody else writes."""

        def whole() -> T:
            with self._store.writing.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._writers, whole)

    async def write_of(self, library: str, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a writing thread, in a transaction of `library` alone, and tell those who wait for its news."""

        def whole() -> T:
            with writing(self._store, library) as connection:
                return work(connection)

        done = await asyncio.get_running_loop().run_in_executor(self._writers, whole)
        self.bell.ring(library)
        return done

    async def note(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a writing thread, in a transaction of `noting`."""

        def whole() -> T:
            with noting(self._store) as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._writers, whole)

    async def changes(self, asking: Device, library: str, cursor: str, limit: int, wait_s: float) -> ChangesAnswer:
        """What is new after `cursor`; with nothing new, waits up to `wait_s` seconds for something to happen."""

        def page(store: Store) -> ChangesAnswer:
            with reading(store) as connection:
                devices.demand(connection, asking, library)
                return changes.read_page(connection, library, cursor, limit)

        loop = asyncio.get_running_loop()
        end = loop.time() + wait_s
        ring: asyncio.Event | None = None
        while True:
            answer = await self.read(page)
            left = end - loop.time()
            if answer.changes or left <= 0 or self.bell.closing:
                return answer
            if ring is None:
                # Whatever comes from here on rings; what came until here is seen by reading once more.
                ring = self.bell.next_ring(library)
                continue
            try:
                await asyncio.wait_for(ring.wait(), left)
            except TimeoutError:
                return answer
            ring = self.bell.next_ring(library)

    async def newest_release(self, asking: Device, architecture: str, python: str, after: str) -> NewestReleaseAnswer:
        """For such a machine, newer than `after`."""

        def look(store: Store) -> Release | None:
            with reading(store) as connection:
                devices.demand(connection, asking, asking.library)
            return self.shelf.newest(architecture, python, after)

        return NewestReleaseAnswer(await self.read(look))

    async def release_piece(self, asking: Device, sha256: str, at: int, count: int) -> bytes:
        """Raises `Refused` (404)."""

        def look(store: Store) -> bytes | None:
            with reading(store) as connection:
                devices.demand(connection, asking, asking.library)
            return self.shelf.piece(sha256, at, count)

        piece = await self.read(look)
        if piece is None:
            raise Refused(404, "Such a release is not here, or ends before that.")
        return piece

    def close(self) -> None:
        """Finish what was begun, then close the store."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._store.close()

    def _record(self, asked: Asked) -> OperationsAnswer:
        request = read_request(asked.body)
        batch = Batch(request)
        begun = clock.stopwatch_ms()
        with writing(self._store, request.library) as connection:
            devices.demand(connection, asked.device, request.library, request.device)
            taken = batch.record(connection, clock.now_ms())
        log.event(
            "operations",
            library=request.library,
            device=request.device,
            accepted=taken.counts[VerdictKind.ACCEPTED],
            duplicate=taken.counts[VerdictKind.DUPLICATE],
            disputed=taken.counts[VerdictKind.DISPUTED],
            ms=round(clock.stopwatch_ms() - begun, 1),
        )
        return OperationsAnswer(taken.verdicts)

    async def _newest(self, libraries: Collection[str]) -> Mapping[str, int]:
        def newest(store: Store) -> Mapping[str, int]:
            with reading(store) as connection:
                return changes.newest_of(connection, libraries)

        return await self.read(newest)


def create_app(central: Central, authority: bytes | None = None) -> FastAPI:
    """The application. `authority`: the certificate (PEM) that stations shall trust, if not one of the usual.
    Its answers other than 200 are `{"error": sentence}`."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await _make_months(central)  # before anything is recorded
        kept_up = (_watch(central.bell), _tidy(central.waiting), _make_months_daily(central))
        tasks = [asyncio.create_task(one) for one in kept_up]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(central.close)

    # The pages that FastAPI offers for reading the document load scripts from the internet: without them.
    app = FastAPI(
        title="Trạm Xanh, central server", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    gate = Gate(central)
    api_document.attach(app)
    _add_faults(app, gate, add_pages(app, central, central.shelf, central.waiting, authority))

    def answer(request: Request, content: msgspec.Struct) -> Response:
        return _json(content, 200, gate.headers(request))

    @app.post("/v1/operations", openapi_extra=api_document.OPERATIONS)
    async def operations(request: Request, asked: Annotated[Asked, Depends(gate.signed)]) -> Response:
        """Record what happened at a station. 200 means: everything in the request is committed."""
        return answer(request, await central.record(asked))

    @app.get("/v1/changes", openapi_extra=api_document.CHANGES)
    async def changes_route(
        request: Request,
        asked: Annotated[Asked, Depends(gate.fresh)],
        library: str,
        cursor: str = "",
        limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 500,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
    ) -> Response:
        """What a station should know, oldest change first."""
        return answer(request, await central.changes(asked.device, library, cursor, limit, wait))

    @app.post("/v1/enrolments", openapi_extra=api_document.ENROLMENTS)
    async def enrolments(request: Request) -> Response:
        """Enrol a station's new key, which has signed this, by a token that a person made."""
        device = await gate.enrol(request)
        key, key_id = central.key, device.key_id
        return answer(request, EnrolmentAnswer(key_id, device.told_state, key.public, key.vouch_for(key_id)))

    @app.get("/v1/device", openapi_extra=api_document.DEVICE)
    async def device_route(request: Request, asked: Annotated[Asked, Depends(gate.fresh)]) -> Response:
        """Who asks; answered in every state."""
        who, told = asked.device, None
        if who.state is State.ACTIVE:
            told = await central.read(lambda store: _station_of(store, who.library))
        return answer(
            request, DeviceAnswer(who.library, who.name, who.key_id, who.told_state, central.key.public, told)
        )

    if authority is not None:

        @app.get("/v1/authority", response_class=Response, openapi_extra=api_document.AUTHORITY)
        async def authority_route() -> Response:
            """The authority (PEM) that vouches for this server; a station knows its SHA-256 from the enrolment code."""
            return Response(authority, media_type="application/x-pem-file")

    @app.get("/v1/releases/newest", openapi_extra=api_document.NEWEST_RELEASE)
    async def newest_release(
        request: Request,
        asked: Annotated[Asked, Depends(gate.fresh)],
        architecture: Annotated[str, Query(pattern="^[A-Za-z0-9_]+$", max_length=32)],
        python: Annotated[str, Query(pattern="^[0-9.]+$", max_length=32)],
        after: Annotated[str, Query(pattern=r"^([0-9]{1,6}(\.[0-9]{1,6}){2})?$", max_length=32)] = "",
    ) -> Response:
        """The newest release for the station's kind of machine."""
        return answer(request, await central.newest_release(asked.device, architecture, python, after))

    @app.get("/v1/releases/{sha256}", response_class=Response, openapi_extra=api_document.RELEASE_PIECE)
    async def release_piece(
        request: Request,
        asked: Annotated[Asked, Depends(gate.fresh)],
        sha256: Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$", max_length=64)],
        at: Annotated[int, Query(ge=0, le=MOST_BUNDLE_BYTES)],
        count: Annotated[int, Query(ge=1, le=MOST_PIECE_BYTES)],
    ) -> Response:
        """A piece of a release's bundle."""
        piece = await central.release_piece(asked.device, sha256, at, count)
        return Response(piece, 200, gate.headers(request), "application/octet-stream")

    @app.get("/v1/time", openapi_extra=api_document.TIME)
    async def time(nonce: Annotated[str, Query(pattern="^[0-9a-f]{32}$", max_length=32)]) -> Response:
        """What time it is here, signed for whoever asks."""
        return _json(central.key.say_time(nonce, clock.now_ms()), 200)

    @app.get("/v1/health", openapi_extra=api_document.HEALTH)
    async def health() -> Response:
        """Whether the server is there, and its clock."""
        return _json(HealthAnswer("ok", PROTOCOL, __version__, clock.now_ms()))

    care.add_routes(app, central, gate)

    @app.get("/here", response_class=HTMLResponse, dependencies=[Depends(here_only)], include_in_schema=False)
    async def overview() -> HTMLResponse:
        """The last operations of each library, for people at the server's own machine."""
        # The only page that carries its own style.
        own = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
        return HTMLResponse(await central.read(pages.overview), headers=own)

    return app


def _station_of(store: Store, library: str) -> msgspec.Raw | None:
    with reading(store) as connection:
        text = changes.current(connection, library, changes.STATION, library)
    return None if text is None else msgspec.Raw(text.encode())


async def _watch(bell: Bell, rest_s: float = _REST_S) -> None:
    while not bell.closing:
        try:
            await bell.watch()
        except Exception:
            # Whatever it was: a poll that is not woken waits for its own end, and the next change may wake it.
            log.fault("watching for changes failed")
            await asyncio.sleep(rest_s)


async def _tidy(waiting: Waiting) -> None:
    while True:
        try:
            await asyncio.to_thread(waiting.tidy, clock.now_ms())
        except OSError:
            log.fault("files that waited for too long could not be removed")
        await asyncio.sleep(_TIDY_EVERY_S)


def _beside(store: Store, shelf: Shelf) -> Path | None:
    """Where files wait: beside a database that is a file, else beside the releases, which all processes share, too."""
    if isinstance(store.where, Path):
        return store.where / FOLDER
    return shelf.folder and shelf.folder.parent / FOLDER


async def _make_months(central: Central) -> None:
    """Nearly always only a look: three months are there ahead."""

    def missing(store: Store) -> list[date]:
        with reading(store) as connection:
            return months.missing(connection, clock.now_ms())

    try:
        if wanted := await central.read(missing):
            made = await central.write(lambda connection: months.make(connection, wanted))
            log.event("months", made=len(made), left=len(wanted) - len(made))
    except Exception:
        # What comes without a month is kept as well.
        log.fault("making the next months failed")


async def _make_months_daily(central: Central) -> None:
    while True:
        await asyncio.sleep(_DAY_S)
        await _make_months(central)


def _json(content: msgspec.Struct, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def _add_faults(app: FastAPI, gate: Gate, site: Site) -> None:
    """Let every failure be answered in the protocol's way, or by a page."""

    def answer(request: Request, status: int, sentence: str) -> Response:
        return (
            site.fault(request, status) if is_page(request) else _json(Fault(sentence), status, gate.headers(request))
        )

    async def refused(request: Request, error: Any) -> Response:
        if is_page(request):
            return site.fault(request, error.status)
        return _json(error.fault, error.status, gate.headers(request))

    async def bad_parameter(request: Request, error: Any) -> Response:
        first = error.errors()[0]
        return answer(request, 400, f"{first['loc'][-1]}: {first['msg']}.")

    async def http_fault(request: Request, error: Any) -> Response:
        return answer(request, error.status_code, str(error.detail))

    async def cut_off(request: Request, _error: Any) -> Response:
        return answer(request, 400, "The request did not come to its end.")  # to nobody: who sent it is gone

    async def database_fault(request: Request, error: Any) -> Response:
        log.fault("database")
        if is_passing(error):
            return answer(request, 503, "The database is busy, full or away; nothing was recorded. Try again later.")
        return answer(request, 500, "The server has a fault; nothing was recorded.")

    async def bug(request: Request, _error: Any) -> Response:
        log.fault("bug")
        return answer(request, 500, "The server has a fault; nothing was recorded.")

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, bad_parameter)
    app.add_exception_handler(HTTPException, http_fault)
    app.add_exception_handler(ClientDisconnect, cut_off)
    app.add_exception_handler(DBAPIError, database_fault)
    app.add_exception_handler(Exception, bug)
