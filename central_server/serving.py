"""Running the application with uvicorn: the ready line, and an end that keeps nobody waiting."""

import asyncio
import gc
import os
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from types import FrameType

import uvicorn

from central_server.app import Central, create_app
from central_server.database import Store
from central_server.releases import Shelf


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, central: Central, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._central = central
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            address = self.servers[0].sockets[0].getsockname()
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            self._ready(f"{'https' if self.config.is_ssl else 'http'}://{host}:{address[1]}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Long polls are answered now; otherwise the end would wait for them.
        self._central.bell.close()
        await super().shutdown(sockets)


def serve(
    store: Store,
    shelf: Shelf,
    listening: socket.socket,
    tls: ssl.SSLContext | None,
    ready: Callable[[str], None],
    authority: bytes | None = None,
) -> None:
    """Serve on `listening`, by https with `tls`, until SIGTERM or SIGINT; `ready` is called with the address when
    requests are taken. `authority`: as in create_app."""
    central = Central(store, shelf)
    config = uvicorn.Config(
        create_app(central, authority),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=10,
        # Longer than a long poll, so that a station's connection lives on between two of them.
        timeout_keep_alive=75,
        server_header=False,
        # A proxy on this machine says for whom it asks: the page for people is for those here, and failed tries are
        # counted by address. Nobody else is believed.
        proxy_headers=True,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )
    # uvicorn raises the signal again after it has stopped in good order.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    server = _Server(config, central, ready)
    _collect_seldom()
    _upload_to_disk()
    asyncio.run(server.serve([listening]))
    if not server.started:
        sys.exit(1)


def _upload_to_disk() -> None:
    """What somebody sends by a form lies there until it is looked at: /tmp may be memory, /var/tmp is not."""
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK):
        tempfile.tempdir = "/var/tmp"


def _collect_seldom() -> None:
    """A batch of operations makes tens of thousands of objects, none of them in a ring: looking for rings among them,
    and again and again among all that the program is made of, took a quarter of the processor."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
