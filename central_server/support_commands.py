"""The command for support bundles that stations have sent."""

import argparse
import os
from pathlib import Path

from central_server import clock, support
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    parser = commands.add_parser("support", parents=[DATABASE, LIBRARY, JSON], help="support bundles of stations")
    parser.add_argument("--device", metavar="NAME", help="of this station only")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="which there are, the newest last")
    what.add_argument("--get", type=int, metavar="NUMBER", help="write one into a file")
    parser.add_argument("--out", type=Path, metavar="FILE", help="for --get; else LIBRARY-NUMBER.tar.gz")
    parser.set_defaults(run=_support)


def _support(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, arguments.library)
        if arguments.list:
            found = support.listed(connection, arguments.library, arguments.device)
            lines = [
                f"{one.number:>5}  {one.device:<12} {clock.shown_time(one.came_ms)}  {one.size} bytes" for one in found
            ]
            return 0, answer(arguments, {"bundles": found}, "\n".join(lines) or "No support bundle has come.")
        content = support.content_of(connection, arguments.library, arguments.get)
    file = arguments.out or Path(f"{arguments.library}-{arguments.get}.tar.gz")
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        raise CannotDo(f"{file} cannot be written: {error.strerror}.") from error
    return 0, answer(arguments, {"file": str(file), "bytes": len(content)}, f"{file}: {len(content)} bytes.")
