"""python -m provisioning fetch-release: the centre's newest release comes into the station's folder. Under the
station's own account, for it speaks with the network; `update --fetched`, which is root and has none, believes nothing
of it."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from central_link.registry import StationFiles, native_rest_config
from central_link.releases import Offered, ReleaseSource
from devices.host.clock import HostClock
from kiosk.config import BUILD_MS, MEGABYTE, load
from kiosk.i18n import Translator
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError
from kiosk.upkeep.leftovers import STICK_PART
from kiosk.upkeep.logs import set_up as set_up_logs
from provisioning.bundle import BundleRefused, open_bundle, read_manifest
from provisioning.chooser.choose import Places, Releases, number_of, read_releases
from provisioning.commands import CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, complain, say
from provisioning.self_update import signed_by

log = logging.getLogger(__name__)

INCOMING = STICK_PART.parent
"""In the data folder: what has come, before root has looked at it."""
_UNFIT = "unfit"
"""Beside releases.json: the SHA-256 of the bundle from the centre that was refused or could not be built, and the
release that found so: another one may find otherwise."""


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "fetch the centre's newest release; update --fetched installs it"
    command = commands.add_parser("fetch-release", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help=argparse.SUPPRESS)
    command.set_defaults(run=_run)


def fetched(data: Path) -> Path | None:
    """The bundle that has come whole; what it is worth is for whoever installs it to see."""
    found = sorted((data / INCOMING).glob("*.bundle"), key=lambda path: path.lstat().st_mtime)
    return found[-1] if found else None


def forget_fetched(bundle: Path) -> None:
    """It is installed, or never will be."""
    with suppress(OSError):  # the next run finds that it has it already
        bundle.unlink()


def refuse_fetched(bundle: Path, places: Places) -> None:
    """It never will be: it goes, and the same is not fetched again. What its name says is for `fetch-release` alone,
    which gave it. Raises OSError."""
    (places.kept / _UNFIT).write_bytes(os.fsencode(f"{bundle.stem} {read_releases(places).current}"))
    forget_fetched(bundle)


def _newest_here(data: Path, places: Places, current: str) -> str:
    """The version that runs, or a newer one that waits to be installed: from a stick, say."""
    newest = current
    with suppress(OSError, ValueError):
        is_signed = signed_by(places.publisher)
        for bundle in (data / INCOMING).glob("*.bundle"):
            with suppress(BundleRefused), open_bundle(bundle) as file:
                newest = max(newest, read_manifest(file, is_signed).version, key=number_of)
    return newest


def _is_wanted(offered: Offered, known: Releases, places: Places) -> bool:
    try:
        unfit = (places.kept / _UNFIT).read_bytes()
    except FileNotFoundError:
        unfit = b""
    return offered.version not in known.refused and f"{offered.sha256} {known.current}".encode() != unfit


def _run(options: argparse.Namespace, words: Translator) -> int:
    set_up_logs("info", None)
    config = load(options.config)
    try:
        places = Places(options.root)
        known = read_releases(places)
        clock = HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS)
        files = StationFiles(config.folder, config.data)
        source = ReleaseSource(
            native_rest_config(config.central, config.station.library, config.station.device, files), clock
        )
        try:
            python = f"{sys.version_info.major}.{sys.version_info.minor}"
            offered = source.newest(os.uname().machine, python, _newest_here(config.data, places, known.current))
            if offered is None or not _is_wanted(offered, known, places):
                say(words.text("There is nothing to update."))
                return DONE
            free = shutil.disk_usage(config.data).free - config.keep.warn_below_mb * MEGABYTE
            if free < offered.size:  # loans come first
                log.warning("release %s: no room for it", offered.version)
                complain(words.text("There is not enough room on the memory card for this update."))
                return COULD_NOT
            source.fetch(offered, config.data / INCOMING)
        finally:
            source.close()
    except (Unreachable, TableError, OSError, ValueError) as error:
        log.warning("release: nothing was fetched: %s", error)
        complain(
            words.text(
                "The centre cannot be reached ({why}). What was fetched is kept, and the next run goes on from there.",
                why=error,
            )
        )
        return COULD_NOT
    say(words.text("Fetched: release {version}.", version=offered.version))
    return DONE
