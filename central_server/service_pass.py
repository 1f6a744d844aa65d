"""Service passes: what a maintainer holds before a station's scanner to see how it is (docs/protocol.md)."""

import secrets
from dataclasses import dataclass
from urllib.parse import quote

from central_server.cannot import CannotDo
from central_server.server_key import ServerKey

LONGEST_HOURS = 72
_LONGEST = 250  # letters: what every scanner of a station reads as one code


@dataclass(frozen=True, slots=True)
class Pass:
    text: str
    id: str
    until_ms: int


def make_pass(key: ServerKey, library: str, device: str, hours: int, now_ms: int) -> Pass:
    """For one station, for so many hours from now. Raises `CannotDo`."""
    if not 1 <= hours <= LONGEST_HOURS:
        raise CannotDo(f"A service pass is good for 1 to {LONGEST_HOURS} hours, not {hours}.")
    identity, until_s = secrets.token_hex(8), now_ms // 1000 + hours * 3600
    said = f"TRAM-PASS:1:{quote(library, safe='')}:{quote(device, safe='')}:{identity}:{until_s}:{hours}"
    signature = key.sign(f"tram-xanh service pass v1\n{said}")
    text = f"{said}:{signature}"
    if len(text) > _LONGEST:
        raise CannotDo(f"The name of the device is too long for a service pass: {device!r}.")
    return Pass(text, identity, until_s * 1000)
