"""python -m provisioning update: the sentences around `self_update`. For root: no station changes its own code."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path

from devices.host.clock import HostClock
from devices.host.status_socket import ask_word
from kiosk.config import BUILD_MS, BlankConfig, KioskConfig, load, load_any
from kiosk.i18n import Translator
from kiosk.upkeep.logs import set_up as set_up_logs
from provisioning.bundle import BundleRefused, Why
from provisioning.chooser.choose import Places, read_releases
from provisioning.commands import (
    ASKED_WRONGLY,
    CONFIG,
    COULD_NOT,
    DONE,
    LANGUAGE,
    Parsers,
    complain,
    python_options,
    say,
)
from provisioning.fetch_release import fetched, forget_fetched, refuse_fetched
from provisioning.release_folder import CannotBuild, releases_in
from provisioning.self_update import Busy, Outcome, Updater, signed_by

log = logging.getLogger(__name__)

Config = KioskConfig | BlankConfig

_RESTART = "systemctl restart kiosk.service"
_PATIENCE_S = 1800


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "bring a newer release onto this station; it proves itself, or the old one returns"
    command = commands.add_parser("update", parents=[CONFIG, LANGUAGE], help=about)
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", type=Path, metavar="FILE", help="a signed bundle, like one on a USB stick")
    what.add_argument("--fetched", action="store_true", help="what fetch-release has fetched, without a network")
    what.add_argument("--resume", action="store_true", help="only finish or undo what an earlier update began")
    what.add_argument("--status", action="store_true", help="what is installed, and what is on trial, as JSON")
    command.add_argument("--again", action="store_true", help="though it was taken back here, or the station rests")
    command.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help=argparse.SUPPRESS)
    command.add_argument("--restart", default=_RESTART, metavar="COMMAND", help=argparse.SUPPRESS)
    command.add_argument("--within", type=float, default=120.0, metavar="S", help=argparse.SUPPRESS)
    command.add_argument("--patience", type=float, default=_PATIENCE_S, metavar="S", help="wait so long for an end")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    places = Places(options.root)
    if options.status:
        return _status(places)
    _leave_the_symlink()
    set_up_logs("info", None)
    config = load(options.config) if options.fetched else load_any(options.config)  # a blank one has no centre
    try:
        updater = _updater(options, config, places)
        return _tell(_bring(updater, options, config.data, places), words)
    except BundleRefused as error:
        log.warning("update refused: %s", error)
        complain(refusal(error.why, words))
        return ASKED_WRONGLY
    except Busy:
        complain(words.text("Another update is being made right now."))
    except CannotBuild as error:
        log.error("update: %s", error)
        complain(words.text("The new release could not be installed. The old one runs on."))
    except (OSError, ValueError) as error:
        log.error("update: %s", error)
        complain(words.text("Nothing was changed: {why}.", why=error))
    return COULD_NOT


def _bring(updater: Updater, options: argparse.Namespace, data: Path, places: Places) -> Outcome | None:
    """Whatever was asked for, after what an earlier run began."""
    if options.bundle:
        return updater.update(options.bundle, again=options.again)
    begun = updater.resume()
    if options.resume or begun in (Outcome.IN_USE, Outcome.RESTS):
        return begun
    return _bring_fetched(updater, begun, options, data, places)


def _bring_fetched(
    updater: Updater, begun: Outcome | None, options: argparse.Namespace, data: Path, places: Places
) -> Outcome | None:
    """The newest, and then what has come meanwhile: for a bundle from a stick no unit is begun while this one is at
    work. Each is tried once; what the last one came to counts."""
    outcome, problem = begun, None
    tried: set[Path] = set()
    while (bundle := fetched(data)) and bundle not in tried:
        tried.add(bundle)
        try:
            outcome, problem = updater.update(bundle, again=options.again), None
        except (BundleRefused, CannotBuild) as error:
            why = error.why if isinstance(error, BundleRefused) else None
            if why in (Why.OLDER, Why.SAME):  # the centre offers none such
                forget_fetched(bundle)
                if outcome is not None:  # what was begun was this one, or has overtaken it
                    continue
            elif why is not Why.NO_ROOM:
                refuse_fetched(bundle, places)
            log.warning("update: %s", error)
            problem = error
        else:
            if outcome in (Outcome.PROVED, Outcome.TAKEN_BACK):
                forget_fetched(bundle)
    if problem:
        raise problem
    return outcome


def _updater(options: argparse.Namespace, config: Config, places: Places) -> Updater:
    """Raises OSError and ValueError (publisher.pub)."""
    return Updater(
        places,
        signed_by(places.publisher),
        partial(_restart, shlex.split(options.restart)),
        partial(status_of, config),
        partial(now_ms, config),
        within_s=options.within,
        patience_s=options.patience,
    )


def _leave_the_symlink() -> None:
    """The program runs on in the release that it began in, whatever `current` leads to in the middle of it: what it
    imports later is not to come from another."""
    real = Path(sys.prefix).resolve()
    if real != Path(sys.prefix):
        os.execv(
            real / "bin/python", [str(real / "bin/python"), *python_options(), "-m", "provisioning", *sys.argv[1:]]
        )


def _restart(command: list[str]) -> None:
    """Whether it comes up, the proof says."""
    done = subprocess.run(command, check=False)
    if done.returncode:
        log.warning("update: the restart ended with %d", done.returncode)


def status_of(config: Config) -> dict[str, object] | None:
    """None when no station runs. One that gives no answer, or none that can be read, says nothing of who stands there:
    the socket is the station's own."""
    told = ask_word(config.data)
    if told is None:
        return None
    try:
        said = json.loads(told)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def now_ms(config: Config) -> int:
    """The time that somebody vouches for, else the latest that is known to be over."""
    now = HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS).now()
    known = [now.wall_ms] if now.trusted else [BUILD_MS]
    told = (status_of(config) or {}).get("time_ms")
    return max(known + ([told] if isinstance(told, int) else []))


