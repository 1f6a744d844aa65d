"""The signature of a request (RFC 9421, digest of the body RFC 9530), as `docs/protocol.md` writes it and no other way.

The library knows many ways to sign; a request that uses another one than ours is refused, so that nothing a station
did not mean to sign can ever be taken as signed.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

_LABEL = "tram"
_COMPONENTS = ['"@method"', '"@path"', '"@query"']
_DIGEST = "content-digest"
_FIELDS = ("signature-input", "signature", _DIGEST)
_MOST_LETTERS = 1_000  # in one of these fields; a right one has 230


class NotSigned(Exception):
    """Not signed as the protocol says. The message is for the log, not for who asks."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came: `path` and `query` (without `?`) still encoded, names of `headers` in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes


class Holder(Protocol):
    """Whoever has a key. `public_key` is its 32 bytes."""

    @property
    def public_key(self) -> bytes: ...


H = TypeVar("H", bound=Holder)


def key_id_of(public_key: bytes) -> str:
    """SHA-256 of the 32 bytes of a public key, in hex."""
    return hashlib.sha256(public_key).hexdigest()


def verify(message: Message, holder_of: Callable[[str], H | None]) -> tuple[H, str | None]:
    """Who has made the one right signature of `message`, and the nonce in it. `holder_of` a key id: whoever has that
    key, if it is known. Raises `NotSigned`.
    """
    fields = _fields_of(message)
    covered = list(_COMPONENTS)
    if (digest := fields.get(_DIGEST)) is not None:
        if not hmac.compare_digest(digest, _digest_of(message.body)):
            raise NotSigned("the digest does not fit the body")
        covered.append(f'"{_DIGEST}"')
    elif message.body:
        raise NotSigned("the body has no digest")
    keys = _Keys(holder_of)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    verifier.require_created = False
    try:
        [result] = verifier.verify(_Request(message.method, _url_of(message), fields), max_age=None)
    except HTTPMessageSignaturesException as error:
        if keys.failure is not None:
            raise keys.failure from error
        raise NotSigned(f"{error}"[:200]) from error
    *components, _parameters = result.covered_components
    if result.label != _LABEL or components != covered:
        raise NotSigned("another label, or other components")
    if result.parameters.keys() - {"nonce"} != {"keyid", "alg"}:
        raise NotSigned("other parameters")
    return keys.found, result.nonce


@dataclass(frozen=True, slots=True)
class _Request:
    """What the library calls a message."""

    method: str
    url: str
    headers: dict[str, str]


class _Keys(HTTPSignatureKeyResolver, Generic[H]):
    """`found`: whose key was asked for. `failure`: why that could not be told; the library would call it unsigned."""

    found: H
    failure: Exception | None = None

    def __init__(self, holder_of: Callable[[str], H | None]) -> None:
        self._holder_of = holder_of

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        try:
            holder = self._holder_of(key_id)
        except Exception as error:
            self.failure = error
            raise
        if holder is None:
            return None
        self.found = holder
        return Ed25519PublicKey.from_public_bytes(holder.public_key)


def _fields_of(message: Message) -> dict[str, str]:
    """The fields that matter. One that comes twice could mean one thing here and another to who stands between."""
    fields: dict[str, str] = {}
    for raw_name, value in message.headers:
        name = raw_name.decode("ascii")
        if name not in _FIELDS:
            continue
        if name in fields or len(value) > _MOST_LETTERS or not value.isascii():
            raise NotSigned(f"{name} comes twice, is too long or not ASCII")
        fields[name] = value.decode("ascii")
    return fields


def _url_of(message: Message) -> str:
    # Only path and query are covered: behind a proxy nobody here knows the name that the station has called.
    if not message.path.startswith(b"/"):
        raise NotSigned("no path")
    return f"http://tram{message.path.decode('latin-1')}?{message.query.decode('latin-1')}"


def _digest_of(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
