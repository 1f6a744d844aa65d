"""What lies in the station's data folder, as kiosk.toml says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from devices.host.machine_secret import read_machine_secret
from devices.host.spare_room import FileOfRoom
from devices.host.usb_stick import BACKUPS_ON_STICK, FOR_BACKUPS, For, StickRefused, called, usb_stick
from kiosk.config import BUILD_MS, MEGABYTE, KioskConfig
from kiosk.ports.errors import StoreBroken
from kiosk.ports.host import PinLock
from kiosk.runtime.diary import Diary

if TYPE_CHECKING:
    from local_store.engine import SqlStore, StoreReader
    from local_store.station import StationStore


def station_store(config: KioskConfig) -> StationStore:
    """Imports what it needs only now: the first frame does not wait for it."""
    from local_store.station import StationStore

    of = config.station
    return StationStore(config.data, of.library, of.device, BUILD_MS, config.backup_folder, read_machine_secret)


def open_store(config: KioskConfig, day: date | None = None, takes_long: Callable[[], None] = lambda: None) -> SqlStore:
    """Raises StoreBroken. `day`: today, where somebody vouches for the clock. `takes_long` is called before an opening
    that takes more than a moment."""
    return station_store(config).open(day, takes_long)


def read_store(config: KioskConfig) -> StoreReader:
    """Beside a running station, too. Raises StoreBroken."""
    return station_store(config).read()


@dataclass(frozen=True, slots=True)
class LatePinLock(PinLock):
    """Made when a PIN is looked at, for the same reason."""

    config: KioskConfig

    def seal(self, pin: str, patron_id: str) -> str:
        return station_store(self.config).pin_lock().seal(pin, patron_id)

    def opens(self, pin: str, patron_id: str, sealed: str) -> bool:
        return station_store(self.config).pin_lock().opens(pin, patron_id, sealed)


def mend_store(config: KioskConfig) -> bool:
    """Without hands (StationStore.mend): with the backups in the folder that kiosk.toml names, else with those on the
    stick that takes the daily one. False: nothing was done, a person must decide. Raises StoreBroken."""
    store = station_store(config)
    name = None if config.backup_folder else called(FOR_BACKUPS)
    if name is None:
        return store.mend().whole
    try:
        with usb_stick(For.IMPORT, name) as folder:
            return replace(store, backups=folder / BACKUPS_ON_STICK).mend().whole
    except StickRefused as error:
        raise StoreBroken(f"the stick for backups is not there: {error.reason}") from error


def spare_room(config: KioskConfig) -> FileOfRoom:
    return FileOfRoom(config.data, config.keep.reserve_mb * MEGABYTE)


def read_disk(config: KioskConfig) -> dict[str, object]:
    """The room on the store's disk; `low`: staff should look for what fills it."""
    room = spare_room(config)
    free_mb = (room.free() or 0) // MEGABYTE
    return {"free_mb": free_mb, "low": free_mb < config.keep.warn_below_mb, "reserve_kept": room.is_kept()}


def diary_of(config: KioskConfig) -> Diary:
    """What was backed up and checked last."""
    return Diary(config.data / "upkeep.json")
