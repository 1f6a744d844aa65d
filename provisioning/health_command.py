"""python -m provisioning health, for a timer: what should be looked at, for the journal; and where no station runs, the
centre is told that. A running station tells the centre by itself."""

from __future__ import annotations

import argparse

from central_link.native_rest import NativeRestLink
from central_link.registry import StationFiles, native_rest_config
from kiosk import __version__
from kiosk.config import KioskConfig, load
from kiosk.domain.findings import State
from kiosk.i18n import Translator
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError
from kiosk.runtime.diary import Diary
from kiosk.upkeep.health import health_report
from provisioning.check_command import lines_of, look_at_all, running_status
from provisioning.commands import CONFIG, DONE, LANGUAGE, Parsers, clock_of, say


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "for a timer: write down what should be looked at, and tell the centre when the station does not run"
    command = commands.add_parser("health", parents=[CONFIG, LANGUAGE], help=about)
    command.set_defaults(run=health)


def health(options: argparse.Namespace, words: Translator) -> int:
    """Raises ConfigError."""
    config = load(options.config)
    status = running_status(config.data)
    found = look_at_all(options.config)
    for finding in found:
        if finding.state in (State.LOOK, State.BAD):
            for line in lines_of(finding, words):
                say(line)
    if status is None:
        upkeep = Diary(config.data / "upkeep.json").read()
        say(words.text("No station runs here."))
        if told := _tell(config, health_report(__version__, None, found, upkeep), words):
            say(told)
    return DONE


def _tell(config: KioskConfig, report: dict[str, object], words: Translator) -> str:
    try:
        files = StationFiles(config.folder, config.data)
        link = NativeRestLink(
            native_rest_config(config.central, config.station.library, config.station.device, files), clock_of(config)
        )
    except TableError:  # of another kind
        return ""
    try:
        link.tell_health(report)
    except Unreachable as error:
        return words.text("The centre could not be told: {why}.", why=error)
    finally:
        link.close()
    return words.text("The centre was told.")