def _status(places: Places) -> int:
    known = read_releases(places)
    trial = known.trial.version if known.trial else None
    there = releases_in(places.releases)
    table = {"current": known.current or None, "previous": known.previous or None, "trial": trial, "there": there}
    say(json.dumps(table | {"refused": list(known.refused)}))
    return DONE


def _tell(outcome: Outcome | None, words: Translator) -> int:
    match outcome:
        case None:
            say(words.text("There is nothing to update."))
        case Outcome.PROVED:
            say(words.text("The new release works. The station is up to date."))
        case Outcome.IN_USE:
            say(words.text("The station is in use. The update waits until nobody stands in front of it."))
            return COULD_NOT
        case Outcome.RESTS:
            complain(
                words.text("The station's store does not open, so no release could be tried. Help the station first.")
            )
            return COULD_NOT
        case Outcome.TAKEN_BACK:
            complain(words.text("The new release did not work here. The old one is back, and no loan was lost."))
            return COULD_NOT
    return DONE


def refusal(why: Why, words: Translator) -> str:
    """A sentence for whoever stands there with the stick."""
    return {
        Why.NOT_A_BUNDLE: words.text("This file is no update for this station, or only part of one. Copy it again."),
        Why.FOREIGN: words.text("This update does not come from the maker of this station. It is not installed."),
        Why.TAMPERED: words.text("This update was changed or damaged after it was made. Fetch it again."),
        Why.TOO_LARGE: words.text("This file is too large to be an update."),
        Why.NEWER_FORMAT: words.text("This update needs a newer station than this one. Install an update in between."),
        Why.BAD_MANIFEST: words.text("This update cannot be understood. Tell its maker."),
        Why.OTHER_PRODUCT: words.text("This is an update for another product."),
        Why.OTHER_MACHINE: words.text("This update is for another kind of computer."),
        Why.OTHER_PYTHON: words.text("This update is for another version of the operating system."),
        Why.EXPIRED: words.text("This update is too old. Fetch a newer one."),
        Why.OLDER: words.text("This update is older than what the station runs."),
        Why.SAME: words.text("The station has this version already."),
        Why.TAKEN_BACK: words.text("This version was tried here and did not work. Add --again to try it once more."),
        Why.NO_ROOM: words.text("There is not enough room on the memory card for this update."),
    }[why]
