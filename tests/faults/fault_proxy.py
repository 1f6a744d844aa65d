"""What a school's network does between a station and its server: a TCP proxy that spoils one exchange after another.

It reads a request and an answer whole, so that it knows where each begins and ends, and passes bytes on as they came.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

WIFI_PAGE = b"<html>Wi-Fi</html>"
_HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n" + WIFI_PAGE
_PROXYS_400 = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST
_SLOW_PIECES = 8
_SLOW_PAUSE_S = 0.01


class Fault(Enum):
    """What becomes of one exchange. A cut is a FIN or an RST in turn."""

    NONE = auto()
    CUT_BEFORE_REQUEST = auto()
    CUT_IN_REQUEST = auto()  # half of it arrives
    CUT_AFTER_REQUEST = auto()  # it arrives, and nobody waits for the answer
    CUT_BEFORE_ANSWER = auto()  # the server has answered, and nothing comes
    CUT_IN_ANSWER = auto()
    CUT_AFTER_ANSWER = auto()
    SLOW = auto()
    HALF_OPEN = auto()  # taken, and never passed on nor answered
    VANISHED = auto()  # passed on, and the way back is gone without a word
    GARBAGE = auto()  # the server has answered, and other bytes come
    WIFI_PAGE = auto()  # somebody else answers 200, as a network that wants a log-in
    PROXYS_400 = auto()  # somebody else answers 400
    TWICE = auto()  # the same bytes again, at once
    AGAIN_LATER = auto()  # the same bytes again, after other exchanges
    ARRIVES_LATER = auto()  # cut, and the request arrives after those that come after it


Plan = Callable[[bytes], Fault]
"""What becomes of the exchange that this request begins."""


class FaultProxy:
    def __init__(self, port: int, plan: Plan) -> None:
        """Passes on to `port` on loopback, as `plan` wants it."""
        self.plan = plan
        self.done: Counter[Fault] = Counter()
        self.url = ""
        self._port = port
        self._later: list[bytes] = []
        self._resets = 0

    async def deliver_late(self) -> None:
        """What was kept back or is to come again arrives now, newest first."""
        kept, self._later = self._later, []
        for request in reversed(kept):
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._asked(request)

    async def serve(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready()
        await stop.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):  # cancelled: it is over
            while await self._exchanged(await _message(reader), reader, writer):
                pass
        self._cut(writer)

    async def _exchanged(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        fault = self.plan(request)
        self.done[fault] += 1
        match fault:
            case Fault.CUT_BEFORE_REQUEST:
                return False
            case Fault.CUT_IN_REQUEST:
                _, to_server = await self._sent(request[: len(request) // 2])
                self._cut(to_server)
                return False
            case Fault.CUT_AFTER_REQUEST:
                _, to_server = await self._sent(request)
                self._cut(to_server)
                return False
            case Fault.ARRIVES_LATER:
                self._later.append(request)
                return False
            case Fault.HALF_OPEN:
                await reader.read()  # until the station has had enough
                return False
            case Fault.WIFI_PAGE | Fault.PROXYS_400:
                writer.write(_HTML if fault is Fault.WIFI_PAGE else _PROXYS_400)
                await writer.drain()
                return True
        answer = await self._asked(request)
        match fault:
            case Fault.CUT_BEFORE_ANSWER:
                return False
            case Fault.VANISHED:
                await reader.read()
                return False
            case Fault.CUT_IN_ANSWER:
                answer = answer[: len(answer) // 2]
            case Fault.GARBAGE:
                answer = bytes(byte ^ 0x5A for byte in answer)
            case Fault.TWICE:
                await self._asked(request)
            case Fault.AGAIN_LATER:
                self._later.append(request)
            case Fault.SLOW:
                for start in range(0, len(answer), len(answer) // _SLOW_PIECES + 1):
                    writer.write(answer[start : start + len(answer) // _SLOW_PIECES + 1])
                    await writer.drain()
                    await asyncio.sleep(_SLOW_PAUSE_S)
                return True
        writer.write(answer)
        await writer.drain()
        return fault not in (Fault.CUT_IN_ANSWER, Fault.CUT_AFTER_ANSWER, Fault.GARBAGE)

    async def _sent(self, content: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        to_server.write(content)
        await to_server.drain()
        return from_server, to_server

    async def _asked(self, request: bytes) -> bytes:
        from_server, to_server = await self._sent(request)
        try:
            return await _message(from_server)
        finally:
            to_server.close()

    def _cut(self, writer: asyncio.StreamWriter) -> None:
        self._resets += 1
        if self._resets % 2:
            line: socket.socket | None = writer.get_extra_info("socket")
            if line is not None and line.fileno() >= 0:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message of these two programs, which count every body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)


class RunningProxy:
    """A proxy on a thread with an event loop of its own."""

    def __init__(self, port: int, plan: Plan) -> None:
        self.proxy = FaultProxy(port, plan)
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="proxy")
        self._thread.start()
        self._ready.wait()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.proxy.serve(self._ready.set, self._stop)

    def deliver_late(self) -> None:
        asyncio.run_coroutine_threadsafe(self.proxy.deliver_late(), self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@contextmanager
def fault_proxy(server_url: str, plan: Plan) -> Iterator[RunningProxy]:
    """Between whoever asks its `proxy.url` and the server."""
    running = RunningProxy(int(server_url.rsplit(":", 1)[1]), plan)
    try:
        yield running
    finally:
        running.close()
