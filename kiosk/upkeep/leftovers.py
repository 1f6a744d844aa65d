"""What a power cut leaves in the data folder and no working station may have there."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from kiosk.ports.station_file import ENROLMENT_CODE

OLD_CARD = "bring-in-"
"""How the folder's name begins where `provisioning bring-in` copies an old card's store to, with a key for this
machine."""
STICK_PART = Path("incoming/stick.part")
"""In the data folder: where `provisioning stick-update` copies an update to; up to a gigabyte, and nothing goes on from
it."""


def clear_leftovers(data: Path) -> None:
    """Of an enrolment that is over its code, with a token and perhaps a Wi-Fi password in clear; half an update from a
    stick; and copies of an old card's store: who is at work with one meanwhile fails, and the same command goes on. A
    card that cannot be written is somebody else's problem."""
    for name in (ENROLMENT_CODE, STICK_PART):
        with suppress(OSError):
            (data / name).unlink(missing_ok=True)
    for copy in data.glob(f"{OLD_CARD}*"):
        shutil.rmtree(copy, ignore_errors=True)
