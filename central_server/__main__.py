"""The command line of the central server: `serve`, `import`, `ledger`; the rest is in `central_server.office`."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import __version__, device_commands, log, office, postgresql
from central_server.address import CannotListen, listen, secured
from central_server.database import (
    DEFAULT_BUSY_TIMEOUT_S,
    FILE_NAME,
    CannotOpen,
    Store,
    is_passing,
    open_store,
    reason_of,
)
from central_server.devices import CannotDo
from central_server.imports.rows import Options
from central_server.imports.run import KINDS, import_file
from central_server.imports.text_file import ENCODINGS
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
                return _for_people(arguments)
    except (CannotOpen, CannotListen, CannotDo) as refused:
        _stop(str(refused))
    except DBAPIError as error:
        if not is_passing(error):
            raise
        _stop(f"The database is busy, full or away; nothing was done: {reason_of(error)}.")


def _serve(arguments: argparse.Namespace) -> int:
    tls = secured(arguments.certificate, arguments.key)
    listening = listen(arguments.host, arguments.port, secure=tls is not None)
    store = _store(arguments)
    # Only here: the other commands start without a web server.
    from central_server.serving import serve

    log.begin()
    serve(store, listening, tls, lambda address: print(f"listening on {address}", flush=True))
    return 0


def _import(arguments: argparse.Namespace) -> int:
    options = Options(
        arguments.dry_run,
        tuple(arguments.sheet),
        arguments.encoding,
        dict(arguments.value),
        tuple(arguments.keep_column),
        arguments.numbers_as_shown,
    )
    with ExitStack() as after:
        where = arguments.where
        if arguments.dry_run and isinstance(where, Path) and not (where / FILE_NAME).exists():
            # The first look at a file, before there is anything to keep.
            store = open_store(Path(after.enter_context(TemporaryDirectory())))
        else:
            store = _store(arguments, create=not arguments.dry_run)
        after.callback(store.close)
        report = import_file(
            store,
            arguments.library,
            arguments.library_name,
            arguments.kind,
            arguments.file,
            arguments.language,
            options,
        )
    print(msgspec.json.encode(report.as_json()).decode() if arguments.json else report.as_text())
    return report.exit_code


def _ledger(arguments: argparse.Namespace) -> int:
    store = _store(arguments, create=False)
    try:
        ledger = read_ledger(store, arguments.library)
    finally:
        store.close()
    print(msgspec.json.encode(ledger).decode() if arguments.json else as_text(ledger))
    return 0


def _for_people(arguments: argparse.Namespace) -> int:
    store = _store(arguments, create=False)
    try:
        if arguments.command in office.COMMANDS:
            status, said = office.run(store, arguments)
        else:
            status, said = 0, device_commands.run(store, arguments)
    finally:
        store.close()
    print(said)
    return status


def _store(arguments: argparse.Namespace, *, create: bool = True) -> Store:
    """The database that the command is about. Raises `CannotOpen`."""
    migrate = create and arguments.migrate
    return open_store(arguments.where, create=create, migrate=migrate, busy_timeout_s=arguments.busy_timeout)


def _url(text: str) -> sa.URL:
    try:
        return postgresql.read_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="central_server", description="The central server of Trạm Xanh.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    where = common.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, dest="where", metavar="DIR", help="the folder of an SQLite database")
    where.add_argument(
        "--database",
        type=_url,
        dest="where",
        metavar="URL",
        help="a PostgreSQL database, like postgresql://user@host/name; passwords are for ~/.pgpass",
    )
    common.add_argument("--busy-timeout", type=float, default=DEFAULT_BUSY_TIMEOUT_S, metavar="SECONDS")
    opening = argparse.ArgumentParser(add_help=False)
    opening.add_argument("--migrate", action="store_true", help="bring an older database up to date")
    of_library = argparse.ArgumentParser(add_help=False)
    of_library.add_argument("--library", required=True, metavar="CODE", help="like hoa-sen")
    of_library.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    serve = commands.add_parser("serve", parents=[common, opening], help="take requests of stations")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080, help="0: a free one")
    serve.add_argument(
        "--certificate", type=Path, metavar="FILE", help="PEM, with those between it and the root; https"
    )
    serve.add_argument("--key", type=Path, metavar="FILE", help="PEM, the certificate's private key")

    bring = commands.add_parser("import", parents=[common, opening, of_library], help="import a file of a library")
    bring.add_argument("--library-name", metavar="NAME", help="needed the first time; later it renames")
    bring.add_argument("--kind", required=True, choices=KINDS)
    bring.add_argument("--language", default="vi", choices=("vi", "en"), help="of the report")
    bring.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
    bring.add_argument("--sheet", action="append", default=[], metavar="NAME", help="only this sheet (again for more)")
    bring.add_argument(
        "--value",
        action="append",
        default=[],
        type=_value,
        metavar="COLUMN=VALUE",
        help="for a column that is not there",
    )
    bring.add_argument("--encoding", choices=ENCODINGS, help="when it is not recognised")
    bring.add_argument(
        "--numbers-as-shown", action="store_true", help="codes that are numbers never had zeros in front"
    )
    bring.add_argument(
        "--keep-column",
        action="append",
        default=[],
        metavar="NAME",
        help="take this column's national numbers as cards",
    )
    bring.add_argument("file", type=Path, metavar="FILE", help="Excel or CSV (titles, items, patrons), or TOML")

    commands.add_parser("ledger", parents=[common, of_library], help="what is held of a library")
    device_commands.add_parsers(commands, common)
    office.add_commands(commands, common, of_library)
    return parser


def _value(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 'Loại bạn đọc=hs'")
    return column, value


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
