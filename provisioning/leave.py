"""python -m provisioning leave: this machine is nobody's station any more, and can be enrolled anew."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from devices.host.machine_secret import read_machine_secret
from devices.host.status_socket import ask_word
from kiosk.config import BlankConfig, KioskConfig, load_any
from kiosk.i18n import Translator
from kiosk.ports.anew import FOLDER as ANEW
from kiosk.ports.errors import StoreBroken
from kiosk.ports.private_file import sync_folder
from kiosk.ports.station_file import AUTHORITY, ENROLMENT_CODE
from kiosk.ports.station_file import NAME as STATION_FILE
from local_store.station import StationStore
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, complain, say

ASIDE = "left-"
_IDENTITY = (
    "device.key",
    "device.key.next",
    "device.key.before",
    "centre.pub",
    AUTHORITY,
    STATION_FILE,
    ENROLMENT_CODE,
)
_STAYS = ("kiosk.sock",)


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "make this machine blank again: its identity is wiped, its store kept aside"
    command = commands.add_parser("leave", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--yes", action="store_true", help="do it; without, only say what would be")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    config = load_any(options.config)
    blank = isinstance(config, BlankConfig)
    if blank and not _left_behind(config.data):
        say(words.text("This machine is nobody's station; there is nothing to leave."))
        return DONE
    if not blank and not (config.data / STATION_FILE).exists():
        complain(words.text("kiosk.toml itself names the library: please take its tables out by hand first."))
        return ASKED_WRONGLY
    if ask_word(config.data) is not None:
        complain(words.text("The station runs. Please stop it, then try again."))
        return COULD_NOT
    try:
        if not options.yes:
            if isinstance(config, KioskConfig):
                waiting = _waiting(config)
                say(words.plural("{n} record was not sent yet.", "{n} records were not sent yet.", waiting))
            say(words.text("The store will be kept aside, and the station's key wiped. Add --yes to do it."))
            return ASKED_WRONGLY
        aside = leave(config.data)
    except (StoreBroken, OSError) as error:
        complain(words.text("It was not done: {why}.", why=error))
        return COULD_NOT
    say(words.text("This machine is blank now. Its old store lies in {folder}.", folder=aside))
    return DONE


def leave(data: Path) -> Path:
    """Sets aside all that lies in `data` and wipes who the station was; station.toml goes first, so that after a power
    cut the machine is either the station as before or a blank one, which the same command finishes. Raises OSError."""
    number = 1
    while (aside := data / f"{ASIDE}{number}").exists():
        number += 1
    (data / STATION_FILE).unlink(missing_ok=True)
    sync_folder(data)
    aside.mkdir(mode=0o700)
    for path in list((data / ANEW).glob("*")):  # an enrolment that was not over
        _wipe(path)
    if (data / ANEW).exists():
        (data / ANEW).rmdir()
    for path in list(data.iterdir()):
        if path.name.startswith(ASIDE) or path.name in _STAYS:
            continue
        if path.name in _IDENTITY:
            _wipe(path)
        else:
            os.rename(path, aside / path.name)
    sync_folder(aside)
    sync_folder(data)
    return aside


def _left_behind(data: Path) -> bool:
    """By a power cut in the middle of it."""
    return any((data / name).exists() for name in ("store.db", "store.key", "device.key"))


def _wipe(path: Path) -> None:
    """Over it first: a card may keep the old block for a while all the same, which is why one revokes at the centre."""
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _waiting(config: KioskConfig) -> int:
    """Operations that the centre does not have yet. Raises StoreBroken."""
    of = config.station
    store = StationStore(config.data, of.library, of.device, 0, machine_secret=read_machine_secret)
    return store.read().counts()["pending"] if store.path.exists() else 0
