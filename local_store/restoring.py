"""Bringing a backup in: the present store is set aside, never deleted, and whenever the power goes there is one whole
store, the old or the new.

The new one is made under another name until it is whole. Then one rename decides; what is left to do after it, the next
opening does if nobody else has.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from local_store import files
from local_store.backups import check_backup
from local_store.connections import connected, connector
from local_store.reader import StoreConfig
from local_store.resync import begin_resync

log = logging.getLogger(__name__)


def restore(config: StoreConfig, backup: Path, backup_key: bytes) -> None:
    """`config.key` is the station's own from now on, also where the backup was written with another.

    Raises StoreBroken, and nothing was touched: the backup is not whole or another station's, there is no room, or the
    station runs.
    """
    with files.ProcessLock(config.path), files.disk_errors():
        half = half_made(config, backup, backup_key)
        bring_in(config, half)


def half_made(config: StoreConfig, backup: Path, backup_key: bytes) -> Path:
    """A copy beside the store, checked, which will tell and hear everything again."""
    half = files.half_of(config.path)
    files.remove_half_made(half)
    try:
        shutil.copyfile(backup, half)
        half.chmod(0o600)
        of_backup = StoreConfig(half, backup_key, config.library_id, config.device_id, config.build_ms)
        check_backup(of_backup.path, of_backup)
        database = connected(connector(half, backup_key, "PRAGMA secure_delete = ON"))
        try:
            if backup_key != config.key:
                database.tell(f"PRAGMA rekey = \"x'{config.key.hex()}'\"")
            begin_resync(database)
        finally:
            database.close()
        if backup_key != config.key:
            check_backup(half, config)
    except BaseException:
        files.remove_half_made(half)
        raise
    return half


def bring_in(config: StoreConfig, half: Path) -> None:
    """From here on the new store counts, whatever happens."""
    files.sync_file(half)
    files.decide_for(half, config.path)
    files.take_what_was_decided(config.path)
    log.warning("a store was brought back")
