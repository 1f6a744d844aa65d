"""What the commands share: where the database is, whose library, and how they answer.

A command is a function of its arguments that answers the exit status and what to print; its parser knows it as `run`.
It raises `CannotDo` and SQLAlchemy's errors.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import postgresql
from central_server.database import DEFAULT_BUSY_TIMEOUT_S, Store, open_store
from central_server.releases import FOLDER, Shelf

Done = tuple[int, str]
# What argparse gives no public name to.
Parsers = Any


def _database() -> argparse.ArgumentParser:
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
    return common


def _with(*words: str, **options: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(*words, **options)
    return parser


def _url(text: str) -> sa.URL:
    try:
        return postgresql.read_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


# Parents of the commands' parsers.
DATABASE = _database()
MIGRATE = _with("--migrate", action="store_true", help="bring an older database up to date")
LIBRARY = _with("--library", required=True, metavar="CODE", help="like hoa-sen")
ANY_LIBRARY = _with("--library", metavar="CODE", help="of this library only")
DEVICE = _with("--device", required=True, metavar="NAME", help="like tram-1")
RELEASES = _with(
    "--releases", type=Path, metavar="DIR", help="where the bundles for stations are (with --data: its releases)"
)
JSON = _with("--json", action="store_true", help="one JSON object instead of lines for people")


@contextmanager
def opened(arguments: argparse.Namespace, *, create: bool = False) -> Iterator[Store]:
    """The database that the command is about. `create`: it may be made, or migrated if that was asked for."""
    store = open_store(
        arguments.where,
        create=create,
        migrate=create and arguments.migrate,
        busy_timeout_s=arguments.busy_timeout,
    )
    try:
        yield store
    finally:
        store.close()


def shelf_of(arguments: argparse.Namespace, publisher: Path | None = None) -> Shelf:
    """Where the command finds releases. `publisher`: whose key (PEM) those have that are sent."""
    beside = arguments.where / FOLDER if isinstance(arguments.where, Path) else None
    return Shelf(arguments.releases or beside, publisher)


def answer(arguments: argparse.Namespace, as_json: object, as_text: str) -> str:
    """One of both, as it was asked for."""
    return msgspec.json.encode(as_json).decode() if arguments.json else as_text
