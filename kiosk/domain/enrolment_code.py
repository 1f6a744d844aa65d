"""The enrolment code (docs/protocol.md): where the centre is, who this station becomes there, and by which token.

It comes from whoever holds a picture before the camera, so nothing in it is believed before all of it was looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from kiosk.domain.server_address import server_address

FILE_NAME = "tram-xanh-enrol.txt"
"""What a file with the code in it is called, on a USB stick for example."""
LONGEST = 500
"""Characters."""
_FAMILY = re.compile(r"TXE(\d{1,4}):")
_VERSION = "1"
_LETTERS = re.compile(r"[A-Z2-7]*")
_LONGEST_URL = 200
_LONGEST_NAME = 64
_TOKEN_BYTES, _PIN_BYTES, _CHECK_BYTES = 16, 32, 4
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TOKEN_LETTERS = 26
_LONGEST_SSID = 32  # bytes
_PASSWORD = re.compile(r"[ -~]{8,63}")


class Fault(StrEnum):
    """Why a text is no enrolment code for this station."""

    OTHER = "other"  # something else: a book's label, a web address
    VERSION = "version"  # of a protocol that this release does not speak
    SPOILT = "spoilt"  # begins like one, and is not whole
    FORBIDDEN = "forbidden"  # whole, and asks for what no station does


@dataclass(frozen=True, slots=True)
class Wifi:
    """`password` "": an open network."""

    ssid: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """`server`: as server_address gives it. `token`: 16 bytes. `pin`: the SHA-256 of the only authority (DER) whose
    word is taken for the server's certificate; None: the usual ones."""

    server: str
    library: str
    device: str
    token: bytes = field(repr=False)
    pin: bytes | None = None
    wifi: Wifi | None = None

    @property
    def token_text(self) -> str:
        """As people type it: a number in Crockford's base 32."""
        number = int.from_bytes(self.token)
        return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_TOKEN_LETTERS)))


_Content = tuple[str, str, str, bytes, bytes | None, tuple[str, str] | None]


def is_enrolment_code(text: str) -> bool:
    """Of any version, whole or not: nobody keeps it or writes it to a log."""
    return _FAMILY.match(text.strip()) is not None


def read(text: str) -> EnrolmentCode | Fault:
    """Never raises. There is one text for each content, but for blanks around it."""
    text = text.strip()
    family = _FAMILY.match(text)
    if family is None:
        return Fault.OTHER
    if family[1] != _VERSION:
        return Fault.VERSION
    content = _content(text[family.end() :]) if len(text) <= LONGEST else None
    if content is None:
        return Fault.SPOILT
    code = _code(*content)
    if code is None:
        return Fault.FORBIDDEN
    return code if render(code) == text else Fault.FORBIDDEN  # another way to write the same: not by our centre


def render(code: EnrolmentCode) -> str:
    """The text of `code`."""
    network = (code.wifi.ssid, code.wifi.password) if code.wifi else None
    content = msgspec.msgpack.encode((code.server, code.library, code.device, code.token, code.pin, network))
    return f"TXE{_VERSION}:" + base64.b32encode(content + _check(content)).decode().rstrip("=")


def _content(letters: str) -> _Content | None:
    """None: a letter is wrong or missing, or it is not the six things of this version."""
    if not _LETTERS.fullmatch(letters):
        return None
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
        content, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
        if check != _check(content):
            return None
        decoded: _Content = msgspec.msgpack.decode(content, type=_Content)
        return decoded
    except (ValueError, binascii.Error, RecursionError):  # msgspec's own are ValueErrors
        return None


def _code(
    server: str, library: str, device: str, token: bytes, pin: bytes | None, network: tuple[str, str] | None
) -> EnrolmentCode | None:
    """None: no station may do that."""
    if len(server) > _LONGEST_URL or not _is_name(library) or not _is_name(device) or len(token) != _TOKEN_BYTES:
        return None
    if pin is not None and (len(pin) != _PIN_BYTES or server.startswith("http:")):
        return None
    wifi = None if network is None else Wifi(*network)
    if wifi is not None and not is_wifi(wifi):
        return None
    try:
        address = server_address(server)
    except ValueError:
        return None
    return EnrolmentCode(address, library, device, token, pin, wifi) if address == server else None


def is_wifi(wifi: Wifi) -> bool:
    """Whether there can be such a network: a name of 1 to 32 bytes that a screen can show, and a password as IEEE
    802.11 has it, or none."""
    try:
        length = len(wifi.ssid.encode())
    except UnicodeEncodeError:
        return False
    is_named = 1 <= length <= _LONGEST_SSID and wifi.ssid.isprintable()
    return is_named and (not wifi.password or _PASSWORD.fullmatch(wifi.password) is not None)


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= _LONGEST_NAME and text.isprintable() and text == text.strip()


def _check(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECK_BYTES)
