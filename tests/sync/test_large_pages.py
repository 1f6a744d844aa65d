"""A page of changes that is larger than a station reads, from a real HTTP server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from time import monotonic
from urllib.parse import parse_qs, urlparse

import pytest

from central_link import http_line
from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.ports.errors import TooLarge, Unreachable
from kiosk.sync.changes import PAGE, Changes
from tests.central_link.stand_in import Request, StandIn, reply, stand_in
from tests.sync.memory_store import MemoryStore

LARGEST = 4_096
COUNT = 60
ROW = {"name": "Dế Mèn phiêu lưu ký", "author": "Tô Hoài", "isbn": None, "call_number": "895.9223", "shelf": "A1"}


def title(number: int) -> dict[str, object]:
    return {"number": number, "kind": "title", "id": f"00000000-0000-7000-8000-{number:012}", "data": ROW}


def asked(request: Request) -> tuple[int, int]:
    """After which change, and how many."""
    query = parse_qs(urlparse(request.path).query)
    return int(query.get("cursor", ["0"])[0]), int(query["limit"][0])


def pages(handler: BaseHTTPRequestHandler, request: Request) -> None:
    after, limit = asked(request)
    last = min(after + limit, COUNT)
    rows = [title(number) for number in range(after + 1, last + 1)]
    reply(handler, json.dumps({"changes": rows, "cursor": str(last), "more": last < COUNT}).encode())


def one_too_large(handler: BaseHTTPRequestHandler, _request: Request) -> None:
    reply(handler, json.dumps({"changes": [title(1)], "cursor": "1", "more": False}).encode() + b" " * LARGEST)


class Reading:
    def __init__(self, server: StandIn) -> None:
        self.link = NativeRestLink(NativeRestConfig(server.url, "hoa-sen", "tram-1", server.key_folder))
        self.store = MemoryStore()
        self._changes = Changes(self.link, self.store, monotonic)

    def pull(self) -> bool:
        """Whether there is more."""
        page, _ = self._changes.pull(0.0, threading.Event())
        return page.more


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(http_line, "LARGEST_ANSWER", LARGEST)
    with stand_in(pages) as there:
        yield there


@pytest.fixture
def reading(server: StandIn) -> Iterator[Reading]:
    there = Reading(server)
    yield there
    there.link.close()


def test_asks_for_half_as_many_until_a_page_is_small_enough(reading: Reading, server: StandIn) -> None:
    while reading.pull():
        pass
    heard = [change.id for change in reading.store.tables.changes]  # type: ignore[union-attr]
    assert heard == [title(number)["id"] for number in range(1, COUNT + 1)]
    limits = [limit for after, limit in map(asked, server.requests) if after == 0]
    assert limits == [PAGE, 500, 250, 125, 62, 31, 15]


def test_asks_for_more_again_when_pages_are_small(reading: Reading, server: StandIn) -> None:
    while reading.pull():
        pass
    for _ in range(10):
        reading.pull()
    assert asked(server.requests[-1]) == (COUNT, PAGE)


def test_control_who_asks_for_the_same_page_again_hears_nothing(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_line, "TooLarge", Unreachable)
    for _ in range(20):
        with pytest.raises(Unreachable):
            reading.pull()
    assert reading.store.tables.changes == []


def test_waits_as_for_any_other_bad_answer_when_a_single_change_is_too_large(reading: Reading, server: StandIn) -> None:
    server.answer = one_too_large
    for _ in range(3):
        with pytest.raises(TooLarge):
            reading.pull()
    assert [asked(request)[1] for request in server.requests[-4:]] == [3, 1, 1, 1]
    assert reading.store.tables.cursor == ""
