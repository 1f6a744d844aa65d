"""The command by which a person at the centre puts a release there for the stations, beside a running server."""

import argparse
from pathlib import Path

import msgspec

from central_server.commands import DATABASE, JSON, RELEASES, Done, Parsers, answer, shelf_of


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "put a release there for the stations; without --bundle, tell which there are"
    release = commands.add_parser("release", parents=[DATABASE, RELEASES, JSON], help=about)
    release.add_argument("--bundle", type=Path, metavar="FILE", help="a signed bundle")
    release.add_argument("--publisher", type=Path, metavar="FILE", help="refuse what this public key has not signed")
    release.set_defaults(run=_release)


def _release(arguments: argparse.Namespace) -> Done:
    shelf = shelf_of(arguments)
    if arguments.bundle:
        shelf.put(arguments.bundle, arguments.publisher)
    kept = shelf.kept()
    lines = [
        f"{one.release.version:<10} {' '.join(one.architectures)}, Python {' '.join(one.pythons)}, "
        f"{one.release.size / 1_000_000:.0f} MB: {one.file}"
        for one in kept
    ]
    as_json = [
        msgspec.to_builtins(one.release) | {"architectures": one.architectures, "pythons": one.pythons} for one in kept
    ]
    return 0, answer(arguments, {"releases": as_json}, "\n".join(lines) or "There is no release here.")
