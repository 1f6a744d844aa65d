"""Enrolment: a token that a person made at the centre for one station, and the four words that are compared."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import sqlalchemy as sa

from central_server import devices, log
from central_server.cannot import CannotDo
from central_server.database import must_have_library
from central_server.devices import Device, State
from central_server.signatures import Message, key_id_of, verify
from central_server.tables.keys import enrol_token
from central_server.wire import Refused, read_enrolment

LONGEST_MINUTES = 7 * 24 * 60
_TOKEN_BYTES = 16
_TOKEN_LETTERS = 26
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OIL", "011", "- \t\r\n")
_MOST_LETTERS_OF_A_NAME = 64
_WORDS_SALT = b"tram-xanh four words v1"


@dataclass(frozen=True, slots=True)
class Token:
    """What a person carries to the station, as text or as its 16 bytes; it is nowhere else."""

    text: str
    secret: bytes
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants to be enrolled. `token`: its 16 bytes, `None` when it cannot be one."""

    key_id: str
    public_key: bytes
    token: bytes | None
    library: str
    name: str


def make_token(
    connection: sa.Connection, library: str, name: str, minutes: int, now_ms: int, *, replaces: bool = False
) -> Token:
    """A token for one station. `replaces`: it may take the place of one that is active. Raises `CannotDo`."""
    must_have_library(connection, library)
    if not 1 <= len(name) <= _MOST_LETTERS_OF_A_NAME or not name.isprintable() or name != name.strip():
        raise CannotDo(f"A device is named with 1 to {_MOST_LETTERS_OF_A_NAME} letters, like tram-1, not {name!r}.")
    if name == devices.PAGES:
        raise CannotDo(f"{name} is what the centre's own pages are called, and no station is.")
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise CannotDo(f"A token is good for 1 to {LONGEST_MINUTES} minutes, not {minutes}.")
    if not replaces and devices.active(connection, library, name):
        raise CannotDo(
            f"The station {name!r} of {library!r} is active. With --replace another may take its place: "
            "the present one is shut out as soon as the new one is confirmed."
        )
    secret = secrets.token_bytes(_TOKEN_BYTES)
    expires_ms = now_ms + minutes * 60_000
    row = {
        "library_id": library,
        "hash": _hash_of(secret),
        "device": name,
        "replaces": replaces,
        "made_ms": now_ms,
        "expires_ms": expires_ms,
        "used_by": None,
        "used_ms": None,
    }
    connection.execute(enrol_token.insert(), row)
    return Token(token_text(secret), secret, expires_ms)


def open_token(connection: sa.Connection, library: str, name: str, now_ms: int) -> int | None:
    """Until when (ms) a token for the station is good that nobody has used."""
    mine = sa.and_(enrol_token.c.library_id == library, enrol_token.c.device == name, enrol_token.c.used_by.is_(None))
    latest = sa.select(sa.func.max(enrol_token.c.expires_ms)).where(mine, enrol_token.c.expires_ms > now_ms)
    found: int | None = connection.scalar(latest)
    return found


def read(message: Message) -> Newcomer:
    """An enrolment that its own new key has signed. Raises `Refused` (400) and `NotSigned`."""
    request = read_enrolment(message.body)
    public_key = base64.urlsafe_b64decode(request.public_key + "=")
    newcomer = Newcomer(key_id_of(public_key), public_key, token_bytes(request.token), request.library, request.device)
    verify(message, lambda key_id: newcomer if key_id == newcomer.key_id else None)
    return newcomer


def enrol(connection: sa.Connection, newcomer: Newcomer, now_ms: int) -> Device:
    """The station that waits to be confirmed from now on. Raises `Refused` (403), always in the same words."""
    mine = enrol_token.c.hash == _hash_of(newcomer.token or b"")
    token = connection.execute(sa.select(enrol_token).where(mine)).one_or_none()
    known = devices.find(connection, newcomer.key_id)
    why = _fault(connection, token, newcomer, known, now_ms)
    if why or newcomer.token is None:
        # Names as the token has them: what a stranger writes there may be anything.
        whose = {"library": token.library_id, "device": token.device} if token else {}
        log.event("enrolment refused", why=why, key=newcomer.key_id[:16], **whose)
        raise Refused(403, "This token is not good for this station: make a new one at the centre.")
    if known:
        return known  # the answer was lost on its way
    words = ", ".join(four_words(newcomer.public_key, newcomer.token, newcomer.library, newcomer.name))
    new = Device(
        newcomer.library, newcomer.name, newcomer.key_id, newcomer.public_key, State.PENDING, words, enrolled_ms=now_ms
    )
    devices.add(connection, new)
    connection.execute(enrol_token.update().where(mine).values(used_by=new.key_id, used_ms=now_ms))
    log.event("enrolled", library=new.library, device=new.name, key=new.key_id[:16])
    return new


def four_words(public_key: bytes, token: bytes, library: str, name: str) -> list[str]:
    """What both sides show (docs/protocol.md, "Four words"). Takes a twentieth of a second, on purpose."""
    message = public_key + token + library.encode() + b"\0" + name.encode()
    return [_words()[byte] for byte in hashlib.scrypt(message, salt=_WORDS_SALT, n=16384, r=8, p=1, dklen=4)]


def token_text(secret: bytes) -> str:
    """16 bytes as a number in Crockford's base 32: `7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z`."""
    number = int.from_bytes(secret)
    letters = "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_TOKEN_LETTERS)))
    return "-".join(letters[start : start + 5] for start in range(0, _TOKEN_LETTERS, 5))


def token_bytes(text: str) -> bytes | None:
    """The 16 bytes of a token as people type it; `None` when it is none."""
    letters = text.upper().translate(_MEANT)
    if len(letters) != _TOKEN_LETTERS or not set(letters) <= set(_CROCKFORD):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _CROCKFORD.index(letter)
    return None if number.bit_length() > 8 * _TOKEN_BYTES else number.to_bytes(_TOKEN_BYTES)


def _fault(
    connection: sa.Connection, token: sa.Row[Any] | None, newcomer: Newcomer, known: Device | None, now_ms: int
) -> str | None:
    """Why `newcomer` may not be enrolled by `token`, for the log."""
    if token is None:
        return "unknown token"
    if token.library_id != newcomer.library:
        return "token of another library"
    if token.device != newcomer.name:
        return "token of another device"
    if token.used_by is not None:
        return None if token.used_by == newcomer.key_id else "token used by another key"
    if now_ms >= token.expires_ms:
        return "token too old"
    if known:
        return "key known already"
    if not token.replaces and devices.active(connection, newcomer.library, newcomer.name):
        return "device active"
    return None


def _hash_of(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


@cache
def _words() -> list[str]:
    return files("central_server").joinpath("protocol-words.txt").read_text("utf-8").splitlines()
