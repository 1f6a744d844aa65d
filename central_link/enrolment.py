"""Making a station known to the centre: docs/protocol.md, from the token to the four words that two people compare."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from central_link.centre_key import CentreKey
from central_link.http_line import Answer, Distrusted, HttpLine
from central_link.identity import DeviceKey
from central_link.native_rest import NativeRestConfig
from central_link.native_rest_wire import PROTOCOL
from central_link.signed_line import SignedLine
from central_link.signing import Signed
from kiosk.domain.server_address import server_address
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OIL", "011", "- \t\r\n")
_TOKEN_LETTERS = 26
_TOKEN_BYTES = 16
_WORDS_SALT = b"tram-xanh four words v1"

_Kind = TypeVar("_Kind")


class TokenRefused(Exception):
    """The centre does not take this token from this station."""


class _Enrolment(msgspec.Struct):
    protocol: int
    token: str
    library: str
    device: str
    public_key: str


class _Enrolled(msgspec.Struct):
    key_id: str
    state: Standing
    server_key: str | None = None
    proof: str | None = None


class Told(msgspec.Struct, frozen=True):
    """What the centre says of this station: its standing and, once it is active, the tables of station.toml that every
    station of the library gets (docs/protocol.md); None when nobody imported them there."""

    state: Standing
    station: dict[str, Any] | None = None


def token_bytes(text: str) -> bytes | None:
    """The 16 bytes of a token as people type it; None when it is none."""
    letters = text.upper().translate(_MEANT)
    if len(letters) != _TOKEN_LETTERS or not set(letters) <= set(_CROCKFORD):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _CROCKFORD.index(letter)
    return None if number.bit_length() > 8 * _TOKEN_BYTES else number.to_bytes(_TOKEN_BYTES)


def four_words(public_key: bytes, token: bytes, library_id: str, device_id: str) -> list[str]:
    """What this side shows. Takes a twentieth of a second, on purpose."""
    message = public_key + token + library_id.encode() + b"\0" + device_id.encode()
    return [_words()[byte] for byte in hashlib.scrypt(message, salt=_WORDS_SALT, n=16384, r=8, p=1, dklen=4)]


class Enroller:
    """Speaks for one key to the server of `config`. What it raises is Unreachable or TokenRefused."""

    def __init__(self, config: NativeRestConfig, key: DeviceKey, clock: StationClock | None = None) -> None:
        """`clock`: as of a CentralLink."""
        self._config = config
        self._key = key
        self._clock = clock
        self._base = server_address(config.url)

    def enrol(self, token: str, known: CentreKey | None = None) -> Standing:
        """What the centre says of the station now: PENDING, or later when the answer had been lost. Keeps the centre's
        own key, or raises OSError. `known`: whose server it has to be, else it raises Distrusted."""
        config, key = self._config, self._key
        public_key = base64.urlsafe_b64encode(key.public).rstrip(b"=").decode()
        request = _Enrolment(PROTOCOL, token, config.library_id, config.device_id, public_key)
        line = HttpLine(config.connect_timeout_s, config.ca_file, self._clock)
        try:
            answer = line.ask(
                "POST",
                f"{self._base}/v1/enrolments",
                body=msgspec.json.encode(request),
                auth=Signed(key, None),
                within_s=config.read_timeout_s,
            )
        finally:
            line.close()
        if answer.status == 403 and answer.content_type == "application/json":
            raise TokenRefused
        enrolled = _decoded(answer, _Enrolled)
        if enrolled.key_id != key.id:
            raise Unreachable("the answer is about another key")
        if known is not None:
            if not known.has_signed(f"tram-xanh enrolment v1\n{key.id}", enrolled.proof or ""):
                raise Distrusted("it is not the centre that this station knows")
            known.pin_in(config.key_folder)
        elif enrolled.server_key is not None:
            _centre_key(enrolled.server_key).pin_in(config.key_folder)
        return enrolled.state

    def standing(self) -> Standing:
        """NOT_ENROLLED when the centre does not know the key."""
        return self.told().state

    def told(self) -> Told:
        """As `standing`, and what else the centre says."""
        line = SignedLine(lambda: self._key, self._config.connect_timeout_s, self._config.ca_file, self._clock)
        try:
            answer = line.ask("GET", f"{self._base}/v1/device", within_s=self._config.read_timeout_s)
        except Unreachable as error:
            if error.standing is Standing.UNREACHABLE:
                raise
            return Told(error.standing)
        finally:
            line.close()
        return _decoded(answer, Told)


def _centre_key(text: str) -> CentreKey:
    try:
        return CentreKey.from_text(text)
    except ValueError as error:
        raise Unreachable("the answer cannot be read") from error


def _decoded(answer: Answer, kind: type[_Kind]) -> _Kind:
    if answer.status != 200 or answer.content_type != "application/json":
        raise Unreachable(f"status {answer.status}")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (ValueError, RecursionError) as error:
        raise Unreachable("the answer cannot be read") from error


@cache
def _words() -> list[str]:
    return files("central_link").joinpath("protocol-words.txt").read_text("utf-8").splitlines()
