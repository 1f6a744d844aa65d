"""python -m provisioning stick-update: an update from a USB stick, for whoever stands before the maintainer's screen.

Under the station's account. It looks at the bundle as the installer will, so that each refusal has its sentence while
somebody is there to read it; then root's own unit looks once more, and believes nothing of this."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import shutil
from pathlib import Path
from typing import BinaryIO

from devices.host.root_helper import SOCKET, HelperSaysNo, ask_root
from devices.host.usb_stick import For, StickRefused, usb_stick
from kiosk.config import MEGABYTE, KioskConfig, load
from kiosk.i18n import Translator
from kiosk.ports.private_file import make_folder, sync_folder
from kiosk.upkeep.leftovers import STICK_PART
from kiosk.upkeep.logs import set_up as set_up_logs
from provisioning.bundle import MOST_BYTES, BundleRefused, Why, open_bundle
from provisioning.chooser.choose import Places
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, complain, say
from provisioning.self_update import check_bundle, check_room, signed_by, this_station
from provisioning.update_command import now_ms, refusal, status_of
from provisioning.why_refused import why_refused

log = logging.getLogger(__name__)

_PIECE = 1 << 20
_MOST_LOOKED_AT = 1_000  # names of a stick


class _NotOne(Exception):
    """`count` bundles on the stick."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "take an update from the only USB stick that is plugged in; root's own unit installs it"
    command = commands.add_parser("stick-update", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help=argparse.SUPPRESS)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    set_up_logs("info", None)
    return stick_update(options, words, SOCKET)


def stick_update(options: argparse.Namespace, words: Translator, at: Path) -> int:
    """`at`: the socket of root's helper. Raises ConfigError."""
    config = load(options.config)
    try:
        with usb_stick(For.IMPORT, at=at) as folder:
            _take_in(_bundle_in(folder), config, Places(options.root))
        ask_root("install-fetched", at=at)
    except StickRefused as error:
        complain(why_refused(error.reason, words))
    except HelperSaysNo as error:
        complain(why_refused(str(error), words))
    except BundleRefused as error:
        log.warning("update refused: %s", error)
        complain(refusal(error.why, words))
        return ASKED_WRONGLY
    except _NotOne as error:
        complain(
            words.text("There are several updates on the stick. Please leave the newest one on it.")
            if error.count
            else words.text("There is no update on the stick: a file whose name ends with .bundle.")
        )
    except (OSError, ValueError) as error:
        log.error("update: %s", error)
        complain(words.text("The update could not be read from the stick, or not be kept. Please try another stick."))
    else:
        if rests := (status_of(config) or {}).get("staff_code"):
            complain(
                words.text(
                    "The update is right and was copied, but nothing is installed while the station is out of service "
                    "({code}). Help the station first; then it is installed within some hours.",
                    code=rests,
                )
            )
            return COULD_NOT
        say(
            words.text(
                "The update is right. It is installed as soon as this screen is locked and nobody stands here; "
                "then the station starts again by itself. You can pull the stick out now."
            )
        )
        return DONE
    return COULD_NOT


def _bundle_in(folder: Path) -> Path:
    """Raises _NotOne and OSError."""
    with os.scandir(folder) as there:
        names = [one.name for _, one in zip(range(_MOST_LOOKED_AT), there, strict=False)]
    found = [name for name in names if name.endswith(".bundle") and not name.startswith(".")]
    if len(found) != 1:
        raise _NotOne(len(found))
    return folder / found[0]


def _take_in(bundle: Path, config: KioskConfig, places: Places) -> None:
    """A copy where what was fetched lies, whole or not at all. Raises BundleRefused, OSError, ValueError."""
    part = config.data / STICK_PART
    incoming = part.parent
    with open_bundle(bundle) as file:
        manifest = check_bundle(file, signed_by(places.publisher), this_station(places, now_ms(config)))
        free = shutil.disk_usage(config.data).free - config.keep.warn_below_mb * MEGABYTE
        if free < os.fstat(file.fileno()).st_size:  # loans come first
            raise BundleRefused(Why.NO_ROOM)
        make_folder(incoming)
        try:
            digest = _copied(file, part)
            if not (places.releases / manifest.version).exists():
                check_room(places, manifest)
            os.rename(part, incoming / f"{digest}.bundle")
        finally:
            part.unlink(missing_ok=True)
    sync_folder(incoming)


def _copied(file: BinaryIO, part: Path) -> str:
    """SHA-256 of what was written: what it is worth is looked at where it is installed. Raises OSError, and
    BundleRefused where the file has no end."""
    digest = hashlib.sha256()
    file.seek(0)
    with part.open("wb") as copy:
        while piece := file.read(_PIECE):
            if copy.tell() + len(piece) > MOST_BYTES:
                raise BundleRefused(Why.TOO_LARGE)
            copy.write(piece)
            digest.update(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()
