"""The key of the store: 32 random bytes in a file that only the station's own account reads."""

from __future__ import annotations

import secrets
from pathlib import Path

from kiosk.ports.errors import StoreBroken
from kiosk.ports.private_file import make_private, read_private
from local_store import files

_LENGTH = 32


def read_or_create_key(key_file: Path, store: Path, *, may_create: bool = True) -> bytes:
    """The key in `key_file`; a new one, durable before this returns, where neither key nor store exists.

    Raises StoreBroken for a key that is not 32 bytes, and for a missing key while there is a store (or one set aside):
    a new key would make every loan in it unreadable for good. Also when there is none and `may_create` is false.
    """
    with files.disk_errors():
        if not key_file.exists():
            if store.exists() or files.left_without_store(store) or files.stores_set_aside(store):
                raise StoreBroken("the key file is missing, and there is a store that only it opens")
            if not may_create:
                raise StoreBroken("there is no key file")
            make_private(key_file, secrets.token_bytes(_LENGTH))
        key = read_private(key_file)
        if len(key) != _LENGTH:
            raise StoreBroken(f"the key file holds {len(key)} bytes, not {_LENGTH}")
        return key
