"""The station's end of docs/protocol.md."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from central_link.http_line import Answer, HttpLine
from central_link.native_rest_wire import decode_page, decode_verdicts, encode_operations
from kiosk.domain.operations import Operation
from kiosk.ports.central import Capabilities, ChangePage, Verdict
from kiosk.ports.errors import CursorLost, Refused, Unreachable

LARGEST_BATCH = 500
LARGEST_PAGE = 2_000
LONGEST_WAIT_S = 55

_Seconds = Annotated[float, Meta(gt=0, le=600)]
_Batch = Annotated[int, Meta(ge=1, le=LARGEST_BATCH)]


@dataclass(frozen=True, slots=True)
class NativeRestConfig:
    """`url` of the server, e.g. http://127.0.0.1:8080. `read_timeout_s` bounds a whole answer (beyond a wait that was
    asked for), `batch` is operations in one request. Raises ValueError with a sentence for whoever wrote the file."""

    url: str
    library_id: str
    device_id: str
    connect_timeout_s: _Seconds = 5.0
    read_timeout_s: _Seconds = 30.0
    batch: _Batch = LARGEST_BATCH

    def __post_init__(self) -> None:
        server_address(self.url)
        if not self.library_id or not self.device_id:
            raise ValueError("a station needs a library and a device name")


class NativeRestLink:
    """Used by two threads, one that sends and one that asks for changes: each has a connection of its own. `close` may
    come from any thread and ends what they wait for."""

    def __init__(self, config: NativeRestConfig) -> None:
        self._config = config
        base = server_address(config.url)
        self._operations_url = f"{base}/v1/operations"
        self._changes_url = f"{base}/v1/changes"
        self._push_line = HttpLine(config.connect_timeout_s)
        self._pull_line = HttpLine(config.connect_timeout_s)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            idempotent=True, change_feed=True, offline_replay=True, check_in=True, batch=self._config.batch
        )

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        if not operations:
            return ()
        body = encode_operations(self._config.library_id, self._config.device_id, operations)
        answer = self._push_line.ask("POST", self._operations_url, body=body, within_s=self._config.read_timeout_s)
        if answer.status in (400, 413, 500):
            raise Refused(answer.status)
        return decode_verdicts(_protocol_content(answer), operations)

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        wait = min(max(int(wait_s), 0), LONGEST_WAIT_S)
        answer = self._pull_line.ask(
            "GET",
            self._changes_url,
            params={
                "library": self._config.library_id,
                "cursor": cursor,
                "limit": min(max(limit, 1), LARGEST_PAGE),
                "wait": wait,
            },
            within_s=self._config.read_timeout_s + wait,
        )
        if answer.status == 410:
            raise CursorLost("the server does not know this cursor")
        return decode_page(_protocol_content(answer), cursor)

    def close(self) -> None:
        self._push_line.close()
        self._pull_line.close()


def server_address(url: str) -> str:
    """`url` without its last "/". Raises ValueError for what a station must not speak to."""
    if not url.isascii() or any(sign in url for sign in " \\\t\r\n"):
        raise ValueError(f"not an address of a server: {url!r}")
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise ValueError(f"not an address of a server: {url!r}") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError(f"the server's address begins with http:// or https://, unlike {url!r}")
    if parts.auth or parts.query or parts.fragment:
        raise ValueError("the server's address holds no user name, question mark or #")
    if not _is_loopback(parts.host):
        raise ValueError(
            "requests are not signed yet, so a station speaks only to a server on the same machine "
            f"(http://127.0.0.1:PORT), not to {parts.host!r}"
        )
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.host}{port}{(parts.path or '').rstrip('/')}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _protocol_content(answer: Answer) -> bytes:
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    if answer.content_type != "application/json":
        raise Unreachable("the answer is not JSON")
    return answer.content
