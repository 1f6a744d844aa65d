"""The commands for whoever runs the server: backing it up, restoring it, and bringing its schema up to date."""

import argparse
from pathlib import Path

from central_server import backups, suspensions
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, JSON, Done, Parsers, answer
from central_server.database import FILE_NAME, REVISION, no_database_in, open_store


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    backup = commands.add_parser("backup", parents=[DATABASE, JSON], help="a checked copy of the whole database")
    backup.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="a new file, or a folder that is there already"
    )
    backup.add_argument("--keep", type=int, metavar="COUNT", help="with a folder: remove older ones but for so many")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", parents=[DATABASE, JSON], help="make the database from such a copy")
    restore.add_argument("--from", type=Path, required=True, dest="file", metavar="FILE")
    restore.set_defaults(run=_restore)
    migrate = commands.add_parser(
        "migrate", parents=[DATABASE, JSON], help="bring an older database up to date, after a backup of it"
    )
    migrate.set_defaults(run=_migrate)


def _backup(arguments: argparse.Namespace) -> Done:
    if arguments.keep is not None and (arguments.keep < 1 or not arguments.to.is_dir()):
        raise CannotDo("--keep is a number from 1, and needs --to a folder that is there.")
    path = backups.backup(arguments.where, arguments.to)
    gone = backups.keep_newest(arguments.to, arguments.keep) if arguments.keep is not None else []
    as_json = {"file": str(path), "bytes": path.stat().st_size, "removed": [str(one) for one in gone]}
    text = f"{path} is there, {as_json['bytes']} bytes, and was read to its end."
    if gone:
        text += f"\n{len(gone)} older ones were removed."
    return 0, answer(arguments, as_json, text)


def _restore(arguments: argparse.Namespace) -> Done:
    revision = backups.restore(arguments.where, arguments.file)
    text = "The database is there. Stations will tell again what it may lack, and hear everything again."
    if revision != REVISION:
        text = f"The database is there, with the schema revision {revision}: give the command migrate."
    return 0, answer(arguments, {"revision": revision, "migrate": revision != REVISION}, text)


def _migrate(arguments: argparse.Namespace) -> Done:
    where = arguments.where
    if isinstance(where, Path) and not (where / FILE_NAME).exists():
        raise CannotDo(no_database_in(where))
    store = open_store(where, migrate=True, busy_timeout_s=arguments.busy_timeout)
    try:
        suspensions.catch_up(store)
    finally:
        store.close()
    return 0, answer(arguments, {"revision": REVISION}, f"The database has the schema revision {REVISION}.")
