"""The commands about a library: bringing in its files, and what is held of it."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from central_server.commands import DATABASE, JSON, LIBRARY, MIGRATE, Done, Parsers, answer, opened
from central_server.database import FILE_NAME, open_store
from central_server.imports.marc_file import MARC8
from central_server.imports.rows import Options
from central_server.imports.run import KINDS, import_file
from central_server.imports.text_file import ENCODINGS
from central_server.ledger import as_text, read_ledger


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    bring = commands.add_parser("import", parents=[DATABASE, MIGRATE, LIBRARY, JSON], help="import a file of a library")
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
    bring.add_argument("--encoding", choices=(*ENCODINGS, MARC8), help="when it is not recognised")
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
    bring.add_argument("file", type=Path, metavar="FILE", help="Excel or CSV (titles, items, patrons), MARC, or TOML")
    bring.set_defaults(run=_import)

    ledger = commands.add_parser("ledger", parents=[DATABASE, LIBRARY, JSON], help="what is held of a library")
    ledger.set_defaults(run=_ledger)


def _import(arguments: argparse.Namespace) -> Done:
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
            after.callback(store.close)
        else:
            store = after.enter_context(opened(arguments, create=not arguments.dry_run))
        report = import_file(
            store,
            arguments.library,
            arguments.library_name,
            arguments.kind,
            arguments.file,
            arguments.language,
            options,
        )
    return report.exit_code, answer(arguments, report.as_json(), report.as_text())


def _ledger(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store:
        ledger = read_ledger(store, arguments.library)
    return 0, answer(arguments, ledger, as_text(ledger))


def _value(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 'Loại bạn đọc=hs'")
    return column, value
