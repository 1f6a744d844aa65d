"""The commands about readers' own data: giving it to them, and letting files forget who was erased."""

import argparse

import msgspec
import sqlalchemy as sa

from central_server import clock, subjects
from central_server.commands import DATABASE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.erasing import patron_of_card
from central_server.forgetting import forget
from central_server.subject_text import as_text
from central_server.tables.library import erased_reader

_DAY_MS = 24 * 3_600_000


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    reader = commands.add_parser("reader", help="what is held of a reader").add_subparsers(required=True)
    export = reader.add_parser("export", parents=[DATABASE, LIBRARY, JSON], help="all of it, for them")
    who = export.add_mutually_exclusive_group(required=True)
    who.add_argument("--card", metavar="NUMBER")
    who.add_argument("--patron", metavar="UUID")
    export.add_argument("--language", default="vi", choices=("vi", "en"), help="of the text")
    export.set_defaults(run=_export)

    forgetting = commands.add_parser(
        "forget", parents=[DATABASE, JSON], help="leave nothing of erased readers in the database's files"
    )
    forgetting.add_argument(
        "--if-erased-within",
        type=int,
        metavar="DAYS",
        help="only if somebody was erased in that time: it writes every table anew",
    )
    forgetting.set_defaults(run=_forget)


def _export(arguments: argparse.Namespace) -> Done:
    library = arguments.library
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, library)
        who = arguments.patron or patron_of_card(connection, library, arguments.card)
        held = subjects.export(connection, library, who, clock.now_ms())
    if arguments.json:
        return 0, msgspec.json.format(msgspec.json.encode(held), indent=2).decode()
    return 0, as_text(held, arguments.language)


def _forget(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store:
        if arguments.if_erased_within is not None:
            since = clock.now_ms() - arguments.if_erased_within * _DAY_MS
            with reading(store) as connection:
                newest = connection.scalar(sa.select(sa.func.max(erased_reader.c.erased_ms)))
            if newest is None or newest < since:
                return 0, answer(arguments, {"forgotten": None}, "Nobody was erased in that time; nothing was done.")
        forgotten = forget(store)
    text = (
        "The files hold nothing any more of what was erased."
        if forgotten
        else "Somebody is at work in the database: give the command again later."
    )
    return int(not forgotten), answer(arguments, {"forgotten": forgotten}, text)
