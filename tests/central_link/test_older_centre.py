"""A centre that is older than this station: what it does not know, it says with 404, and nothing else is held up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.sync.heartbeat import Heartbeat
from tests.central_link.stand_in import enrolled


class _Older(BaseHTTPRequestHandler):
    asked: list[str]

    def do_POST(self) -> None:
        self.asked.append(self.path.partition("?")[0])
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b'{"error": "Not Found"}'
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def link(tmp_path: Path) -> Iterator[NativeRestLink]:
    _Older.asked = []
    server = HTTPServer(("127.0.0.1", 0), _Older)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    enrolled(tmp_path)
    made = NativeRestLink(NativeRestConfig(f"http://127.0.0.1:{server.server_port}", "hoa-sen", "tram-1", tmp_path))
    try:
        yield made
    finally:
        made.close()
        server.shutdown()
        server.server_close()
        serving.join()


def test_is_told_nothing_and_the_station_goes_on(link: NativeRestLink) -> None:
    for tell in (lambda: link.tell_health({"version": "0.1.0"}), lambda: link.send_support(b"\x1f\x8b")):
        with pytest.raises(Unreachable, match="404") as caught:
            tell()
        assert caught.value.standing is Standing.UNREACHABLE
    assert _Older.asked == ["/v1/health", "/v1/support"]


def test_is_not_asked_all_the_time(link: NativeRestLink) -> None:
    now = 0.0
    heartbeat = Heartbeat(link, lambda: now, lambda: {"version": "0.1.0"}, lambda report: report)
    for now in range(0, 3_600, 25):  # noqa: B007  (the heartbeat reads it)
        heartbeat.look_and_tell()
    assert 2 <= len(_Older.asked) <= 7
