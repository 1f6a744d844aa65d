"""The HTTP face: FastAPI routes. All work on the database happens in threads, all waiting on the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from central_server import __version__, api_document, changes, clock, log, pages
from central_server.bell import Bell
from central_server.database import Store, has_library, is_passing, reading
from central_server.ingest import ingest
from central_server.wire import (
    LONGEST_WAIT_S,
    MOST_BYTES,
    MOST_CHANGES,
    PROTOCOL,
    ChangesAnswer,
    HealthAnswer,
    OperationsAnswer,
    Refused,
    VerdictKind,
    read_request,
)

T = TypeVar("T")

# A body that is too large is read to its end all the same, up to here: who is still sending does not hear a 413.
_MOST_BYTES_READ = 64 * 1024 * 1024
# Between two looks at a database that is not there.
_REST_S = 5


class Central:
    """What the routes share: the store, the threads that use it, the bell for those who wait.

    One thread writes, since the database has one writer at a time anyway; a few read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer = ThreadPoolExecutor(1, "writer")
        self._readers = ThreadPoolExecutor(4, "reader")
        self.bell = Bell(self._newest)

    async def record(self, raw: bytes) -> OperationsAnswer:
        """Take in a request. Raises `Refused` and SQLAlchemy's errors."""
        library, answer = await asyncio.get_running_loop().run_in_executor(self._writer, self._record, raw)
        self.bell.ring(library)
        return answer

    async def read(self, work: Callable[[Store], T]) -> T:
        """Run `work` in a reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work, self._store)

    async def changes(self, library: str, cursor: str, limit: int, wait_s: float) -> ChangesAnswer:
        """What is new after `cursor`; with nothing new, waits up to `wait_s` seconds for something to happen."""

        def page(store: Store) -> ChangesAnswer:
            with reading(store) as connection:
                if not has_library(connection, library):
                    raise Refused(404, f"There is no library {library!r} here.")
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

    def close(self) -> None:
        """Finish what was begun, then close the store."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._store.close()

    def _record(self, raw: bytes) -> tuple[str, OperationsAnswer]:
        request = read_request(raw)
        begun = clock.stopwatch_ms()
        taken = ingest(self._store, request, clock.now_ms())
        log.event(
            "operations",
            library=request.library,
            device=request.device,
            accepted=taken.counts[VerdictKind.ACCEPTED],
            duplicate=taken.counts[VerdictKind.DUPLICATE],
            disputed=taken.counts[VerdictKind.DISPUTED],
            ms=round(clock.stopwatch_ms() - begun, 1),
        )
        return request.library, OperationsAnswer(taken.verdicts)

    async def _newest(self, libraries: Collection[str]) -> Mapping[str, int]:
        def newest(store: Store) -> Mapping[str, int]:
            with reading(store) as connection:
                return changes.newest_of(connection, libraries)

        return await self.read(newest)


def create_app(central: Central) -> FastAPI:
    """The application. Its answers other than 200 are `{"error": sentence}`."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(central.bell))
        yield
        watching.cancel()
        await asyncio.to_thread(central.close)

    # The pages that FastAPI offers for reading the document load scripts from the internet: without them.
    app = FastAPI(
        title="Trạm Xanh, central server", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    api_document.attach(app)
    _add_faults(app)

    @app.post("/v1/operations", openapi_extra=api_document.OPERATIONS)
    async def operations(request: Request) -> Response:
        """Record what happened at a station. 200 means: everything in the request is committed."""
        return _json(await central.record(await _body(request)))

    @app.get("/v1/changes", openapi_extra=api_document.CHANGES)
    async def changes_route(
        library: str,
        cursor: str = "",
        limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 500,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
    ) -> Response:
        """What a station should know, oldest change first."""
        return _json(await central.changes(library, cursor, limit, wait))

    @app.get("/v1/health", openapi_extra=api_document.HEALTH)
    async def health() -> Response:
        """Whether the server is there, and its clock."""
        return _json(HealthAnswer("ok", PROTOCOL, __version__, clock.now_ms()))

    @app.get("/", response_class=HTMLResponse)
    async def overview() -> HTMLResponse:
        """The last operations of each library, for people."""
        return HTMLResponse(await central.read(pages.overview))

    return app


async def _watch(bell: Bell) -> None:
    while not bell.closing:
        try:
            await bell.watch()
        except DBAPIError:
            # A poll that is not woken waits for its own end: no harm, but somebody should know.
            log.fault("watching for changes failed")
            await asyncio.sleep(_REST_S)


async def _body(request: Request) -> bytes:
    """The raw body. Raises `Refused` (413)."""
    declared = request.headers.get("content-length", "")
    too_long = declared.isdecimal() and int(declared) > MOST_BYTES
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > MOST_BYTES:
            too_long = True
            parts.clear()
        if length > _MOST_BYTES_READ:
            break
        if not too_long:
            parts.append(part)
    if too_long:
        raise Refused(413, f"The request is larger than {MOST_BYTES} bytes.")
    return b"".join(parts)


def _json(answer: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def _fault(status: int, sentence: str) -> Response:
    return Response(msgspec.json.encode({"error": sentence}), status, media_type="application/json")


def _add_faults(app: FastAPI) -> None:
    """Let every failure be answered in the protocol's way."""

    async def refused(_request: Request, error: Any) -> Response:
        return _fault(error.status, error.sentence)

    async def bad_parameter(_request: Request, error: Any) -> Response:
        first = error.errors()[0]
        return _fault(400, f"{first['loc'][-1]}: {first['msg']}.")

    async def http_fault(_request: Request, error: Any) -> Response:
        return _fault(error.status_code, str(error.detail))

    async def database_fault(_request: Request, error: Any) -> Response:
        log.fault("database")
        if is_passing(error):
            return _fault(503, "The database is busy, full or not there; nothing was recorded. Try again later.")
        return _fault(500, "The server has a fault; nothing was recorded.")

    async def bug(_request: Request, _error: Any) -> Response:
        log.fault("bug")
        return _fault(500, "The server has a fault; nothing was recorded.")

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, bad_parameter)
    app.add_exception_handler(HTTPException, http_fault)
    app.add_exception_handler(DBAPIError, database_fault)
    app.add_exception_handler(Exception, bug)
