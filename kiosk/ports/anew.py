"""Where an enrolment of an enrolled station is made: a folder of its own beside who the station is, as a blank
machine's data folder. Nothing of the station changes before all of the new is there; then the new takes its place.

anew/station.toml is written last, by whoever heard that the centre has confirmed it: with it the new is whole.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from kiosk.ports.private_file import sync_folder
from kiosk.ports.station_file import AUTHORITY, ENROLMENT_CODE, NAME

FOLDER = "anew"
_WHO = ("device.key", "centre.pub", AUTHORITY)
_OF_THE_OLD = ("device.key.next", "device.key.before")


def take_over(data: Path) -> bool:
    """Whether the station in `data` is enrolled anew now. After a power cut in the middle of it the next call goes on.
    Before anything has read who the station is. Raises OSError."""
    anew = data / FOLDER
    if not (anew / NAME).exists():
        return False
    for name in _OF_THE_OLD:
        (data / name).unlink(missing_ok=True)
    (anew / ENROLMENT_CODE).unlink(missing_ok=True)
    for name in _WHO:
        with suppress(FileNotFoundError):  # moved already; or the centre has no authority of its own
            os.rename(anew / name, data / name)
    sync_folder(data)
    sync_folder(anew)
    os.rename(anew / NAME, data / NAME)  # last: as long as it lies there, the next start goes on
    sync_folder(data)
    shutil.rmtree(anew, ignore_errors=True)
    return True


def forget_anew(data: Path) -> None:
    """One that nobody goes on with."""
    if not (data / FOLDER / NAME).exists():
        shutil.rmtree(data / FOLDER, ignore_errors=True)
