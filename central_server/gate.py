"""Who is let in: a request is read whole here, and its signature, nonce and sender are known before it is served."""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import sqlalchemy as sa
from fastapi import Request
from sqlalchemy.exc import DBAPIError

from central_server import clock, devices, enrolment, log, nonces
from central_server.database import Store, reading
from central_server.devices import Device
from central_server.signatures import Message, NotSigned, verify
from central_server.tries import Tries
from central_server.wire import MOST_BYTES, Refused

T = TypeVar("T")

# A body that is too large is read to its end all the same, up to here: who is still sending does not hear a 413.
_MOST_BYTES_READ = 64 * 1024 * 1024
_LONGEST_UPLOAD_S = 120
_SEEN_EVERY_MS = 60_000


class Threads(Protocol):
    """Where the store is used."""

    async def read(self, work: Callable[[Store], T]) -> T: ...

    async def write(self, work: Callable[[sa.Connection], T]) -> T: ...

    async def note(self, work: Callable[[sa.Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that `device` has signed. What state it is in is asked for where data is given or taken."""

    device: Device
    body: bytes


class Gate:
    """For the routes: what they depend on. Belongs to the event loop's one thread."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._secrets: dict[str, bytes] = {}
        self._tries = Tries()
        self._noting: set[asyncio.Task[None]] = set()

    async def signed(self, request: Request) -> Asked:
        """A request that is harmless when it comes twice. Raises `Refused` (401, 413)."""
        message = _message(request, await _body(request))

        def sender(store: Store) -> tuple[Device, str | None]:
            with reading(store) as connection:
                return verify(message, lambda key_id: devices.find(connection, key_id))

        try:
            device, request.state.nonce = await self._threads.read(sender)
        except NotSigned as error:
            raise _unsigned(error) from error
        await self._will_answer(request, device)
        now_ms = clock.now_ms()
        if now_ms - (device.seen_ms or 0) > _SEEN_EVERY_MS:
            noting = asyncio.create_task(self._note_seen(device.key_id, now_ms))
            self._noting.add(noting)
            noting.add_done_callback(self._noting.discard)
        return Asked(device, message.body)

    async def fresh(self, request: Request) -> Asked:
        """A request that was never made before. Raises `Refused` (401, 413)."""
        asked = await self.signed(request)
        library, key_id = asked.device.library, asked.device.key_id
        nonce, now_ms = request.state.nonce, clock.now_ms()
        if nonces.is_good(self._secrets[library], key_id, nonce, now_ms) and await self._threads.note(
            lambda connection: nonces.take(connection, library, nonce, now_ms)
        ):
            return asked
        raise Refused(401, "Ask again, with the nonce that comes with this answer.", again=True)

    async def enrol(self, request: Request) -> Device:
        """A station that signs with its new key. Raises `Refused` (400, 401, 403, 413, 429)."""
        address = request.client.host if request.client else ""
        if not self._tries.may(address):
            raise Refused(429, "Too many enrolments have failed; wait a minute.")
        try:
            newcomer = enrolment.read(_message(request, await _body(request)))
            device = await self._threads.write(lambda connection: enrolment.enrol(connection, newcomer, clock.now_ms()))
        except Refused:
            self._tries.failed(address)
            raise
        except NotSigned as error:
            self._tries.failed(address)
            raise _unsigned(error) from error
        await self._will_answer(request, device)
        return device

    def headers(self, request: Request) -> dict[str, str]:
        """Of the answer: a fresh nonce for who has signed rightly."""
        sender = getattr(request.state, "sender", None)
        if sender is None:
            return {}
        return {"Tram-Nonce": nonces.give(self._secrets[sender.library], sender.key_id, clock.now_ms())}

    async def _will_answer(self, request: Request, device: Device) -> None:
        """From here on answers carry a nonce for `device`."""
        if device.library not in self._secrets:
            self._secrets[device.library] = await self._threads.note(
                lambda connection: nonces.secret_of(connection, device.library)
            )
        request.state.sender = device

    async def _note_seen(self, key_id: str, now_ms: int) -> None:
        try:
            await self._threads.note(lambda connection: devices.note_seen(connection, key_id, now_ms))
        except DBAPIError:
            log.fault("last seen not noted")


def here_only(request: Request) -> None:
    """Let nobody in from another machine. Raises `Refused` (403)."""
    try:
        here = ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        here = False
    if not here:
        raise Refused(403, "This page is shown on the server's own machine only.")


def _unsigned(error: NotSigned) -> Refused:
    log.event("not signed", why=str(error))
    return Refused(401, "The request is not signed with a key that is known here, as the protocol says.")


def _message(request: Request, body: bytes) -> Message:
    scope = request.scope
    return Message(request.method, scope["raw_path"], scope["query_string"], scope["headers"], body)


async def _body(request: Request) -> bytes:
    """The raw body. Raises `Refused` (408, 413)."""
    declared = request.headers.get("content-length", "")
    too_long = declared.isdecimal() and int(declared) > MOST_BYTES
    parts: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(_LONGEST_UPLOAD_S):
            async for part in request.stream():
                length += len(part)
                if length > MOST_BYTES:
                    too_long = True
                    parts.clear()
                if length > _MOST_BYTES_READ:
                    break
                if not too_long:
                    parts.append(part)
    except TimeoutError:
        raise Refused(408, "The request did not come to its end.") from None
    if too_long:
        raise Refused(413, f"The request is larger than {MOST_BYTES} bytes.")
    return b"".join(parts)
