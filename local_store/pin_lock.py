"""PINs as they are kept: Argon2id (RFC 9106), with a secret that only this station's store key gives, so that neither a
copy of the store nor a list of all PINs there can be tells anybody one.

`secret` is HKDF-SHA256 of the store's key; `ad` names library, device and patron, so that no text opens another's.
What a text was made with stands in it: PINs sealed with less go on opening when more is asked of new ones.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.ports.host import PinLock

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
"""OWASP's first choice: a few hundred ms on the slowest board that a station may have."""

_SALT, _LENGTH = 16, 32
_MOST_KIB, _MOST_PASSES, _MOST_LANES = 256 * 1024, 16, 8
_INFO = b"tram-xanh pins v1"
_TEXT = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class StorePinLock(PinLock):
    """`key`: gives the store's key, read when a PIN is looked at. Both methods raise what it raises: StoreBroken."""

    key: Callable[[], bytes] = field(repr=False)
    library_id: str
    device_id: str

    def seal(self, pin: str, patron_id: str) -> str:
        salt = secrets.token_bytes(_SALT)
        made = self._argon2(salt, patron_id, MEMORY_KIB, PASSES, LANES).derive(pin.encode())
        return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${_base64(salt)}${_base64(made)}"

    def opens(self, pin: str, patron_id: str, sealed: str) -> bool:
        parts = _TEXT.fullmatch(sealed)
        if parts is None:
            return False
        memory, passes, lanes = (int(part) for part in parts.group(1, 2, 3))
        if memory > _MOST_KIB or passes > _MOST_PASSES or lanes > _MOST_LANES:
            return False  # no text of ours: it would take the station's memory
        try:
            salt, made = (base64.b64decode(part + "=" * (-len(part) % 4)) for part in parts.group(4, 5))
            self._argon2(salt, patron_id, memory, passes, lanes).verify(pin.encode(), made)
        except (InvalidKey, ValueError, binascii.Error):
            return False
        return True

    def _argon2(self, salt: bytes, patron_id: str, memory_kib: int, passes: int, lanes: int) -> Argon2id:
        secret = HKDF(SHA256(), _LENGTH, salt=None, info=_INFO).derive(self.key())
        named = "\0".join((self.library_id, self.device_id, patron_id)).encode()
        return Argon2id(
            salt=salt, length=_LENGTH, iterations=passes, lanes=lanes, memory_cost=memory_kib, ad=named, secret=secret
        )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
