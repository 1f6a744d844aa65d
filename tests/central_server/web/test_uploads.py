"""Files that several send at once: few are taken, slowly sent ones keep nobody waiting, and none lies in memory."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import Request
from starlette.requests import ClientDisconnect

from central_server import clock
from central_server.people import Role
from central_server.web import uploads
from central_server.web.uploads import MOST_AT_ONCE, Places
from central_server.wire import Refused
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

AtWork = Callable[[Role], Browser]
MIB = 1 << 20
BETWEEN = "between--the--parts"


def body(csrf: str, kind: str, size: int) -> bytes:
    """A form with a file of `size` bytes."""
    fields = (("csrf", csrf), ("kind", kind))
    disposition = f"--{BETWEEN}\r\nContent-Disposition: form-data; name="
    parts = [f'{disposition}"{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    parts.append(f'{disposition}"file"; filename="x.csv"\r\n\r\n')
    return "".join(parts).encode() + b"x" * size + f"\r\n--{BETWEEN}--\r\n".encode()


def begin(world: World, browser: Browser, sent: int, size: int) -> socket.socket:
    """Send `sent` bytes of an upload with a file of `size` bytes, and keep the line."""
    path = f"/desk/{world.library}/titles/import"
    browser.go(path)
    csrf = next(one for one in browser.forms if one.files).fields["csrf"]
    whole = body(csrf, "titles", size)
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.session.cookies)
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(world.server.url).netloc}\r\nCookie: {cookies}\r\n"
    head += f"Content-Type: multipart/form-data; boundary={BETWEEN}\r\nContent-Length: {len(whole)}\r\n\r\n"
    place = urlsplit(world.server.url)
    line = socket.create_connection((place.hostname, place.port), timeout=30)
    line.sendall(head.encode() + whole[:sent])
    return line


def send_whole(world: World, browser: Browser, raw: bytes = b"M\xc3\xa3,Nhan\n") -> int:
    path = f"/desk/{world.library}/titles/import"
    browser.go(path)
    return browser.send(path, files={"file": ("x.csv", raw)})


def test_a_library_sends_one_file_at_once_and_a_cut_one_frees_its_place(world: World, at_work: AtWork) -> None:
    slow, other = at_work(Role.LIBRARIAN), at_work(Role.LIBRARIAN)
    with closing(begin(world, slow, MIB, 4 * MIB)):
        assert eventually(lambda: send_whole(world, other) == 429)
        assert other.page.headers["retry-after"] == "30"
        assert "Đang có người khác gửi tệp" in other.text
        assert send_whole(world, other, b"x" * (20 * MIB)) == 429, "its answer is seen although it is long"
        begun = time.monotonic()
        assert other.go(f"/desk/{world.library}/titles") == 200
        assert time.monotonic() - begun < 5
    assert eventually(lambda: send_whole(world, other) == 400), "the place of the cut upload is not free"
    assert "Thiếu cột" in other.text


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_slow_uploads_are_not_in_the_servers_memory(world: World, at_work: AtWork) -> None:
    """An upload, all but its end; with 30 MiB in memory it would show."""
    browser, other = at_work(Role.LIBRARIAN), at_work(Role.LIBRARIAN)
    other.go("/")
    before = resident(world)
    size = 30 * MIB
    with closing(begin(world, browser, size, size)):
        assert eventually(lambda: on_disk(world) >= size - 2 * MIB), "not all of it has come"
        assert other.go(f"/desk/{world.library}/titles") == 200
        assert resident(world) - before < 12 * MIB


def pid(world: World) -> int:
    return world.server.process.pid


def resident(world: World) -> int:
    status = Path(f"/proc/{pid(world)}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) * 1024


def on_disk(world: World) -> int:
    """Bytes in files without a name of the server's."""
    total = 0
    for one in Path(f"/proc/{pid(world)}/fd").iterdir():
        try:
            if str(one.readlink()).endswith("(deleted)"):
                total += one.stat().st_size
        except OSError:
            continue
    return total


def test_a_place_is_for_one_library_and_one_person_and_few_have_one() -> None:
    places = Places()
    with places.place("a", "lan") as first:
        assert first
        for names in (("a", "mai"), ("b", "lan")):
            with places.place(*names) as free:
                assert not free, names
        with places.place("b", "mai") as free, places.place("c", "an") as third, places.place("d", "ba") as fourth:
            assert [free, third, fourth] == [True] * (MOST_AT_ONCE - 1)
            with places.place("e", "tư") as fifth:
                assert not fifth
        with pytest.raises(ClientDisconnect), places.place("b", "mai"):
            raise ClientDisconnect
        with places.place("b", "mai") as again:
            assert again
    with places.place("a", "lan") as again:
        assert again


class Trickle:
    """Sends a byte whenever it is asked, `step_ms` later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step_ms: float, piece: bytes) -> None:
        self.now_ms, self._step_ms, self._piece = 0.0, step_ms, piece
        monkeypatch.setattr(clock, "stopwatch_ms", lambda: self.now_ms)

    async def receive(self) -> dict[str, object]:
        self.now_ms += self._step_ms
        return {"type": "http.request", "body": self._piece, "more_body": self.now_ms < 300_000}


@pytest.mark.parametrize(("piece", "status"), [(b"x", 408), (b"x" * 40_000, None)], ids=["trickles", "is slow"])
def test_waits_for_no_body_that_comes_too_slowly(
    monkeypatch: pytest.MonkeyPatch, piece: bytes, status: int | None
) -> None:
    trickle = Trickle(monkeypatch, 1_000, piece)
    scope = {"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}
    request = Request(scope, trickle.receive)
    uploads.limit(request, 32 * MIB)
    if status is None:
        asyncio.run(uploads.throw_away(request))
        return
    with pytest.raises(Refused) as refused:
        asyncio.run(uploads.throw_away(request))
    assert refused.value.status == status
    assert 60_000 <= trickle.now_ms < 63_000
