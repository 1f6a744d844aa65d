"""The command line of the central server: `serve`, `import`, `ledger`."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import msgspec
from sqlalchemy.exc import OperationalError

from central_server import __version__, log
from central_server.address import CannotListen, listen
from central_server.database import DEFAULT_BUSY_TIMEOUT_S, FILE_NAME, CannotOpen, is_passing, open_store
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
            case _:
                return _ledger(arguments)
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
    options = Options(
        arguments.dry_run,
        tuple(arguments.sheet),
        arguments.encoding,
        dict(arguments.value),
        tuple(arguments.keep_column),
        arguments.numbers_as_shown,
    )
    with ExitStack() as after:
        data = arguments.data
        if arguments.dry_run and not (data / FILE_NAME).exists():
            # The first look at a file, before there is anything to keep.
            data = Path(after.enter_context(TemporaryDirectory()))
        create = data is not arguments.data or not arguments.dry_run
        migrate = arguments.migrate and not arguments.dry_run
        store = open_store(data, create=create, migrate=migrate, busy_timeout_s=arguments.busy_timeout)
        after.callback(store.close)
        name = arguments.library_name
        report = import_file(
            store, arguments.library, name, arguments.kind, arguments.file, arguments.language, options
        )
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
