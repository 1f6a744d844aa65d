"""python -m provisioning enrol: the sentences for the person at the station, around the steps of `enrol`."""

from __future__ import annotations

import argparse
import json
import time
from functools import partial

from central_link.enrolment import TokenRefused
from central_link.http_line import Distrusted
from central_link.identity import KeyUnusable
from central_link.joining import Enrolled, EnrolledAlready, ForAnother, NothingTold, config_for, names_of, renew, settle
from central_link.joining import enrol as join
from central_link.native_rest import NativeRestConfig
from kiosk.config import BlankConfig, ConfigError, check_names, check_station, load_any
from kiosk.domain.enrolment_code import FILE_NAME, EnrolmentCode, Fault
from kiosk.i18n import Translator
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError
from kiosk.upkeep.leftovers import clear_leftovers
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, clock_of, complain, say
from provisioning.enrol import (
    AskedWrongly,
    NoCode,
    NoToken,
    OtherServer,
    enrol,
    read_code,
    settings,
)


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    command = commands.add_parser(
        "enrol", parents=[CONFIG, LANGUAGE], help="make this station known to its central server"
    )
    command.add_argument("--code", metavar="FILE_OR_TEXT", help=f"the enrolment code, or a folder with {FILE_NAME}")
    command.add_argument("--server", metavar="URL", help="as in kiosk.toml; without --code")
    command.add_argument("--token", help="made there: python -m central_server enrol-token; without --code")
    command.add_argument("--again", action="store_true", help="though the station has a key; a new one takes its place")
    command.add_argument("--no-wait", action="store_true", help="do not wait until somebody has confirmed it")
    command.add_argument("--json", action="store_true", help="one JSON object a line instead of sentences")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    if (options.code is None) == (options.server is None or options.token is None):
        complain(words.text("Give either --code, or --server and --token."))
        return ASKED_WRONGLY
    server = options.server or ""
    try:
        if options.code is None:
            config = settings(options.config)
            clock = clock_of(load_any(options.config))
            enrolled = enrol(config, server, options.token, again=options.again, clock=clock)
            return _compare(enrolled, config, options, words)
        code = read_code(options.code)
        server = code.server
        return _by_code(code, options, words)
    except (ConfigError, AskedWrongly, EnrolledAlready, ForAnother) as error:
        complain(_sentence(error, server, words))
        return ASKED_WRONGLY
    except (TokenRefused, Unreachable, KeyUnusable, NothingTold, OSError) as error:
        complain(_sentence(error, server, words))
        return COULD_NOT


def _by_code(code: EnrolmentCode, options: argparse.Namespace, words: Translator) -> int:
    machine = load_any(options.config)
    if isinstance(machine, BlankConfig):
        try:
            check_names(names_of(code), machine)
        except TableError as error:
            raise ForAnother("station") from error
        config = config_for(code, machine.data)
        enrolled = join(config, code.token, code.token_text, again=True, clock=clock_of(machine))
    else:
        config = settings(options.config)
        enrolled = renew(config, code, again=options.again, clock=clock_of(machine))
    status = _compare(enrolled, config, options, words)
    if isinstance(machine, BlankConfig) and status == DONE and not options.no_wait:
        settle(code, machine.data, enrolled.enroller.told(), partial(check_station, machine=machine))
        clear_leftovers(machine.data)  # a code that its screen was shown
    return status


def _compare(enrolled: Enrolled, config: NativeRestConfig, options: argparse.Namespace, words: Translator) -> int:
    def tell(sentence: str, **facts: object) -> None:
        say(json.dumps(facts, ensure_ascii=False) if options.json else sentence)

    shown = words.text("Four words:  {words}", words=" · ".join(enrolled.words))
    compare = words.text("At the centre, somebody compares these four words and confirms them if they are the same.")
    tell(f"\n    {shown}\n\n{compare}", words=enrolled.words, key_id=enrolled.key_id, state=enrolled.standing)
    if options.no_wait:
        return DONE
    if not options.json:
        say(words.text("Waiting for that. Ctrl+C ends the waiting; the same command goes on with it."))
    try:
        standing = enrolled.wait(time.sleep)
    except KeyboardInterrupt:
        return COULD_NOT
    if standing is Standing.ACTIVE:
        confirmed = words.text(
            "Confirmed: this is {device} of {library}. A running station goes on by itself.",
            device=config.device_id,
            library=config.library_id,
        )
        tell(confirmed, state=standing)
        return DONE
    tell(words.text("The centre has not taken this station. Please ask there, and enrol it again."), state=standing)
    return COULD_NOT


def _sentence(error: Exception, server: str, words: Translator) -> str:
    match error:
        case OtherServer():
            return words.text(
                "kiosk.toml names {ours} as this station's centre, not {asked}: please correct one of them.",
                ours=error.ours,
                asked=server,
            )
        case NoToken():
            return words.text("This is not a whole token: it has 26 letters and digits. Please copy it once more.")
        case ForAnother():
            return words.text(
                "The enrolment code is for another station than kiosk.toml names: please correct one of them."
            )
        case NoCode(fault=fault):
            return code_fault(fault, words)
        case NothingTold():
            return words.text(
                "The centre has confirmed the station, and cannot tell it what the library's codes look like. "
                "Import them there (--kind station), then give the same command again."
            )
        case EnrolledAlready():
            return words.text("This station has a key already. Add --again to give it a new one.")
        case TokenRefused():
            return words.text(
                "The centre does not take this token: it is too old, used already, or made for another station. "
                "Please make a new one there."
            )
        case Distrusted(by_an_unsure_clock=True):
            return words.text(
                "This machine's clock is not right, so it cannot check {server}. Set its date and time, or wait a "
                "minute for the network's time; then give the same command again.",
                server=server,
            )
        case Distrusted():
            return words.text(
                "This station does not trust the certificate of {server} ({why}). "
                "The key central.ca_file in kiosk.toml says whom it trusts.",
                server=server,
                why=error.why,
            )
        case Unreachable():
            return words.text(
                "{server} cannot be reached ({why}). Nothing is lost: the same command tries again.",
                server=server,
                why=error,
            )
        case KeyUnusable() | OSError():
            return words.text("The station's key cannot be kept: {why}.", why=error)
    return str(error)


def code_fault(fault: Fault, words: Translator) -> str:
    match fault:
        case Fault.OTHER:
            return words.text("This is not an enrolment code: it begins with TXE1.")
        case Fault.VERSION:
            return words.text("This enrolment code is of another version. Please update the station or the centre.")
        case Fault.SPOILT:
            return words.text("The enrolment code is not whole. Please copy it once more.")
        case Fault.FORBIDDEN:
            return words.text("This enrolment code asks for what no station does. Please make a new one at the centre.")
