"""Routes for looking after stations: what they tell about themselves, and who reads it at the centre."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Query, Request, Response

from central_server import api_document, clock, health, log, support
from central_server.database import Store, reading
from central_server.gate import Asked, Gate, here_only
from central_server.wire import NotedAnswer, read_health

T = TypeVar("T")

_HERE = [Depends(here_only)]


class Threads(Protocol):
    """Where the store is used."""

    async def read(self, work: Callable[[Store], T]) -> T: ...

    async def write_of(self, library: str, work: Callable[[sa.Connection], T]) -> T: ...


def add_routes(app: FastAPI, threads: Threads, gate: Gate) -> None:
    """Let `app` answer them."""

    def noted(request: Request, now_ms: int) -> Response:
        return _json(NotedAnswer(now_ms), gate.headers(request))

    @app.post("/v1/health", openapi_extra=api_document.TOLD_HEALTH)
    async def told_health(request: Request, asked: Annotated[Asked, Depends(gate.fresh)]) -> Response:
        """How a station is; the newest report counts."""
        said, now_ms = read_health(asked.body), clock.now_ms()
        await threads.write_of(
            asked.device.library, lambda connection: health.take(connection, asked.device, said, now_ms)
        )
        return noted(request, now_ms)

    @app.post("/v1/support", openapi_extra=api_document.SUPPORT)
    async def support_bundle(
        request: Request,
        asked: Annotated[Asked, Depends(gate.fresh)],
        library: Annotated[str, Query(max_length=64)],
        device: Annotated[str, Query(max_length=64)],
    ) -> Response:
        """What helps whoever looks after a station: its logs and figures, compressed."""
        now_ms = clock.now_ms()
        await threads.write_of(
            asked.device.library,
            lambda connection: support.take(connection, asked.device, library, device, asked.body, now_ms),
        )
        log.event("support bundle", library=asked.device.library, device=asked.device.name, bytes=len(asked.body))
        return noted(request, now_ms)

    @app.get("/v1/devices", dependencies=_HERE, openapi_extra=api_document.DEVICES)
    async def devices_route() -> Response:
        """Every station and how it said last that it is, for people and machines at the server's own machine."""

        def listed(store: Store) -> list[Any]:
            with reading(store) as connection:
                return [health.as_json(one) for one in health.known(connection)]

        return _json({"devices": await threads.read(listed)})

    @app.get("/metrics", dependencies=_HERE, response_class=Response, openapi_extra=api_document.METRICS)
    async def metrics() -> Response:
        """The same for Prometheus, on the server's own machine."""

        def counted(store: Store) -> str:
            with reading(store) as connection:
                return health.metrics(connection)

        return Response(await threads.read(counted), media_type="text/plain; version=0.0.4")


def _json(content: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), 200, headers, "application/json")
