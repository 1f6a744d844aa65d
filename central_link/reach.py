"""Whether the centre answers this station now: for whoever looks at the machine."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from central_link.enrolment import Enroller
from central_link.http_line import Distrusted, HttpLine
from central_link.identity import Identity, KeyUnusable
from central_link.native_rest import NativeRestConfig
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock


def ask_centre(config: NativeRestConfig, clock: StationClock) -> Mapping[str, object]:
    """`standing`, `sync_s_ago`, and `why` it could not be asked: "name", "certificate", "clock" (the certificate's
    dates, by a clock that nobody vouches for) or what else. Takes as long as the network lets it: seconds."""
    host = urlsplit(config.url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return {"standing": "unreachable", "sync_s_ago": None, "why": "name"}
    try:
        key = Identity(config.key_folder).key()
    except KeyUnusable:
        key = None
    try:
        if key is None:
            _knock(config, clock)
            return {"standing": "not_enrolled", "sync_s_ago": None, "why": None}
        return {"standing": Enroller(config, key, clock).standing().value, "sync_s_ago": 0.0, "why": None}
    except Distrusted as error:
        why = "clock" if error.by_an_unsure_clock else "certificate"
        return {"standing": "unreachable", "sync_s_ago": None, "why": why}
    except Unreachable as error:
        return {"standing": "unreachable", "sync_s_ago": None, "why": str(error)}


def _knock(config: NativeRestConfig, clock: StationClock) -> None:
    """Raises Unreachable."""
    line = HttpLine(config.connect_timeout_s, config.ca_file, clock)
    try:
        answer = line.ask("GET", config.url.rstrip("/") + "/v1/health", within_s=config.read_timeout_s)
    finally:
        line.close()
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
