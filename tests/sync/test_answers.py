"""What the station makes of each answer that docs/protocol.md names: the real link, the real store, a real socket."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from central_link.http_line import LARGEST_ANSWER
from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.domain.operations import Operation
from kiosk.sync.outbox import REFUSED, Outbox, Outcome, PushRun
from local_store import SqlStore, open_store
from tests.central_link.stand_in import Answerer, Request, StandIn, accepted, reply, right, stand_in
from tests.central_link.test_native_rest_answers import (
    WRONG_ANSWERS,
    content,
    drip_body,
    drip_chunks,
    drip_head,
    silence,
    verdicts,
)
from tests.local_store.shelf import config_in, new_store, write_operation

Handler = BaseHTTPRequestHandler

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
SETTLES, DISPUTED, HALVES, WAITS = "settles", "settles as disputed", "halves", "waits"
WRITTEN = 4


def reset(handler: Handler) -> None:
    """By RST, so that nobody can take it for the end of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.wfile.close()
    handler.rfile.close()
    handler.connection.close()


def reset_before_the_answer(handler: Handler, _request: Request) -> None:
    reset(handler)


def reset_in_the_head(handler: Handler, _request: Request) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    handler.wfile.flush()
    reset(handler)


def reset_in_the_body(handler: Handler, request: Request) -> None:
    whole = json.dumps({"verdicts": accepted(request)}).encode()
    reply(handler, whole[: len(whole) // 2], length=len(whole))
    handler.wfile.flush()
    reset(handler)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (4 * LARGEST_ANSWER), 1)


def bomb(handler: Handler, _request: Request) -> None:
    reply(handler, _bomb(), Content_Encoding="gzip")


def redirect(status: int) -> Answerer:
    return lambda handler, _request: reply(handler, b"", status, Location="/login")


def every(verdict: str, reason: str | None = None) -> Answerer:
    return verdicts(lambda rows: [row.update(verdict=verdict, reason=reason) for row in rows])


_AS_THEY_ARE = (
    "html",
    "html that says that it is JSON",
    "right JSON that says that it is text",
    "cut off",
    "cut off but well counted",
    "closed in the middle",
    "no HTTP",
    "nothing at all",
    "one too few",
    "one too many",
    "none",
    "another order",
    "another epoch",
    "another operation",
    "an unknown verdict",
    "no verdict",
    "a dispute without a reason",
    "a dispute about a person",
    "too large",
    "too large without a length",
    "compressed",
    "something after the end",
)
_WAITING = (
    401,
    403,
    404,
    405,
    408,
    409,
    410,
    411,
    415,
    421,
    422,
    425,
    426,
    428,
    429,
    431,
    451,
    501,
    502,
    503,
    504,
    511,
)
_SLOW = {"silence": silence, "drip in the head": drip_head, "drip in the body": drip_body, "endless": drip_chunks}

ANSWERS: dict[str, tuple[str, Callable[[StandIn], Answerer]]] = {
    "accepted": (SETTLES, lambda _: every("accepted")),
    "duplicate": (SETTLES, lambda _: every("duplicate")),
    "disputed": (DISPUTED, lambda _: every("disputed", "unknown_item")),
    **{str(status): (HALVES, lambda _, s=status: content("", s)) for status in (400, 413, 500)},
    **{str(status): (WAITS, lambda _, s=status: content("", s)) for status in _WAITING},
    **{str(status): (WAITS, lambda _, s=status: content("{}", s)) for status in (201, 202, 204)},
    **{str(status): (WAITS, lambda _, s=status: redirect(s)) for status in (301, 302, 303, 307, 308)},
    **{name: (WAITS, lambda _, name=name: WRONG_ANSWERS[name]) for name in _AS_THEY_ARE},
    **{name: (WAITS, slow) for name, slow in _SLOW.items()},
    "gzip bomb": (WAITS, lambda _: bomb),
    "reset before the answer": (WAITS, lambda _: reset_before_the_answer),
    "reset in the head": (WAITS, lambda _: reset_in_the_head),
    "reset in the body": (WAITS, lambda _: reset_in_the_body),
}


class Desk:
    """A station's outbox with `WRITTEN` operations, on its real store, towards a stand-in."""

    def __init__(self, store: SqlStore, server: StandIn) -> None:
        self.store, self.server = store, server
        with store.unit_of_work() as work:
            self.written: list[Operation] = [write_operation(work) for _ in range(WRITTEN)]
            work.commit()

    def push(self, read_timeout_s: float = 20.0) -> PushRun:
        link = NativeRestLink(
            NativeRestConfig(
                self.server.url, "hoa-sen", "tram-1", self.server.key_folder, read_timeout_s=read_timeout_s
            )
        )

        def on_store(job: object) -> object:
            with self.store.unit_of_work() as work:
                return job(work)  # type: ignore[operator]

        try:
            return Outbox(link, on_store, lambda _: None).push(threading.Event())  # type: ignore[arg-type]
        finally:
            link.close()

    def kept(self) -> list[tuple[object, object]]:
        return [(row["state"], row["reason"]) for row in self.store.ledger()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_store(new_store(config_in(tmp_path)))
    with stand_in() as server:
        yield Desk(store, server)
    store.close()


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the page's first table after this line."""
    lines = PAGE.read_text(encoding="utf-8").partition(heading)[2].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    table = lines[first + 1 :]
    end = next(number for number, line in enumerate(table) if not line.startswith("|"))
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[:end]]


REASONS = [row[0].strip("`") for row in rows_under("| `disputed` |")]


def test_the_page_and_these_tests_name_the_same_answers_and_rules() -> None:
    page = {name: rule for names, rule in rows_under("### Answer by answer") for name in names.split(" · ")}
    assert page == {name: rule for name, (rule, _) in ANSWERS.items()}
    assert "lost_tail" in REASONS
    assert len(REASONS) == 13


@pytest.mark.parametrize("name", [name for name, (rule, _) in ANSWERS.items() if rule in (SETTLES, DISPUTED)])
def test_settles(desk: Desk, name: str) -> None:
    rule, answer = ANSWERS[name]
    desk.server.answer = answer(desk.server)
    assert desk.push().outcome is Outcome.DRAINED
    assert desk.kept() == [("disputed", "unknown_item") if rule is DISPUTED else ("settled", None)] * WRITTEN


@pytest.mark.parametrize("reason", REASONS)
def test_keeps_each_reason_of_a_dispute(desk: Desk, reason: str) -> None:
    desk.server.answer = every("disputed", reason)
    assert desk.push().outcome is Outcome.DRAINED
    assert desk.kept() == [("disputed", reason)] * WRITTEN


@pytest.mark.parametrize("name", [name for name, (rule, _) in ANSWERS.items() if rule is WAITS])
def test_waits(desk: Desk, name: str) -> None:
    desk.server.answer = ANSWERS[name][1](desk.server)
    run = desk.push(read_timeout_s=0.2 if name in _SLOW else 20.0)
    assert run.outcome is Outcome.UNREACHABLE
    assert desk.kept() == [("pending", None)] * WRITTEN
    assert len(desk.server.requests) == 1, "one request is enough to know"
    desk.server.answer = right
    assert desk.push() == PushRun(Outcome.DRAINED, WRITTEN)
    assert desk.server.requests[0].body == desk.server.requests[-1].body, "the very same is sent again"


def _refuses(operation: Operation, status: int) -> Answerer:
    def answer(handler: Handler, request: Request) -> None:
        if any((one["epoch"], one["seq"]) == (operation.id.epoch, operation.id.seq) for one in request.operations):
            reply(handler, b"", status)
        else:
            right(handler, request)

    return answer


@pytest.mark.parametrize("name", [name for name, (rule, _) in ANSWERS.items() if rule is HALVES])
def test_halves_until_the_one_bad_operation_stands_alone(desk: Desk, name: str) -> None:
    desk.server.answer = _refuses(desk.written[1], int(name))
    assert desk.push().outcome is Outcome.DRAINED
    settled = ("settled", None)
    assert desk.kept() == [settled, ("set_aside", REFUSED), settled, settled]


@pytest.mark.parametrize("name", [name for name, (rule, _) in ANSWERS.items() if rule is HALVES])
def test_sets_nothing_aside_when_everything_is_refused(desk: Desk, name: str) -> None:
    desk.server.answer = content("", int(name))
    assert desk.push().outcome is Outcome.REFUSED
    assert desk.kept() == [("pending", None)] * WRITTEN


def test_sends_the_same_again_when_the_time_ran_out_after_the_commit(desk: Desk) -> None:
    recorded: list[str] = []

    def records_and_is_silent(handler: Handler, request: Request) -> None:
        recorded.extend(one["hash"] for one in request.operations)
        silence(desk.server)(handler, request)

    desk.server.answer = records_and_is_silent
    assert desk.push(read_timeout_s=0.2).outcome is Outcome.UNREACHABLE
    assert desk.kept() == [("pending", None)] * WRITTEN
    desk.server.answer = every("duplicate")
    assert desk.push().outcome is Outcome.DRAINED
    assert [one["hash"] for one in desk.server.requests[-1].operations] == recorded


def test_waits_when_the_connection_is_reset_before_or_in_the_request(desk: Desk) -> None:
    """Whoever takes a connection and resets it has read nothing, or a part of it."""
    for reads in (0, 20, 400):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(1)
            url, desk.server.url = desk.server.url, f"http://127.0.0.1:{listening.getsockname()[1]}"

            def take(listening: socket.socket = listening, reads: int = reads) -> None:
                taken, _ = listening.accept()
                with taken:
                    taken.recv(reads) if reads else None
                    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

            thread = threading.Thread(target=take)
            thread.start()
            assert desk.push().outcome is Outcome.UNREACHABLE
            thread.join()
            desk.server.url = url
        assert desk.kept() == [("pending", None)] * WRITTEN
    assert desk.push().outcome is Outcome.DRAINED
