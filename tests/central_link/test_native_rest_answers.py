"""Every answer that is not the protocol's, from a real HTTP server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests

from central_link.http_line import LARGEST_ANSWER
from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.domain.operations import Operation
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import CursorLost, PortError, Refused, Unreachable
from tests.central_link.stand_in import Answerer, Request, StandIn, accepted, reply, right, stand_in
from tests.sync.chains import Chain

Handler = BaseHTTPRequestHandler
NAME = "Nguyễn Văn An"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as there:
        yield there


def link_to(server: StandIn, read_timeout_s: float = 20.0) -> NativeRestLink:
    return NativeRestLink(
        NativeRestConfig(server.url, "hoa-sen", "tram-1", server.key_folder, read_timeout_s=read_timeout_s)
    )


@pytest.fixture
def operations() -> list[Operation]:
    return Chain().check_ins(4)


def verdicts(change: Callable[[list[dict[str, Any]]], object]) -> Answerer:
    """The right verdicts after `change` has spoilt them."""

    def answer(handler: Handler, request: Request) -> None:
        rows = accepted(request)
        change(rows)
        reply(handler, json.dumps({"verdicts": rows}).encode())

    return answer


def content(text: str | bytes, status: int = 200, content_type: str = "application/json") -> Answerer:
    data = text.encode() if isinstance(text, str) else text
    return lambda handler, _request: reply(handler, data, status, content_type)


def cut_off(handler: Handler, request: Request) -> None:
    whole = json.dumps({"verdicts": accepted(request)}).encode()
    reply(handler, whole[:-20], length=len(whole))
    handler.close_connection = True


def cut_off_but_well_counted(handler: Handler, request: Request) -> None:
    reply(handler, json.dumps({"verdicts": accepted(request)}).encode()[:-20])


def hang_up(handler: Handler, _request: Request) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def no_http(handler: Handler, _request: Request) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


def huge(handler: Handler, request: Request) -> None:
    rows = json.dumps({"verdicts": accepted(request)}).encode()
    reply(handler, rows + b" " * LARGEST_ANSWER)


def huge_without_a_length(handler: Handler, _request: Request) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for _ in range(LARGEST_ANSWER // 65_536 + 1):
        handler.wfile.write(b" " * 65_536)
    handler.close_connection = True


WRONG_ANSWERS = {
    "html": content("<html>Welcome to the school's Wi-Fi</html>", content_type="text/html"),
    "html that says that it is JSON": content("<html></html>"),
    "right JSON that says that it is text": lambda handler, request: reply(
        handler, json.dumps({"verdicts": accepted(request)}).encode(), content_type="text/plain"
    ),
    "cut off": cut_off,
    "cut off but well counted": cut_off_but_well_counted,
    "closed in the middle": hang_up,
    "no HTTP": no_http,
    "nothing at all": content(""),
    "a list": content("[]"),
    "no UTF-8": content(b'{"verdicts": "\xff"}'),
    "no UTF-8 in a reason": content(b'{"verdicts": [{"epoch": "\xff", "seq": 1, "verdict": "accepted"}]}'),
    "nested without end": content('{"verdicts": ' + "[" * 100_000),
    "another object": content('{"verdict": []}'),
    "something after the end": lambda handler, request: reply(
        handler, json.dumps({"verdicts": accepted(request)}).encode() + b"{}"
    ),
    "one too few": verdicts(lambda rows: rows.pop()),
    "one too many": verdicts(lambda rows: rows.append(rows[0])),
    "none": verdicts(lambda rows: rows.clear()),
    "another order": verdicts(lambda rows: rows.reverse()),
    "another epoch": verdicts(lambda rows: rows[0].update(epoch="0" * 32)),
    "another operation": verdicts(lambda rows: rows[0].update(seq=99)),
    "an unknown verdict": verdicts(lambda rows: rows[2].update(verdict="maybe")),
    "no verdict": verdicts(lambda rows: rows[2].pop("verdict")),
    "a dispute without a reason": verdicts(lambda rows: rows[2].update(verdict="disputed")),
    "a dispute about a person": verdicts(lambda rows: rows[2].update(verdict="disputed", reason=NAME)),
    "too large": huge,
    "too large without a length": huge_without_a_length,
    "compressed": lambda handler, request: reply(handler, b"\x1f\x8b", Content_Encoding="gzip"),
    **{f"status {status}": content(NAME, status) for status in (201, 204, 401, 403, 404, 410, 422, 429, 502, 503, 504)},
}


@pytest.mark.parametrize("answer", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS.keys())
def test_no_answer_is_known_when_it_is_not_the_protocols(
    server: StandIn, operations: list[Operation], answer: Answerer
) -> None:
    link = link_to(server)
    server.answer = answer
    with pytest.raises(Unreachable) as caught:
        link.send(operations)
    assert_says_little(caught.value)
    server.answer = right
    assert len(link.send(operations)) == 4  # and the link is whole


def test_control_the_stand_ins_right_answer_is_taken(server: StandIn, operations: list[Operation]) -> None:
    expected = [Verdict(operation.id, VerdictKind.ACCEPTED) for operation in operations]
    assert list(link_to(server).send(operations)) == expected


def assert_says_little(error: PortError) -> None:
    assert 0 < len(str(error)) < 80
    assert NAME not in str(error)


@pytest.mark.parametrize("status", [400, 413, 500])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_the_whole_request_is_refused(server: StandIn, operations: list[Operation], status: int, kind: str) -> None:
    server.answer = content(NAME, status, kind)
    with pytest.raises(Refused) as caught:
        link_to(server).send(operations)
    assert caught.value.status == status
    assert_says_little(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect(server: StandIn, operations: list[Operation], status: int) -> None:
    with stand_in() as elsewhere:
        server.answer = lambda handler, request: reply(handler, b"", status, Location=elsewhere.url + request.path)
        with pytest.raises(Unreachable):
            link_to(server).send(operations)
        assert elsewhere.requests == []
        if status in (307, 308):  # the control: requests alone carries the operations there
            requests.post(f"{server.url}/v1/operations", json={"operations": []}, timeout=20)
            assert len(elsewhere.requests) == 1


WRONG_PAGES = {
    "html": content("<html></html>", content_type="text/html"),
    "cut off": content('{"changes": [{"kind": "ti'),
    "no changes": content('{"cursor": "2", "more": false}'),
    "changes of another shape": content('{"changes": {}, "cursor": "2", "more": false}'),
    "no cursor": content('{"changes": [], "more": false}'),
    "the cursor that we have": content('{"changes": [], "cursor": "1", "more": true}'),
    "the beginning again": content('{"changes": [], "cursor": "", "more": false}'),
    "nested without end": content('{"changes": [' + "[" * 100_000),
    **{f"status {status}": content("{}", status) for status in (201, 204, 302, 400, 401, 404, 413, 429, 500, 502, 503)},
}


@pytest.mark.parametrize("answer", WRONG_PAGES.values(), ids=WRONG_PAGES.keys())
def test_no_page_is_known_when_it_is_not_the_protocols(server: StandIn, answer: Answerer) -> None:
    server.answer = answer
    with pytest.raises(Unreachable) as caught:
        link_to(server).changes("1", 1_000, 0.0)
    assert_says_little(caught.value)


def test_begins_again_when_the_cursor_is_not_known(server: StandIn) -> None:
    server.answer = content('{"error": "restored"}', 410)
    with pytest.raises(CursorLost):
        link_to(server).changes("1", 1_000, 0.0)


def drip_head(server: StandIn) -> Answerer:
    def answer(handler: Handler, _request: Request) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not server.released.wait(0.02):
            handler.wfile.write(b"x")

    return answer


def drip_body(server: StandIn) -> Answerer:
    def answer(handler: Handler, _request: Request) -> None:
        reply(handler, b"", length=1_000_000)
        while not server.released.wait(0.02):
            handler.wfile.write(b" ")

    return answer


def drip_chunks(server: StandIn) -> Answerer:
    def answer(handler: Handler, _request: Request) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.released.wait(0.02):
            handler.wfile.write(b"1\r\n \r\n")

    return answer


def silence(server: StandIn) -> Answerer:
    def answer(_handler: Handler, _request: Request) -> None:
        server.released.wait()

    return answer


@pytest.mark.parametrize("slow", [drip_head, drip_body, drip_chunks, silence])
def test_gives_an_endless_answer_up(
    server: StandIn, operations: list[Operation], slow: Callable[[StandIn], Answerer]
) -> None:
    """It would go on until the stand-in is released: that the call returns at all shows the bound."""
    server.answer = slow(server)
    with pytest.raises(Unreachable):
        link_to(server, read_timeout_s=0.3).send(operations)
    assert not server.released.is_set()


def drips_for_a_while(handler: Handler, request: Request) -> None:
    """A whole answer whose pieces come soon after one another, and whose end comes late."""
    whole = json.dumps({"verdicts": accepted(request)}).encode()
    reply(handler, b"", length=len(whole) + 40)
    for _ in range(40):
        time.sleep(0.02)
        handler.wfile.write(b" ")
    handler.wfile.write(whole)


def test_bounds_the_whole_answer_and_not_each_piece(server: StandIn, operations: list[Operation]) -> None:
    server.answer = drips_for_a_while
    with pytest.raises(Unreachable):
        link_to(server, read_timeout_s=0.3).send(operations)


@pytest.mark.slow
def test_control_requests_alone_waits_longer_than_its_timeout(server: StandIn) -> None:
    server.answer = drips_for_a_while
    assert requests.post(f"{server.url}/v1/operations", json={"operations": []}, timeout=0.3).status_code == 200


def test_an_answer_in_pieces_is_taken_when_it_is_whole_in_time(server: StandIn, operations: list[Operation]) -> None:
    def in_pieces(handler: Handler, request: Request) -> None:
        whole = json.dumps({"verdicts": accepted(request)}).encode()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(whole), 50):
            piece = whole[start : start + 50]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    server.answer = in_pieces
    link = link_to(server)
    assert len(link.send(operations)) == 4
    assert len(link.send(operations)) == 4
    assert server.requests[0].client_port == server.requests[1].client_port


def test_keeps_one_connection_for_each_of_its_two_threads(server: StandIn, operations: list[Operation]) -> None:
    link = link_to(server)
    for _ in range(5):
        link.send(operations)
        link.changes("", 10, 0.0)
    ports = {method: {r.client_port for r in server.requests if r.method == method} for method in ("POST", "GET")}
    assert len(ports["POST"]) == len(ports["GET"]) == 1
    assert ports["POST"] != ports["GET"]


def test_sends_the_body_of_an_operation_byte_for_byte(server: StandIn) -> None:
    chain = Chain()
    lent = chain.check_out("i", 'ĐKCB "7"\\\N{SNOWMAN}\u2028', "3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    back = chain.check_in("TK.00001")
    link_to(server).send([lent, back])
    sent = json.loads(server.requests[0].body)
    assert {name: sent[name] for name in ("protocol", "library", "device")} == {
        "protocol": 1,
        "library": "hoa-sen",
        "device": "tram-1",
    }
    assert lent.reader is not None
    assert sent["operations"] == [
        {
            "epoch": lent.id.epoch,
            "seq": 1,
            "hash": lent.hash.hex(),
            "body": lent.body,
            "reader": {"patron": lent.reader.patron_id, "salt": lent.reader.salt.hex()},
        },
        {"epoch": back.id.epoch, "seq": 2, "hash": back.hash.hex(), "body": back.body, "reader": None},
    ]


def test_asks_for_changes_as_the_protocol_says(server: StandIn) -> None:
    link = link_to(server)
    link.changes("a&b=1", 5_000, 25.7)
    link.changes("", 0, 1_000.0)
    assert [request.path for request in server.requests] == [
        "/v1/changes?library=hoa-sen&cursor=a%26b%3D1&limit=2000&wait=25",
        "/v1/changes?library=hoa-sen&cursor=&limit=1&wait=55",
    ]


def test_goes_through_no_proxy_and_keeps_no_cookie(
    server: StandIn, operations: list[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(content("a proxy", 502)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        server.answer = lambda handler, request: reply(
            handler, json.dumps({"verdicts": accepted(request)}).encode(), Set_Cookie="a=b"
        )
        link = link_to(server)
        link.send(operations)
        link.send(operations)
        assert proxy.requests == []
        with requests.Session() as trusting:  # the control: requests alone goes through the proxy
            assert trusting.get(server.url, timeout=20).status_code == 502
    assert "Cookie" not in server.requests[1].headers


def test_sends_nothing_when_there_is_nothing_to_send(server: StandIn) -> None:
    assert link_to(server).send([]) == ()
    assert server.requests == []


def test_is_out_of_reach_when_nobody_listens(server: StandIn, operations: list[Operation]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: whoever connects is turned away
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        link = NativeRestLink(NativeRestConfig(url, "hoa-sen", "tram-1", server.key_folder))
        with pytest.raises(Unreachable):
            link.send(operations)
        with pytest.raises(Unreachable):
            link.changes("", 10, 0.0)


def test_closing_ends_an_answer_that_is_waited_for(server: StandIn) -> None:
    server.answer = silence(server)
    link = link_to(server, read_timeout_s=600.0)
    ended: list[Exception] = []

    def wait() -> None:
        try:
            link.changes("1", 10, 55.0)
        except Unreachable as error:
            ended.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not server.requests:
        time.sleep(0.005)
    link.close()
    thread.join(20.0)
    assert len(ended) == 1
    with pytest.raises(Unreachable):
        link.send(Chain().check_ins(1))
