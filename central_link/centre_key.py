"""The centre's own key, as this station was told it at its enrolment: what it signs the time with.

centre.pub          the 32 bytes of an Ed25519 public key, in base64url
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.ports.private_file import make_private

_FILE = "centre.pub"


class CentreKey:
    def __init__(self, public: bytes) -> None:
        """Raises ValueError for what is no key."""
        self._public = public
        self._key = Ed25519PublicKey.from_public_bytes(public)

    @classmethod
    def from_text(cls, text: str) -> CentreKey:
        """Raises ValueError for what is no key."""
        return cls(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    @classmethod
    def pinned_in(cls, folder: Path) -> CentreKey | None:
        """None when nobody has told it yet. Raises OSError, or ValueError when the file is spoilt."""
        try:
            return cls.from_text((folder / _FILE).read_text("ascii").strip())
        except FileNotFoundError:
            return None

    def pin_in(self, folder: Path) -> None:
        """Durable on return. Raises OSError."""
        make_private(folder / _FILE, base64.urlsafe_b64encode(self._public).rstrip(b"=") + b"\n")

    def has_signed(self, said: str, signature: str) -> bool:
        """`signature` in base64url."""
        try:
            self._key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), said.encode())
        except (InvalidSignature, ValueError):
            return False
        return True
