"""A USB stick, there for as long as somebody works with it. Nothing mounts one by itself."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from devices.host.root_helper import SOCKET, HelperSaysNo, ask_root
from kiosk.ports.errors import DeviceLost
from kiosk.ports.private_file import make_private

log = logging.getLogger(__name__)

BLOCKS = Path("/sys/class/block")
UDEV = Path("/run/udev/data")
FOR_BACKUPS = "TXBACKUP"
"""What a stick is called that takes the daily backup."""
BACKUPS_ON_STICK = "tram-xanh"
"""The folder of the backups on a stick that is mounted for them only."""
_PATIENCE_S, _LOOK_EVERY_S = 10.0, 0.1
_PARTITION = re.compile(r"sd[a-z]{1,2}[1-9][0-9]?")


class For(Enum):
    """What a stick is mounted for: to read from it only, or to write to it."""

    IMPORT = "mount-for-import"
    EXPORT = "mount-for-export"


class StickRefused(DeviceLost):
    """`reason`: one of provisioning.chooser.root_helper.REASONS, "no-stick", "many-sticks", "no-helper" or "silent"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def usb_stick(purpose: For, name: str | None = None, at: Path = SOCKET) -> Iterator[Path]:
    """Its folder; unmounted again whatever happens. `name`: of the partition; None: the only stick that there is.
    Only for the supervised and the maintainer's screens, and a blank machine's. One at a time; the next waits a little
    before it is refused. Raises StickRefused; what is done in it may raise OSError, since a stick can be pulled out at
    any moment."""
    with _alone(at):
        folder = Path(_asked(purpose.value, name or _only(at), at=at))
        try:
            yield folder
        finally:
            try:
                _asked("unmount", at=at)
            except StickRefused as error:
                log.warning("the stick was not unmounted: %s", error)


def lock_of(at: Path) -> Path:
    """The file that whoever has a stick mounted holds locked; beside the socket `at`, made when the machine starts."""
    return at.with_suffix(".lock")


class NewSticks:
    """Partitions as they are plugged in, each told once until it is pulled out. Looks at the kernel's own list, so that
    root's helper is asked only when there is something to ask for."""

    def __init__(self, blocks: Path = BLOCKS) -> None:
        self._blocks = blocks
        self._seen: set[str] = set()

    def look(self) -> list[str]:
        try:
            there = {name for name in os.listdir(self._blocks) if _PARTITION.fullmatch(name)}
        except OSError:
            there = set()
        new, self._seen = sorted(there - self._seen), there
        return new


def called(label: str, blocks: Path = BLOCKS, udev: Path = UDEV) -> str | None:
    """The partition of that name, as udev has read it when it was plugged in; the first of several. Whether it is a
    stick's, root's helper says."""
    try:
        names = sorted(name for name in os.listdir(blocks) if _PARTITION.fullmatch(name))
    except OSError:
        return None
    for name in names:
        with suppress(OSError):  # pulled out just now
            number = (blocks / name / "dev").read_text().strip()
            if f"E:ID_FS_LABEL={label}" in (udev / f"b{number}").read_text(errors="replace").splitlines():
                return name
    return None


def write_on_stick(path: Path, content: bytes) -> None:
    """Under another name until it is whole and synced; then read back from the stick, not from memory. A stick that is
    pulled out in the middle has the file as it was before, or not at all. Raises OSError."""
    make_private(path, content)
    handle = os.open(path, os.O_RDONLY)
    with os.fdopen(handle, "rb") as file:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        if file.read() != content:
            raise OSError(errno.EIO, "what was written reads otherwise")


@contextmanager
def _alone(at: Path) -> Iterator[None]:
    """Root's helper has one place for sticks, and takes away what is mounted there before it mounts. Who is killed
    holds nothing locked."""
    try:
        handle = os.open(lock_of(at), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # an image that is older than this file
        yield
        return
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise StickRefused("in-use") from error
            time.sleep(_LOOK_EVERY_S)
        else:
            return


def _only(at: Path) -> str:
    names = _asked("sticks", at=at).split()
    if len(names) > 1:  # one for the backups may stay plugged in for good
        names = [name for name in names if name != called(FOR_BACKUPS)]
    if len(names) != 1:
        raise StickRefused("many-sticks" if names else "no-stick")
    return names[0]


def _asked(*words: str, at: Path) -> str:
    try:
        said = ask_root(*words, at=at)
    except HelperSaysNo as error:
        raise StickRefused(str(error)) from error
    if said is None:
        raise StickRefused("no-helper")
    return said
