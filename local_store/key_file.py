"""The key of the store: 32 random bytes in a file that only the station's own account reads."""

from __future__ import annotations

import logging
import os
import secrets
import stat
from pathlib import Path

from kiosk.ports.errors import StoreBroken
from local_store import files

log = logging.getLogger(__name__)

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
            _make(key_file)
        key = key_file.read_bytes()
        if len(key) != _LENGTH:
            raise StoreBroken(f"the key file holds {len(key)} bytes, not {_LENGTH}")
        if stat.S_IMODE(key_file.stat().st_mode) & 0o077:
            log.warning("the key file could be read by other accounts; closed to them")
            key_file.chmod(0o600)
        return key


def _make(key_file: Path) -> None:
    """Under another name until it is whole, so that a power cut leaves a key or none, never half of one."""
    half = key_file.with_name(key_file.name + ".new")
    half.unlink(missing_ok=True)
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_LENGTH))
        file.flush()
        os.fsync(file.fileno())
    os.rename(half, key_file)
    files.sync_folder(key_file.parent)
