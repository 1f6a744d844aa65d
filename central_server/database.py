"""The database file: opening, durability, schema version.

One engine writes (every transaction takes the write lock at once, so that it cannot fail half-way for want of it), one
only reads. SQLite comes from the `sqlcipher3` wheel, without a key: the system's SQLite may have the WAL-reset bug
(before 3.51.3), which can corrupt a database that is served and imported into at the same time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlcipher3 import dbapi2

from central_server import tables

FILE_NAME = "central.sqlite"
REVISION = "0003"
MIGRATIONS = Path(__file__).parent / "migrations"
DEFAULT_BUSY_TIMEOUT_S = 5.0

# Faults of the machine or of the moment: nothing is wrong with the request, it may be sent again.
_PASSING_ERRORS = {
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
}


class CannotOpen(Exception):
    """The database may not be worked on; the message is a sentence for the person who started the command."""


@dataclass(frozen=True)
class Store:
    """An open database. `writing` begins with the write lock, `reading` cannot write."""

    path: Path
    writing: sa.Engine
    reading: sa.Engine

    def close(self) -> None:
        """Close every connection; the last one of all processes folds the write-ahead log into the file."""
        self.reading.dispose()
        self.writing.dispose()


def open_store(
    directory: Path, *, create: bool = True, migrate: bool = False, busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S
) -> Store:
    """Open the database in `directory`; an empty one gets its tables.

    `create` false: only an existing database is opened. `migrate`: bring an older schema up to date.
    Raises `CannotOpen`.
    """
    path = directory / FILE_NAME
    if not create and not path.exists():
        raise CannotOpen(f"There is no database in {directory} (looked for {FILE_NAME}).")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(f"The folder {directory} cannot be made: {error.strerror}.") from error
    store = Store(path, _engine(path, busy_timeout_s, writes=True), _engine(path, busy_timeout_s, writes=False))
    try:
        _bring_to_revision(store, create=create, migrate=migrate)
        if create:
            _begin_generations(store)
    except DBAPIError as error:
        store.close()
        raise CannotOpen(f"{path} cannot be opened as a database: {error.orig}.") from error
    except CannotOpen:
        store.close()
        raise
    return store


def is_passing(error: OperationalError) -> bool:
    """Whether the same request may succeed later: the database is busy, the disk is full …"""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return any(name.startswith(passing) for passing in _PASSING_ERRORS)


def begin_generation(connection: sa.Connection, library: str) -> None:
    """Let a new generation of the library's change feed begin after its newest change."""
    number = connection.scalar(
        sa.select(sa.func.max(tables.generation.c.number)).where(tables.generation.c.library_id == library)
    )
    newest = connection.scalar(sa.select(sa.func.max(tables.change.c.seq)).where(tables.change.c.library_id == library))
    row = {"library_id": library, "number": (number or 0) + 1, "token": uuid4().hex, "began_after": newest or 0}
    connection.execute(tables.generation.insert(), row)


def has_library(connection: sa.Connection, library: str) -> bool:
    """Whether `library` was created here."""
    return (
        connection.scalar(sa.select(tables.library.c.library_id).where(tables.library.c.library_id == library))
        is not None
    )


def _begin_generations(store: Store) -> None:
    with store.writing.begin() as connection:
        for library in connection.scalars(sa.select(tables.library.c.library_id)).all():
            begin_generation(connection, library)


def _engine(path: Path, busy_timeout_s: float, *, writes: bool) -> sa.Engine:
    # hide_parameters: an SQL error in a log must not show a name or a card number.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), module=dbapi2, hide_parameters=True, pool_size=4, max_overflow=4
    )
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin in `_begin`, not where the driver guesses
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        connection.execute("PRAGMA temp_store = MEMORY")  # no reader in a file that nobody knows of
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        else:
            connection.execute("PRAGMA query_only = ON")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _bring_to_revision(store: Store, *, create: bool, migrate: bool) -> None:
    # The ordinary start only reads one row; alembic costs a third of a second to import.
    with store.writing.connect() if create else store.reading.connect() as connection:
        found = _revision(connection)
        if found == REVISION:
            return
        if found is None and not create:
            raise CannotOpen(f"{store.path} is empty.")
        if found is not None and not migrate:
            raise CannotOpen(
                f"{store.path} has the schema revision {found}, this program needs {REVISION}. "
                "Make a copy of the folder, then start once with --migrate."
            )
        if not create:
            raise CannotOpen(f"{store.path} has the schema revision {found}, this program needs {REVISION}.")
        _upgrade(store.path, connection)
        connection.commit()


def _revision(connection: sa.Connection) -> str | None:
    """The revision of the schema; `None` for an empty database. Raises `CannotOpen` for somebody else's database."""
    names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    if not names:
        return None
    if "alembic_version" not in names:
        raise CannotOpen("The database is not one of the central server: it has tables, but no schema revision.")
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _upgrade(path: Path, connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise CannotOpen(f"{path} cannot be migrated: {error}. Was it written by a newer program?") from error


@contextmanager
def reading(store: Store) -> Iterator[sa.Connection]:
    """A connection that sees one moment of the database and cannot write."""
    with store.reading.connect() as connection, connection.begin():
        yield connection
