"""The files of a store: the database, its `-wal` and `-shm`, what was set aside, two marks, and the lock.

Setting aside is only ever renaming. A wrong key cannot be told from a damaged file (both fail the same authentication
code), so a whole store may be set aside by mistake; renaming its files back, all of them, brings it back as it was.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from kiosk.ports.errors import StoreBroken, StoreDamaged, StoreFull
from kiosk.ports.private_file import sync_folder

_SIDE_FILES = ("-wal", "-shm")
DAMAGED, REPLACED, RECOVERED = ".damaged-", ".replaced-", ".recovered-"
"""Why a store was set aside: it was damaged; a backup was brought in; it was damaged, and what it held is in the store
that took its place."""
_DECIDED = ".restored"
_SMALLEST_PAGE = 512
_AT_ONCE = 1 << 20


@contextmanager
def disk_errors() -> Iterator[None]:
    """What the file system refuses is a StoreBroken: nothing is said of the store itself."""
    try:
        yield
    except OSError as error:
        problem = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreBroken
        raise problem(f"{error.strerror or type(error).__name__}") from error


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def stores_set_aside(path: Path) -> list[Path]:
    """The database files that were set aside beside `path`, by name."""
    starts = tuple(path.name + why for why in (DAMAGED, REPLACED, RECOVERED))
    names = sorted(entry for entry in os.listdir(path.parent) if entry.startswith(starts))
    return [path.with_name(name) for name in names if not name.endswith(_SIDE_FILES)]


def newest_damaged(path: Path) -> Path | None:
    """The last one that was set aside as damaged and is not recovered yet."""
    damaged = [one for one in stores_set_aside(path) if one.name.startswith(path.name + DAMAGED)]
    return max(damaged, key=lambda one: one.stat().st_ctime_ns, default=None)


def mark_recovered(damaged: Path) -> None:
    """So that nobody recovers from it a second time, over what came after."""
    recovered = damaged.with_name(damaged.name.replace(DAMAGED, RECOVERED))
    with disk_errors():
        for ending in ("", *_SIDE_FILES):
            if _beside(damaged, ending).exists():
                os.rename(_beside(damaged, ending), _beside(recovered, ending))
        sync_folder(damaged.parent)


def left_without_store(path: Path) -> bool:
    """Whether a log lies here whose database is gone: it may hold loans that were promised."""
    return not path.exists() and _beside(path, "-wal").exists()


def check_size(path: Path) -> None:
    """Raises StoreDamaged for a file without one whole page. To be called before anything connects to it: SQLite takes
    such a file for a new database and deletes the log beside it."""
    with disk_errors():
        found = path.stat()
    if stat.S_ISREG(found.st_mode) and found.st_size < _SMALLEST_PAGE:
        raise StoreDamaged("the store is cut off within its first page")


def has_log(path: Path) -> bool:
    """Whether something stands in the log of a store: it was not closed. A mere reader may leave an empty one."""
    log = _beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0


def read_through(path: Path) -> None:
    """Raises StoreBroken when the disk does not give all of the store: SQLCipher calls that damage too. Only of one
    that is not to be used any more: closing a file drops SQLite's own locks on it."""
    with disk_errors():
        for file in (path, _beside(path, "-wal")):
            if file.exists():
                handle = os.open(file, os.O_RDONLY)
                try:
                    at = 0
                    while read := len(os.pread(handle, _AT_ONCE, at)):
                        at += read
                finally:
                    os.close(handle)


