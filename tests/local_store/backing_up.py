"""A station's store with a second medium beside it, which is really another file system."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from kiosk.ports.store import Store
from local_store import StoreConfig, StoreReader, read_store
from local_store.backups import Backup, GoOn, write_backup

DAY = date(2026, 11, 24)
ANOTHER_DISK = Path("/dev/shm")


@contextmanager
def second_medium(beside: Path) -> Iterator[Path]:
    if not ANOTHER_DISK.is_dir() or ANOTHER_DISK.stat().st_dev == beside.stat().st_dev:
        pytest.skip("/dev/shm is not a file system of its own")
    folder = Path(tempfile.mkdtemp(dir=ANOTHER_DISK, prefix="tram-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def back_up(
    config: StoreConfig,
    folder: Path,
    day: date | None = DAY,
    *,
    store: StoreReader | None = None,
    go_on: GoOn = lambda: True,
) -> Backup:
    return write_backup(store or read_store(config), config, folder, day, go_on)


def ledger(store: Store | StoreReader) -> list[str]:
    return [str(row["hash"]) for row in store.ledger()]
