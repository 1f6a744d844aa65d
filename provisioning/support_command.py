"""python -m provisioning support-bundle: what helps whoever looks after the station, on a stick or at the centre."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from functools import partial
from itertools import chain, count
from pathlib import Path

import msgspec

from central_link.native_rest import NativeRestLink
from central_link.registry import StationFiles, native_rest_config
from devices.host.checks.machine import read_releases
from devices.host.checks.together import RELEASES
from devices.host.clock import HostClock, machine_clock_s
from devices.host.logs import read_log
from devices.host.root_helper import SOCKET
from devices.host.usb_stick import For, StickRefused, usb_stick, write_on_stick
from kiosk import __version__
from kiosk.config import BUILD_MS, ConfigError, KioskConfig, load
from kiosk.domain.clock_trust import Moment
from kiosk.i18n import Translator
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError
from kiosk.runtime.diary import Diary
from kiosk.upkeep.checked import as_json
from kiosk.upkeep.support_bundle import Material, about_the_bundle, make_bundle
from provisioning.check_command import believed_clock, look_at_all, running_status
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, clock_of, complain, say
from provisioning.why_refused import why_refused


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "logs, figures and settings in one file, for whoever helps: nothing of a reader, nothing secret"
    command = commands.add_parser("support-bundle", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--out", type=Path, metavar="FILE_OR_FOLDER", help="like a USB stick")
    command.add_argument("--stick", action="store_true", help="onto the only USB stick that is plugged in")
    command.add_argument("--send", action="store_true", help="to the centre")
    command.set_defaults(run=partial(support_bundle, at=SOCKET))


def support_bundle(options: argparse.Namespace, words: Translator, at: Path) -> int:
    """Also where nothing is set up yet. `at`: the socket of root's helper. Raises ConfigError."""
    if not options.out and not options.stick and not options.send:
        complain(words.text("Say where to: --out a file or folder, --stick, --send to the centre, or several of them."))
        return ASKED_WRONGLY
    config: KioskConfig | None = None
    try:
        config = load(options.config)
    except ConfigError:
        if options.send:
            raise
    status_now = running_status(config.data) if config else None
    clock = believed_clock(config, status_now) if config else HostClock(battery_clock=False, build_ms=BUILD_MS)
    now = clock.now()
    made_of = material(config, options.config, status_now, now)
    bundle = make_bundle(made_of)
    status = DONE
    if made_of.log_lacks:
        complain(words.text("The station's log is not whole, or missing: {why}.", why=made_of.log_lacks))
    if options.out:
        status = _write(bundle, options.out, config, now, words)
    if options.stick:
        status = _onto_stick(bundle, config, now, at, words) or status
    if options.send and config is not None:
        status = _send(bundle, config, words) or status
    return status


def material(config: KioskConfig | None, file: Path, status: Mapping[str, object] | None, now: Moment) -> Material:
    about = about_the_bundle(now, machine_clock_s(), __version__)
    check = as_json(look_at_all(file))
    if config is None:
        return Material(about, None, check, {}, read_releases(RELEASES), None, (), None, "no settings say where it is")
    log = read_log(config.folder / config.log.file if config.log.file else None)
    return Material(
        about,
        status,
        check,
        Diary(config.data / "upkeep.json").read(),
        read_releases(RELEASES),
        msgspec.to_builtins(config, enc_hook=str),
        log.lines,
        config.codes.formats(),
        log.lacks,
    )


def _write(bundle: bytes, out: Path, config: KioskConfig | None, now: Moment, words: Translator) -> int:
    """In a folder under a name of its own: a date that nobody vouches for may have been there before."""
    file, how = out, os.O_TRUNC
    if out.is_dir():
        file, how = _free_name(out, config, now), os.O_EXCL
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as there:
            there.write(bundle)
            there.flush()
            os.fsync(there.fileno())
    except OSError as error:
        complain(words.text("{file} cannot be written: {why}.", file=file, why=error.strerror))
        return COULD_NOT
    say(words.text("Written: {file}", file=file))
    return DONE


def _onto_stick(bundle: bytes, config: KioskConfig | None, now: Moment, at: Path, words: Translator) -> int:
    name = ""
    try:
        with usb_stick(For.EXPORT, at=at) as folder:
            file = _free_name(folder, config, now)
            name = file.name
            write_on_stick(file, bundle)
    except StickRefused as error:
        complain(why_refused(error.reason, words))
        return COULD_NOT
    except OSError as error:
        complain(words.text("{file} cannot be written: {why}.", file=name, why=error.strerror))
        return COULD_NOT
    say(words.text("Written and read back: {file}. You can pull the stick out now.", file=name))
    return DONE


def _free_name(folder: Path, config: KioskConfig | None, now: Moment) -> Path:
    """Of a file that is not there yet."""
    device = config.station.device if config else "tram-xanh"
    fit = "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in device)  # for FAT, too
    stem = f"{fit}-{now.local:%Y%m%d-%H%M%S}" if now.trusted else f"{fit}-undated"
    names = chain([stem], (f"{stem}-{n}" for n in count(2)))
    return next(new for name in names if not (new := folder / f"{name}.tar.gz").exists())


def _send(bundle: bytes, config: KioskConfig, words: Translator) -> int:
    try:
        files = StationFiles(config.folder, config.data)
        link = NativeRestLink(
            native_rest_config(config.central, config.station.library, config.station.device, files), clock_of(config)
        )
    except TableError as error:
        raise ConfigError(str(error)) from error
    try:
        link.send_support(bundle)
    except Unreachable as error:
        complain(words.text("The centre has not taken it: {why}.", why=error))
        return COULD_NOT
    finally:
        link.close()
    say(words.text("The centre has it."))
    return DONE
