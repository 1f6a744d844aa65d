"""The command line of the central server: `serve` is here, the other commands in `…_commands`."""

import argparse
import os
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from central_server import (
    __version__,
    desk_commands,
    device_commands,
    dispute_commands,
    figures_commands,
    library_commands,
    log,
    office_commands,
    organisation_commands,
    pass_commands,
    release_commands,
    running_commands,
    subject_commands,
    support_commands,
    suspensions,
)
from central_server.address import listen, secured
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, MIGRATE, RELEASES, Done, Parsers, opened, shelf_of
from central_server.database import is_passing, reason_of
from central_server.enrolment_code import read_authority

_COMMANDS = (
    library_commands,
    device_commands,
    office_commands,
    desk_commands,
    dispute_commands,
    figures_commands,
    release_commands,
    support_commands,
    pass_commands,
    organisation_commands,
    subject_commands,
    running_commands,
)


def main() -> int:
    """Run one command; answers the exit status (2: it could not be done as asked)."""
    # What is kept here is about children: files that are made are for this account only.
    os.umask(0o077)
    arguments = _parser().parse_args()
    try:
        status, said = arguments.run(arguments)
    except CannotDo as refused:
        return _stop(str(refused))
    except DBAPIError as error:
        if not is_passing(error):
            raise
        return _stop(f"The database is busy, full or away; nothing was done: {reason_of(error)}.")
    if said:
        print(said)
    return int(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m central_server", description="The central server of Trạm Xanh.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_serve(commands)
    for module in _COMMANDS:
        module.add_parsers(commands)
    return parser


def _add_serve(commands: Parsers) -> None:
    serve = commands.add_parser("serve", parents=[DATABASE, MIGRATE, RELEASES], help="take requests of stations")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080, help="0: a free one")
    serve.add_argument(
        "--certificate", type=Path, metavar="FILE", help="PEM, with those between it and the root; https"
    )
    serve.add_argument("--key", type=Path, metavar="FILE", help="PEM, the certificate's private key")
    serve.add_argument(
        "--ca", type=Path, metavar="FILE", help="PEM, the school's own authority: stations fetch it when they enrol"
    )
    serve.add_argument(
        "--publisher", type=Path, metavar="FILE", help="whose public key (PEM) releases have that school IT may upload"
    )
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> Done:
    tls = secured(arguments.certificate, arguments.key)
    authority = read_authority(arguments.ca) if arguments.ca else None
    listening = listen(arguments.host, arguments.port, secure=tls is not None)
    with opened(arguments, create=True) as store:
        # Only here: the other commands start without a web server.
        from central_server.serving import serve

        log.begin()
        suspensions.catch_up(store)
        shelf = shelf_of(arguments, arguments.publisher)
        serve(store, shelf, listening, tls, _announce, authority)
    return 0, ""


def _announce(address: str) -> None:
    print(f"listening on {address}", flush=True)


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
