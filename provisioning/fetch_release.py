"""python -m provisioning fetch-release: what an update does under the station's own account, for it speaks with the
network and writes beside the store. It says one line of JSON to `update`, which is root and believes nothing of it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from central_link.registry import StationFiles, native_rest_config
from central_link.releases import ReleaseSource
from devices.host.clock import HostClock
from kiosk.config import BUILD_MS, MEGABYTE, load
from kiosk.i18n import Translator
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError
from kiosk.upkeep.logs import set_up as set_up_logs
from provisioning.bundle import BundleRefused, Why
from provisioning.commands import CONFIG, COULD_NOT, DONE, Parsers, say

_INCOMING = "incoming"


class NotFetched(Exception):
    """`why` is a word for the sentence that a person reads."""


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    command = commands.add_parser("fetch-release", parents=[CONFIG], help="only fetch the centre's newest release")
    command.add_argument("--after", default="", metavar="VERSION", help="what is here")
    command.set_defaults(run=_run, language="en")


def fetch_as_the_station(config_file: Path, data: Path, after: str) -> Path | None:
    """Its bundle; None: the centre has none that is newer. Raises NotFetched, with what has come kept, and
    BundleRefused for want of room."""
    command = [sys.executable, "-m", "provisioning", "fetch-release", "--config", str(config_file), "--after", after]
    owner = data.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        whose: Any = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    else:
        whose = {}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, **whose)
    try:
        said = json.loads(done.stdout)
        found, why = said["bundle"], said["why"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotFetched(f"status {done.returncode}") from error
    if why == Why.NO_ROOM:
        raise BundleRefused(Why.NO_ROOM)
    if why:
        raise NotFetched(str(why))
    return data / _INCOMING / Path(str(found)).name if found else None


def forget_fetched(data: Path) -> None:
    """It is installed, or never will be."""
    shutil.rmtree(data / _INCOMING, ignore_errors=True)


def _run(options: argparse.Namespace, _words: Translator) -> int:
    set_up_logs("info", None)
    config = load(options.config)
    found: Path | None = None
    why = ""
    try:
        clock = HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS)
        files = StationFiles(config.folder, config.data)
        link = native_rest_config(config.central, config.station.library, config.station.device, files)
        source = ReleaseSource(link, clock)
        try:
            python = f"{sys.version_info.major}.{sys.version_info.minor}"
            offered = source.newest(os.uname().machine, python, options.after)
            if offered is not None:
                free = shutil.disk_usage(config.data).free - config.keep.warn_below_mb * MEGABYTE
                if free < offered.size:  # loans come first
                    why = str(Why.NO_ROOM)
                else:
                    found = source.fetch(offered, config.data / _INCOMING)
        finally:
            source.close()
    except (Unreachable, TableError, OSError) as error:
        why = str(error)
    say(json.dumps({"bundle": found.name if found else None, "why": why}))
    return COULD_NOT if why else DONE