def set_aside(path: Path, why: str = DAMAGED) -> Path:
    """Renames the store's files to `<name>.damaged-<its last change, UTC>`, and says to what.

    To be called **before** a connection to it is closed: SQLite then sees that the file has moved and leaves it and
    its log alone, where closing first would write the log into the file and delete it.
    """
    with disk_errors():
        # By the log, where there is one: it joins its database when the power goes between the two renames.
        present = next(file for file in (_beside(path, "-wal"), path) if file.exists())
        stamp = datetime.fromtimestamp(present.stat().st_mtime, UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = _beside(path, why + stamp)
        number = 1
        while any(_beside(path, end).exists() and _beside(aside, end).exists() for end in ("", *_SIDE_FILES)):
            number += 1
            aside = _beside(path, f"{why}{stamp}-{number}")
        # The database first: were the log gone first and the power too, an older state would open without a word.
        for ending in ("", *_SIDE_FILES):
            if _beside(path, ending).exists():
                os.rename(_beside(path, ending), _beside(aside, ending))
        sync_folder(path.parent)
        return aside


def remove_half_made(path: Path) -> None:
    """What a store that was never finished left behind. It was never opened, so it holds nothing."""
    for ending in ("", *_SIDE_FILES, "-journal"):
        _beside(path, ending).unlink(missing_ok=True)


def half_of(path: Path) -> Path:
    """Where a store is made that is to take the place of `path`."""
    return _beside(path, ".new")


def decide_for(half: Path, path: Path) -> None:
    """`half`, whole and durable, is to be the store. Durable on return: from here on there is no way back."""
    os.rename(half, _beside(path, _DECIDED))
    sync_folder(path.parent)


def take_what_was_decided(path: Path) -> None:
    """Sets the present store aside and puts the new one in its place, as far as that is not done yet."""
    new = _beside(path, _DECIDED)
    with disk_errors():
        if not new.exists():
            return
        if path.exists() or left_without_store(path):
            set_aside(path, REPLACED)
        os.rename(new, path)
        sync_folder(path.parent)
        Suspicion(path).lay()
        Made(path).ensure()


def sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Suspicion:
    """A mark beside the store: something in it could not be read. Whoever has it open begins nothing in it any more,
    and the next opening looks at the whole of it first."""

    def __init__(self, store: Path) -> None:
        self._mark = _beside(store, ".suspect")

    def raised(self) -> bool:
        return _identity(str(self._mark)) is not None

    def raise_it(self) -> None:
        """As far as the disk allows: it is called while something is wrong already."""
        try:
            self._mark.touch()
            sync_folder(self._mark.parent)
        except OSError:
            pass

    def lay(self) -> None:
        with disk_errors():
            self._mark.unlink(missing_ok=True)


class Made:
    """A mark beside the store: there was one. A store that is missing then is lost, not yet to be made."""

    def __init__(self, store: Path) -> None:
        self._mark = _beside(store, ".made")

    def there(self) -> bool:
        return self._mark.exists()

    def ensure(self) -> None:
        """Durable on return. To be called once the store has its name: a power cut before that leaves no mark."""
        with disk_errors():
            if self._mark.exists():
                return
            handle = os.open(self._mark, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            sync_folder(self._mark.parent)


class SameFiles:
    """Whether the names of an opened store still lead to the files that are open. Else SQLite goes on writing, without
    an error, into files that nobody finds again.

    The log keeps its file for as long as a connection is open: a checkpoint overwrites or truncates it. It may come
    into being later than this object, so it is taken as it is first found.
    """

    def __init__(self, store: Path) -> None:
        self._store_name, self._log_name = str(store), str(_beside(store, "-wal"))
        self._store = _identity(self._store_name)
        self._log: tuple[int, int] | None = None

    def check(self) -> None:
        """Raises StoreDamaged. Two stats and no open: closing a file would drop SQLite's own locks on it."""
        if self._store is None or _identity(self._store_name) != self._store:
            raise StoreDamaged("the store was deleted or replaced while it was open")
        log = _identity(self._log_name)
        if self._log is None:
            self._log = log
        elif log != self._log:
            raise StoreDamaged("the store's log was deleted or replaced while it was open")


def _identity(name: str) -> tuple[int, int] | None:
    """Device and inode; None where no file has this name."""
    with disk_errors():
        try:
            found = os.stat(name)
        except (FileNotFoundError, NotADirectoryError):
            return None
    return found.st_dev, found.st_ino


class ProcessLock:
    """One process at a time: the ends of the chains are kept in memory, so a second writer would fork them."""

    def __init__(self, store: Path) -> None:
        with disk_errors():
            self._handle = os.open(_beside(store, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise StoreBroken("another process has this store open") from error

    def release(self) -> None:
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
