"""Files that only the station's own account reads: its keys; and the folder that they are in."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger(__name__)


def make_private(path: Path, content: bytes) -> None:
    """Durable on return, mode 0600. Under another name until it is whole, so that a power cut leaves a file or none,
    never half of one. Raises OSError."""
    half = path.with_name(path.name + ".half")
    half.unlink(missing_ok=True)
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(half, path)
    sync_folder(path.parent)


def read_private(path: Path) -> bytes:
    """Closes it to other accounts if it was not. Raises OSError."""
    content = path.read_bytes()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        _log.warning("%s could be read by other accounts; closed to them", path.name)
        path.chmod(0o600)
    return content


def make_folder(folder: Path) -> None:
    """`folder` is there on return, durably, with those above it that were missing. Raises OSError."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    with suppress(PermissionError):  # where we may not even look, nothing was made by us
        sync_folder(folder.parent)  # also if it was there: another thread may have made it just now


def sync_folder(folder: Path) -> None:
    """Makes names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
