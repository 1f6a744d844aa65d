"""The station's own key: made here at its enrolment, never sent, in a file that only its own account reads.

device.key          what the station signs with
device.key.next     of an enrolment whose answer has not come yet
device.key.before   what `device.key` was, until somebody at the centre has confirmed the new one
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.ports.private_file import make_folder, make_private, read_private, sync_folder


class KeyUnusable(Exception):
    """The file is there, and no key can be had from it. The message is for the log."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    private: str  # base64 of 32 bytes
    token: str  # SHA-256 of the token that it is enrolled with, in hex: it cannot be used again anyway


@dataclass(frozen=True)
class DeviceKey:
    private: Ed25519PrivateKey
    token_digest: str

    @classmethod
    def made_for(cls, token: bytes) -> Self:
        return cls(Ed25519PrivateKey.generate(), hashlib.sha256(token).hexdigest())

    @cached_property
    def public(self) -> bytes:
        """32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @cached_property
    def id(self) -> str:
        """What docs/protocol.md calls `key_id`."""
        return hashlib.sha256(self.public).hexdigest()

    def is_for(self, token: bytes) -> bool:
        return self.token_digest == hashlib.sha256(token).hexdigest()


class Identity:
    """Used by one thread; each reader has its own."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "device.key"
        self._next = folder / "device.key.next"
        self._before = folder / "device.key.before"
        self._read_as: tuple[int, int] | None = None
        self._key: DeviceKey | None = None

    def key(self) -> DeviceKey | None:
        """What `device.key` holds now: an enrolment needs no restart. Raises KeyUnusable."""
        try:
            found = os.stat(self._file)
            if (found.st_ino, found.st_mtime_ns) != self._read_as:
                self._key = _read(self._file)
                self._read_as = found.st_ino, found.st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            self._key = self._read_as = None
        except OSError as error:
            raise KeyUnusable(f"device.key cannot be read: {error.strerror}") from error
        return self._key

    # ---- the steps of an enrolment: all of them may be taken again

    def key_for(self, token: bytes) -> DeviceKey:
        """The key that this token was or shall be used with; a new one, durable on return, at the first time. Raises
        KeyUnusable or OSError."""
        key = self.key()
        if key is not None and key.is_for(token):
            return key
        if self._next.exists():
            key = _read(self._next)
            if key.is_for(token):
                return key
        key = DeviceKey.made_for(token)
        make_folder(self._next.parent)
        private = base64.b64encode(key.private.private_bytes_raw()).decode()
        make_private(self._next, msgspec.json.encode(_File(private, key.token_digest)))
        return key

    def sign_with(self, key: DeviceKey) -> None:
        """The centre knows `key`: it is the station's from now on, and the one before is kept aside. Raises OSError."""
        if not self._next.exists() or _read(self._next).id != key.id:
            return
        if self._file.exists() and not self._before.exists():  # else this one was never confirmed
            os.link(self._file, self._before)
        os.rename(self._next, self._file)
        sync_folder(self._file.parent)

    def has_one_before(self) -> bool:
        return self._before.exists()

    def confirmed(self) -> None:
        """The centre trusts the key: nobody needs the one before. Raises OSError."""
        self._before.unlink(missing_ok=True)

    def take_back(self) -> bool:
        """The centre will not trust the key: the one before, if any, is the station's again. Raises OSError."""
        if not self._before.exists():
            return False
        os.rename(self._before, self._file)
        sync_folder(self._file.parent)
        return True


def _read(path: Path) -> DeviceKey:
    """Raises KeyUnusable or OSError."""
    try:
        file = msgspec.json.decode(read_private(path), type=_File)
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.private, validate=True))
    except ValueError as error:  # also what msgspec raises
        raise KeyUnusable(f"{path.name} is not a station's key") from error
    return DeviceKey(private, file.token)
