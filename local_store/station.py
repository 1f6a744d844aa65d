"""Where a station has its store, its key and its backups, and what is done with them."""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kiosk.ports.errors import BackupFailed, OtherMachine, StoreBroken
from kiosk.ports.private_file import make_folder
from local_store.backups import Backup, GoOn, backups_in, check_backup, write_backup
from local_store.engine import SqlStore, StoreConfig, StoreReader, make_new_store, open_store, read_store
from local_store.files import disk_errors
from local_store.key_file import MachineSecret, is_sealed_here, no_secret, read_or_create_key, seal_key
from local_store.pin_lock import StorePinLock
from local_store.recovery import Recovered, recover
from local_store.restoring import restore

log = logging.getLogger(__name__)

_BEFORE_AN_UPGRADE_S = 20.0
"""A start may not take much longer."""


@dataclass(frozen=True, slots=True)
class StationStore:
    """`data`: the folder of the store and its key; `backups`: a folder on a second medium, None: there is none;
    `machine_secret`: what the key is sealed with."""

    data: Path
    library_id: str
    device_id: str
    build_ms: int
    backups: Path | None = None
    machine_secret: MachineSecret = no_secret

    @property
    def path(self) -> Path:
        return self.data / "store.db"

    @property
    def key_file(self) -> Path:
        return self.data / "store.key"

    def config(self, *, may_create_key: bool = False) -> StoreConfig:
        """Raises StoreBroken when the key is missing though a store is there, or may not be created; OtherMachine when
        this machine cannot open it."""
        if may_create_key:
            with disk_errors():
                make_folder(self.data)
        key = read_or_create_key(self.key_file, self.path, self.machine_secret, may_create=may_create_key)
        return self._with(key)

    def open(self, day: date | None = None, takes_long: Callable[[], None] = lambda: None) -> SqlStore:
        """Raises StoreBroken. `day`: of the backup before an upgrade of the schema. `takes_long`: of `open_store`."""
        config = self.config(may_create_key=True)
        return open_store(config, lambda reader: self._before_upgrade(reader, day), takes_long)

    def read(self) -> StoreReader:
        """Beside a running station, too. Raises StoreBroken."""
        return read_store(self.config())

    def pin_lock(self) -> StorePinLock:
        """Reads the key when a PIN is looked at, and not before."""
        return StorePinLock(lambda: self.config().key, self.library_id, self.device_id)

    def make_new(self) -> None:
        make_new_store(self.config(may_create_key=True))

    def back_up(self, store: StoreReader, day: date | None, go_on: GoOn) -> Backup:
        """Raises BackupFailed; StoreDamaged."""
        if self.backups is None:
            raise BackupFailed("kiosk.toml names no folder for backups")
        backup = write_backup(store, self.config(), self.backups, day, go_on)
        log.info("backup %d was written and read back", backup.number)
        return backup

    def newest_backup(self, place: Path, key: bytes) -> Path:
        """`place`: a backup, or a folder, of which it is the newest whole one. Raises StoreBroken when there is none,
        StoreDamaged when this key opens none."""
        config = self._with(key)
        with disk_errors():
            is_backup = not stat.S_ISDIR(place.stat().st_mode)
        if is_backup:
            check_backup(place, config)
            return place
        problem = StoreBroken("no backup of this station is there")
        try:
            there = backups_in(place, config)
        except BackupFailed as error:
            raise StoreBroken(str(error)) from error
        for backup in reversed(there):
            try:
                check_backup(backup.path, config)
            except StoreBroken as error:
                log.warning("backup %d is not whole: %s", backup.number, error)
                problem = error
            else:
                return backup.path
        raise problem

    def restore(self, backup: Path, key: bytes) -> None:
        """Brings a backup in, that `key` opens. On a card without a key, or with one of another machine, it becomes the
        station's own. Raises StoreBroken, and nothing was touched."""
        with disk_errors():
            if not self.key_file.exists() or self.is_anothers():
                make_folder(self.data)
                seal_key(self.key_file, key, self.machine_secret)
        restore(self.config(), backup, key)

    def is_anothers(self) -> bool:
        """Whether the key is sealed to another machine. Raises StoreBroken."""
        try:
            self.config()
        except OtherMachine:
            return True
        return False

    def is_bound(self) -> bool:
        """Whether the key opens on this machine alone. Raises StoreBroken."""
        return is_sealed_here(self.key_file, self.machine_secret)

    def bind(self, key: bytes) -> bool:
        """Seals `key`, which opens the store that is here, to this machine; the store itself is not touched. False:
        this machine has no secret, so the key opens wherever the card is. Raises StoreBroken, and nothing was touched:
        StoreDamaged when the store does not open with it."""
        check_backup(self.path, self._with(key))
        with disk_errors():
            return seal_key(self.key_file, key, self.machine_secret)

    def recover(self, place: Path | None, *, only_whole: bool = False, do: bool = True) -> Recovered:
        """`place`: of a backup as in `newest_backup`; None: without. Raises StoreBroken, and nothing was touched."""
        config = self.config()
        backup = self.newest_backup(place, config.key) if place else None
        return recover(config, backup, only_whole=only_whole, do=do)

    def mend(self) -> Recovered:
        """Without hands: what was set aside with the newest backup, if nothing that was promised can be lost by it
        (`whole`; else nothing was done). Raises StoreBroken: a person must decide."""
        if self.backups is None:
            raise StoreBroken("there are no backups to recover with")
        return self.recover(self.backups, only_whole=True)

    def _with(self, key: bytes) -> StoreConfig:
        return StoreConfig(self.path, key, self.library_id, self.device_id, self.build_ms)

    def _before_upgrade(self, reader: StoreReader, day: date | None) -> None:
        if self.backups is None:
            return
        until = time.monotonic() + _BEFORE_AN_UPGRADE_S
        try:
            self.back_up(reader, day, lambda: time.monotonic() < until)
        except BackupFailed as error:
            log.warning("no backup before the upgrade: %s", error)
