"""The command line of the central server: `serve`, `import`, `ledger`; the rest is in `central_server.office`."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

import msgspec
from sqlalchemy.exc import OperationalError

from central_server import __version__, log, office
from central_server.address import CannotListen, listen
from central_server.database import DEFAULT_BUSY_TIMEOUT_S, CannotOpen, is_passing, open_store
from central_server.imports.run import KINDS, import_file
from central_server.ledger import as_text, read_ledger


def main() -> int:
    """Run one command; answers the exit status (2: it could not be done as asked)."""
    # What is kept here is about children: files that are made are for this account only.
    os.umask(0o077)
    arguments = _parser().parse_args()
    try:
        match arguments.command:
            case "serve":
                return _serve(arguments)
            case "import":
                return _import(arguments)
            case "ledger":
                return _ledger(arguments)
            case _:
                status, said = office.run(arguments)
                print(said)
                return status
    except (CannotOpen, CannotListen) as refused:
        _stop(str(refused))
    except OperationalError as error:
        if not is_passing(error):
            raise
        _stop(f"The database is busy or full, nothing was done: {error.orig}.")


def _serve(arguments: argparse.Namespace) -> int:
    listening = listen(arguments.host, arguments.port)
    store = open_store(arguments.data, migrate=arguments.migrate, busy_timeout_s=arguments.busy_timeout)
    # Only here: the other commands start without a web server.
    from central_server.serving import serve

    log.begin()
    serve(store, listening, lambda address: print(f"listening on {address}", flush=True))
    return 0


def _import(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.data, migrate=arguments.migrate, busy_timeout_s=arguments.busy_timeout)
    try:
        report = import_file(
            store, arguments.library, arguments.library_name, arguments.kind, arguments.file, arguments.language
        )
    finally:
        store.close()
    print(msgspec.json.encode(report.as_json()).decode() if arguments.json else report.as_text())
    return report.exit_code


def _ledger(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.data, create=False, busy_timeout_s=arguments.busy_timeout)
    try:
        ledger = read_ledger(store, arguments.library)
    finally:
        store.close()
    print(msgspec.json.encode(ledger).decode() if arguments.json else as_text(ledger))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="central_server", description="The central server of Trạm Xanh.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of the database")
    common.add_argument("--busy-timeout", type=float, default=DEFAULT_BUSY_TIMEOUT_S, metavar="SECONDS")
    opening = argparse.ArgumentParser(add_help=False)
    opening.add_argument("--migrate", action="store_true", help="bring an older database up to date")
    of_library = argparse.ArgumentParser(add_help=False)
    of_library.add_argument("--library", required=True, metavar="CODE", help="like hoa-sen")
    of_library.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    serve = commands.add_parser("serve", parents=[common, opening], help="take requests of stations")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080, help="0: a free one")

    bring = commands.add_parser("import", parents=[common, opening, of_library], help="import a file of a library")
    bring.add_argument("--library-name", metavar="NAME", help="needed the first time; later it renames")
    bring.add_argument("--kind", required=True, choices=KINDS)
    bring.add_argument("--language", default="vi", choices=("vi", "en"), help="of the report")
    bring.add_argument("file", type=Path, metavar="FILE", help="CSV (titles, items, patrons) or TOML")

    commands.add_parser("ledger", parents=[common, of_library], help="what is held of a library")
    office.add_commands(commands, common, of_library)
    return parser


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
