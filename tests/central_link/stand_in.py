"""A real HTTP server that answers whatever a test wants, rightly or wrongly."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from central_link.identity import DeviceKey, Identity


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_port: int

    @property
    def operations(self) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = json.loads(self.body)["operations"]
        return operations


Answerer = Callable[[BaseHTTPRequestHandler, Request], None]


@dataclass
class StandIn:
    """`answer` is called for each request; `requests` came so far. `released`: a slow answer may end. `key_folder`
    holds the key of a station that was enrolled here."""

    url: str
    answer: Answerer
    key_folder: Path
    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


def reply(
    handler: BaseHTTPRequestHandler,
    content: bytes,
    status: int = 200,
    content_type: str = "application/json",
    length: int | None = None,
    **headers: str,
) -> None:
    """`length`: what the head promises, if not the truth."""
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def accepted(request: Request) -> list[dict[str, Any]]:
    return [
        {"epoch": operation["epoch"], "seq": operation["seq"], "verdict": "accepted", "reason": None}
        for operation in request.operations
    ]


def right(handler: BaseHTTPRequestHandler, request: Request, **headers: str) -> None:
    if request.method == "POST":
        reply(handler, json.dumps({"verdicts": accepted(request)}).encode(), **headers)
    else:
        reply(handler, b'{"changes": [], "cursor": "1", "more": false}', **headers)


def enrolled(folder: Path, token: bytes = bytes(16)) -> DeviceKey:
    """The key of a station whose enrolment with `token` went well."""
    identity = Identity(folder)
    key = identity.key_for(token)
    identity.sign_with(key)
    return key


@contextmanager
def stand_in(answer: Answerer = right, tls: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, self.path, dict(self.headers), body, self.client_address[1])
            there.requests.append(request)
            try:
                there.answer(self, request)
            except OSError:
                self.close_connection = True  # the station has hung up

        do_GET = do_POST = _any

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    folder = TemporaryDirectory()
    enrolled(Path(folder.name))
    scheme = "https" if tls else "http"
    there = StandIn(f"{scheme}://127.0.0.1:{server.server_address[1]}", answer, Path(folder.name))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield there
    finally:
        there.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
        folder.cleanup()
