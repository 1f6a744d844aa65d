"""Backups on a second medium: whole stores, encrypted with the store's own key, each checked after it was written.

A medium may be away, full, or pulled out in the middle: then there is no new backup, and those before stay.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kiosk.ports.errors import BackupFailed, StoreBroken, StoreDamaged
from kiosk.ports.private_file import make_folder, sync_folder
from local_store import files, schema
from local_store.connections import connected, reading
from local_store.owner import check_owner
from local_store.reader import StoreConfig, StoreReader, check_whole

log = logging.getLogger(__name__)

KEEP_NEWEST = 3
KEEP_MONTHS = 12
_HALF = ".half"
_UNDATED = "undated"

GoOn = Callable[[], bool]
"""Asked often while a backup is written, on its own thread; it may take its time. False: give up."""


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """`number` counts up with every backup of a station; `day` only where somebody vouched for the clock."""

    number: int
    day: date | None
    path: Path


def backups_in(folder: Path, config: StoreConfig) -> list[Backup]:
    """Those of this station, oldest first. Raises BackupFailed when the folder cannot be read."""
    with _medium_errors():
        names = os.listdir(folder)
    pattern = re.compile(re.escape(_owner(config)) + r"\.(\d{6,})\.(\d{4}-\d\d-\d\d|undated)\.backup")
    found = [(match, folder / name) for name in names if (match := pattern.fullmatch(name))]
    return sorted(Backup(int(match[1]), _day(match[2]), path) for match, path in found)


def write_backup(store: StoreReader, config: StoreConfig, folder: Path, day: date | None, go_on: GoOn) -> Backup:
    """A new backup of the store as it is at one moment; a loan beside it waits for nothing. `store` may be open in
    another process. Raises BackupFailed, and StoreDamaged when it is the store itself that cannot be read."""
    with _medium_errors():
        medium = os.stat(folder if folder.exists() else folder.parent).st_dev
        if medium == os.stat(config.path.parent).st_dev:
            raise BackupFailed("the folder is on the store's own disk: is the second one plugged in?")
        make_folder(folder)
    try:
        lock = files.ProcessLock(config.path.with_name("backup"))
    except StoreBroken as error:
        raise BackupFailed("another backup is being written") from error
    with lock:
        before = backups_in(folder, config)
        number = before[-1].number + 1 if before else 1
        name = f"{_owner(config)}.{number:06}.{day.isoformat() if day else _UNDATED}.backup"
        half = folder / (name + _HALF)
        try:
            _remove_halves(folder, config)
            _write(store, half, go_on, before)
            _look_through(half, config, medium)
            with _medium_errors():
                os.rename(half, folder / name)
                sync_folder(folder)
        except BaseException:
            with suppress(OSError):  # else it is removed before the next one
                half.unlink(missing_ok=True)
            raise
        _thin_out(backups_in(folder, config))
    return Backup(number, day, folder / name)


def check_backup(path: Path, config: StoreConfig) -> None:
    """Raises StoreBroken unless this is a whole store of the same station, of a schema that is known here."""
    files.check_size(path)
    database = connected(reading(path, config.key))
    try:
        schema.revision_of(database)
        check_owner(config, database)
        check_whole(database)
    finally:
        database.close()


def _write(store: StoreReader, half: Path, go_on: GoOn, before: list[Backup]) -> None:
    """On a full medium the oldest make room, but for the newest."""
    spare = before[:-1]
    while True:
        try:
            store.copy_to(half, go_on)
            return
        except StoreDamaged:
            raise
        except StoreBroken as error:
            if not spare or "SQLITE_FULL" not in str(error):
                raise BackupFailed(str(error)) from error
        oldest = spare.pop(0)
        log.warning("the backups' medium is full: %s makes room", oldest.path.name)
        with _medium_errors():
            half.unlink(missing_ok=True)
            oldest.path.unlink()


def _look_through(half: Path, config: StoreConfig, medium: int) -> None:
    """From the medium, not from memory; and it must still be the one on which this was begun."""
    with _medium_errors():
        handle = os.open(half, os.O_RDONLY)
        try:
            if os.fstat(handle).st_dev != medium:
                raise BackupFailed("the medium was exchanged meanwhile")
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
    try:
        check_backup(half, config)
    except StoreBroken as error:
        raise BackupFailed(f"what was written cannot be read back: {error}") from error


def _thin_out(there: list[Backup]) -> None:
    """Keeps the newest, and of each of the last months its newest."""
    newest_of: dict[str, Backup] = {one.day.isoformat()[:7]: one for one in there if one.day}
    keep = {*there[-KEEP_NEWEST:], *(newest_of[month] for month in sorted(newest_of)[-KEEP_MONTHS:])}
    for one in there:
        if one not in keep:
            with _medium_errors():
                one.path.unlink(missing_ok=True)


def _remove_halves(folder: Path, config: StoreConfig) -> None:
    with _medium_errors():
        for path in folder.iterdir():
            if path.name.startswith(_owner(config) + ".") and _HALF in path.name:  # or its journal
                path.unlink(missing_ok=True)


def _owner(config: StoreConfig) -> str:
    """What a person knows it by and every file system takes; then what no two stations share."""
    known_by = re.sub(r"[^A-Za-z0-9]+", "-", config.device_id)[:40]
    whose = f"{config.library_id}\0{config.device_id}".encode()
    return f"{known_by}.{hashlib.sha256(whose).hexdigest()[:8]}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@contextmanager
def _medium_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(error.strerror or type(error).__name__) from error
