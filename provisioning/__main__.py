"""python -m provisioning: make this machine a station of a library, and look after its store."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from central_link.enrolment import TokenRefused
from central_link.http_line import Distrusted
from central_link.identity import KeyUnusable
from kiosk.config import ConfigError
from kiosk.i18n import Translator
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from provisioning import scanner_test, store_commands
from provisioning.enrol import AskedWrongly, EnrolledAlready, NoToken, OtherServer, enrol, settings

DONE, COULD_NOT, ASKED_WRONGLY = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioning", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("enrol", help="make this station known to its central server")
    command.add_argument("--server", required=True, metavar="URL", help="as in kiosk.toml")
    command.add_argument("--token", required=True, help="made there: python -m central_server enrol-token")
    command.add_argument("--config", default="kiosk.toml", type=Path, metavar="FILE")
    command.add_argument("--language", default="vi", choices=("vi", "en"))
    command.add_argument("--again", action="store_true", help="though the station has a key; a new one takes its place")
    command.add_argument("--no-wait", action="store_true", help="do not wait until somebody has confirmed it")
    command.add_argument("--json", action="store_true", help="one JSON object a line instead of sentences")
    _add_store_commands(commands)
    command = commands.add_parser("scanner-test", help="try the scanners of kiosk.toml: what they send, and what it is")
    command.add_argument("--config", default="kiosk.toml", type=Path, metavar="FILE")
    command.add_argument("--language", default="vi", choices=("vi", "en"))
    command.add_argument("--count", type=int, metavar="N", help="end after so many scans")
    command.add_argument("--seconds", type=float, metavar="S", help="end after this time")
    options = parser.parse_args(arguments)
    words = Translator(options.language)
    if options.command == "scanner-test":
        return _try_scanners(options, words)
    if options.command != "enrol":
        return _look_after_the_store(options, words)
    try:
        return _enrol(options, words)
    except (ConfigError, AskedWrongly) as error:
        print(_sentence(error, options.server, words), file=sys.stderr)
        return ASKED_WRONGLY
    except (TokenRefused, Unreachable, KeyUnusable, OSError) as error:
        print(_sentence(error, options.server, words), file=sys.stderr)
        return COULD_NOT


def _add_store_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="write a backup now, also beside a running station")
    key = commands.add_parser("backup-key", help="show the recovery code, without which a backup opens nowhere else")
    restore = commands.add_parser("restore", help="bring a backup in; the present store is set aside")
    restore.add_argument("--from", dest="place", required=True, type=Path, metavar="FILE_OR_FOLDER")
    restore.add_argument("--code", metavar="CODE", help="the recovery code; asked for where it is needed")
    recover = commands.add_parser("recover", help="after K-04: the newest backup and all that can still be read")
    recover.add_argument("--from", dest="place", type=Path, metavar="FILE_OR_FOLDER", help="else as in kiosk.toml")
    for command in (restore, recover):
        command.add_argument("--yes", action="store_true", help="do it; without, only say what would be")
    for command in (backup, key, restore, recover):
        command.add_argument("--config", default="kiosk.toml", type=Path, metavar="FILE")
        command.add_argument("--language", default="vi", choices=("vi", "en"))


def _try_scanners(options: argparse.Namespace, words: Translator) -> int:
    try:
        return scanner_test.scanner_test(options, words, partial(print, flush=True))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ASKED_WRONGLY


def _look_after_the_store(options: argparse.Namespace, words: Translator) -> int:
    acts: dict[str, Callable[[argparse.Namespace, Translator], store_commands.Said]] = {
        "backup": store_commands.backup,
        "backup-key": store_commands.backup_key,
        "restore": partial(store_commands.restore, ask=input),
        "recover": store_commands.recover,
    }
    try:
        status, said = acts[options.command](options, words)
    except (ConfigError, EOFError) as error:
        print(error, file=sys.stderr)
        return ASKED_WRONGLY
    print(said, file=sys.stderr if status else sys.stdout)
    return status


def _enrol(options: argparse.Namespace, words: Translator) -> int:
    config = settings(options.config)
    enrolled = enrol(config, options.server, options.token, again=options.again)

    def say(sentence: str, **facts: object) -> None:
        print(json.dumps(facts, ensure_ascii=False) if options.json else sentence, flush=True)

    shown = words.text("Four words:  {words}", words=" · ".join(enrolled.words))
    compare = words.text("At the centre, somebody compares these four words and confirms them if they are the same.")
    say(f"\n    {shown}\n\n{compare}", words=enrolled.words, key_id=enrolled.key_id, state=enrolled.standing)
    if options.no_wait:
        return DONE
    if not options.json:
        print(words.text("Waiting for that. Ctrl+C ends the waiting; the same command goes on with it."), flush=True)
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
        say(confirmed, state=standing)
        return DONE
    say(words.text("The centre has not taken this station. Please ask there, and enrol it again."), state=standing)
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
        case EnrolledAlready():
            return words.text("This station has a key already. Add --again to give it a new one.")
        case TokenRefused():
            return words.text(
                "The centre does not take this token: it is too old, used already, or made for another station. "
                "Please make a new one there."
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


if __name__ == "__main__":
    sys.exit(main())
