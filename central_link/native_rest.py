"""The station's end of docs/protocol.md."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from kiosk.domain.operations import Operation
from kiosk.domain.server_address import server_address
from kiosk.ports.central import Capabilities, ChangePage, Verdict
from kiosk.ports.errors import CursorLost, Refused, Unreachable
from kiosk.ports.host import StationClock

if TYPE_CHECKING:
    from central_link.centre_key import CentreKey
    from central_link.http_line import Answer
    from central_link.signed_line import SignedLine

LARGEST_BATCH = 500
LARGEST_PAGE = 2_000
LONGEST_WAIT_S = 55

_Seconds = Annotated[float, Meta(gt=0, le=600)]
_Batch = Annotated[int, Meta(ge=1, le=LARGEST_BATCH)]


@dataclass(frozen=True, slots=True)
class NativeRestConfig:
    """`url` of the server, e.g. https://thu-vien.example.vn. `key_folder` holds the station's own key. `ca_file`: the
    only authority (PEM) that is trusted for the server's certificate. `read_timeout_s` bounds a whole answer (beyond a
    wait that was asked for), `batch` is operations in one request. Raises ValueError with a sentence for whoever wrote
    the file."""

    url: str
    library_id: str
    device_id: str
    key_folder: Path
    ca_file: Path | None = None
    connect_timeout_s: _Seconds = 5.0
    read_timeout_s: _Seconds = 30.0
    batch: _Batch = LARGEST_BATCH

    def __post_init__(self) -> None:
        address = server_address(self.url)
        if self.ca_file is not None:
            check_authority(self.ca_file, address)
        if not self.library_id or not self.device_id:
            raise ValueError("a station needs a library and a device name")


class NativeRestLink:
    """Used by four threads: one sends, one asks for changes, one tells how the station is, one sends bundles. Each
    has a connection of its own. `close` may come from any thread and ends what they wait for."""

    def __init__(self, config: NativeRestConfig, clock: StationClock | None = None) -> None:
        self._config = config
        base = server_address(config.url)
        self._time_url = f"{base}/v1/time"
        self._device_url = f"{base}/v1/device"
        self._operations_url = f"{base}/v1/operations"
        self._changes_url = f"{base}/v1/changes"
        self._health_url = f"{base}/v1/health"
        self._support_url = f"{base}/v1/support"
        self._push_line = _LateLine(config, clock)
        self._pull_line = _LateLine(config, clock)
        self._health_line = _LateLine(config, clock)
        self._support_line = _LateLine(config, clock)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            idempotent=True,
            change_feed=True,
            offline_replay=True,
            check_in=True,
            batch=self._config.batch,
            signed_date=True,
            health=True,
        )

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        if not operations:
            return ()
        from central_link.native_rest_wire import decode_verdicts, encode_operations

        body = encode_operations(self._config.library_id, self._config.device_id, operations)
        # Sent twice it would change nothing and tell nothing new.
        answer = self._push_line().ask(
            "POST", self._operations_url, body=body, within_s=self._config.read_timeout_s, once=False
        )
        if answer.status in (400, 413, 500):
            raise Refused(answer.status)
        return decode_verdicts(_protocol_content(answer), operations)

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        from central_link.native_rest_wire import decode_page

        wait = min(max(int(wait_s), 0), LONGEST_WAIT_S)
        answer = self._pull_line().ask(
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

    def signed_time(self) -> int:
        from central_link.native_rest_wire import decode_time

        nonce = secrets.token_hex(16)
        key = self._key_of_the_centre()
        answer = self._pull_line().ask_openly(
            self._time_url, params={"nonce": nonce}, within_s=self._config.read_timeout_s
        )
        return decode_time(_protocol_content(answer), nonce, key)

    def _key_of_the_centre(self) -> CentreKey:
        """As it was told at the enrolment; a station that was enrolled before there was one asks once."""
        from central_link.centre_key import CentreKey
        from central_link.native_rest_wire import decode_server_key

        folder = self._config.key_folder
        try:
            key = CentreKey.pinned_in(folder)
            if key is None:
                answer = self._pull_line().ask("GET", self._device_url, within_s=self._config.read_timeout_s)
                key = CentreKey.from_text(decode_server_key(_protocol_content(answer)))
                key.pin_in(folder)
        except (OSError, ValueError) as error:
            raise Unreachable(f"there is no key of the centre: {type(error).__name__}") from error
        return key

    def tell_health(self, report: Mapping[str, object]) -> None:
        from central_link.native_rest_wire import encode_health

        body = encode_health(self._config.library_id, self._config.device_id, report)
        _protocol_content(
            self._health_line().ask("POST", self._health_url, body=body, within_s=self._config.read_timeout_s)
        )

    def send_support(self, bundle: bytes) -> None:
        answer = self._support_line().ask(
            "POST",
            self._support_url,
            params={"library": self._config.library_id, "device": self._config.device_id},
            body=bundle,
            content_type="application/gzip",
            within_s=self._config.read_timeout_s,
        )
        _protocol_content(answer)

    def close(self) -> None:
        self._push_line.close()
        self._pull_line.close()
        self._health_line.close()
        self._support_line.close()


class _LateLine:
    """Made when it is first asked for, by the thread that will use it: the first frame does not wait for what it
    imports."""

    def __init__(self, config: NativeRestConfig, clock: StationClock | None) -> None:
        self._config = config
        self._clock = clock
        self._line: SignedLine | None = None
        self._closed = False

    def __call__(self) -> SignedLine:
        if self._line is None:
            from central_link.signed_line import SignedLine, stations_key

            config = self._config
            key = stations_key(config.key_folder)
            self._line = SignedLine(key, config.connect_timeout_s, config.ca_file, self._clock)
        if self._closed:  # perhaps just now
            self._line.close()
        return self._line

    def close(self) -> None:
        self._closed = True
        if self._line is not None:
            self._line.close()


def check_authority(ca_file: Path, address: str) -> None:
    """Raises ValueError with a sentence for what cannot vouch for the server at `address`."""
    if not address.startswith("https:"):
        raise ValueError(f"ca_file is about the certificate of a server with https, unlike {address}")
    try:
        known = b"-----BEGIN CERTIFICATE-----" in ca_file.read_bytes()
    except OSError as error:
        raise ValueError(f"ca_file {ca_file} cannot be read: {error.strerror}") from error
    if not known:
        raise ValueError(f"ca_file {ca_file} holds no certificate (PEM)")


def _protocol_content(answer: Answer) -> bytes:
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    if answer.content_type != "application/json":
        raise Unreachable("the answer is not JSON")
    return answer.content
