"""The centre's database, a file or one of a PostgreSQL server: opening it, and its schema version.

One engine writes (every transaction begins with the only right to write, so that it cannot fail half-way for want of
it), one only reads. What differs between the two kinds is in `sqlite` and `postgresql`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from central_server import clock, postgresql, server_key, sqlite
from central_server.cannot import CannotDo
from central_server.tables.library import change, generation
from central_server.tables.library import library as library_table

FILE_NAME = "central.sqlite"
REVISION = "0020"
MIGRATIONS = Path(__file__).parent / "migrations"
DEFAULT_BUSY_TIMEOUT_S = 5.0
# The folder of a file, or the address of a database.
Where = Path | sa.URL


class CannotOpen(CannotDo):
    """The database may not be worked on; the message is a sentence for the person who started the command."""


@dataclass(frozen=True)
class Store:
    """An open database. `writing` begins with the right to write, `reading` cannot write."""

    where: Where
    writing: sa.Engine
    reading: sa.Engine

    @property
    def writers(self) -> int:
        """How many may write at once, each in a library of its own."""
        return 1 if isinstance(self.where, Path) else postgresql.WRITERS

    @property
    def name(self) -> str:
        """The database as a sentence calls it, without a password."""
        return str(self.where / FILE_NAME) if isinstance(self.where, Path) else postgresql.shown(self.where)

    def close(self) -> None:
        """Close every connection; the last one of all processes folds SQLite's write-ahead log into the file."""
        self.reading.dispose()
        self.writing.dispose()


def open_store(
    where: Where, *, create: bool = True, migrate: bool = False, busy_timeout_s: float = DEFAULT_BUSY_TIMEOUT_S
) -> Store:
    """Open the database at `where`; an empty one gets its tables.

    `create` false: only an existing database is opened. `migrate`: bring an older schema up to date.
    Raises `CannotOpen`.
    """
    if isinstance(where, Path):
        _find_folder(where, create=create)
        engine = partial(sqlite.engine, where / FILE_NAME, busy_timeout_s)
    else:
        engine = partial(postgresql.engine, where, busy_timeout_s)
    store = Store(where, engine(writes=True), engine(writes=False))
    try:
        _bring_to_revision(store, create=create, migrate=migrate)
        if create:
            _begin_generations(store)
            _have_key(store)
    except DBAPIError as error:
        store.close()
        raise CannotOpen(f"{store.name} cannot be opened as a database: {reason_of(error)}.") from error
    except CannotOpen:
        store.close()
        raise
    return store


def is_passing(error: DBAPIError) -> bool:
    """Whether the same request may succeed later: the database is busy or not there, the disk is full …"""
    return sqlite.is_passing(error) or postgresql.is_passing(error)


def reason_of(error: DBAPIError) -> str:
    """What the database said, on one line and without a full stop."""
    return " ".join(str(error.orig).split()).rstrip(".?")


def begin_generation(connection: sa.Connection, library: str) -> None:
    """Let a new generation of the library's change feed begin after its newest change."""
    number = connection.scalar(sa.select(sa.func.max(generation.c.number)).where(generation.c.library_id == library))
    newest = connection.scalar(sa.select(sa.func.max(change.c.seq)).where(change.c.library_id == library))
    row = {"library_id": library, "number": (number or 0) + 1, "token": uuid4().hex, "began_after": newest or 0}
    connection.execute(generation.insert(), row)


def is_library_code(text: str) -> bool:
    """Whether a library may be called `text`, like `hoa-sen`."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", text) is not None


def has_library(connection: sa.Connection, library: str) -> bool:
    """Whether `library` was created here."""
    known = sa.select(library_table.c.library_id).where(library_table.c.library_id == library)
    # What is no code may be no text of a database either.
    return is_library_code(library) and connection.scalar(known) is not None


def make_library(connection: sa.Connection, library: str, name: str, now_ms: int) -> None:
    """Let there be a library of that code (`is_library_code`), which is not here yet."""
    connection.execute(library_table.insert(), {"library_id": library, "name": name, "created_ms": now_ms})
    begin_generation(connection, library)


def must_have_library(connection: sa.Connection, library: str) -> None:
    """Raises `CannotDo` when `library` was not created here."""
    if not has_library(connection, library):
        raise CannotDo(f"There is no library {library!r} here; its first import makes it.")


def no_database_in(folder: Path) -> str:
    """What is said of a folder without a database, and what to do next."""
    return (
        f"There is no database in {folder} (looked for {FILE_NAME}). "
        "Is --data the right folder? For a new centre, the first import makes the database and its library: "
        f"central_server import --data {folder} --library CODE --library-name NAME --kind titles FILE. "
        f"To have one back from a copy: central_server restore --data {folder} --from COPY."
    )


def _begin_generations(store: Store) -> None:
    with store.writing.begin() as connection:
        for library in connection.scalars(sa.select(library_table.c.library_id)).all():
            begin_generation(connection, library)


def _have_key(store: Store) -> None:
    with store.writing.begin() as connection:
        server_key.have(connection, clock.now_ms())


def _find_folder(folder: Path, *, create: bool) -> None:
    if not create:
        if not (folder / FILE_NAME).exists():
            raise CannotOpen(no_database_in(folder))
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(f"The folder {folder} cannot be made: {error.strerror}.") from error


def _bring_to_revision(store: Store, *, create: bool, migrate: bool) -> None:
    # The ordinary start only reads one row; alembic costs a third of a second to import.
    with store.writing.connect() if create else store.reading.connect() as connection:
        found = _revision(connection)
        if found == REVISION:
            return
        if found is None and not create:
            raise CannotOpen(f"{store.name} is empty.")
        if found is None and isinstance(store.where, sa.URL) and (unfit := postgresql.unfit(connection)):
            raise CannotOpen(unfit)
        if found is not None and not migrate:
            raise CannotOpen(
                f"{store.name} has the schema revision {found}, this program needs {REVISION}. "
                "Make a copy of it, then start once with --migrate."
            )
        if not create:
            raise CannotOpen(f"{store.name} has the schema revision {found}, this program needs {REVISION}.")
        _upgrade(store, connection)
        connection.commit()


def _revision(connection: sa.Connection) -> str | None:
    """The revision of the schema; `None` for an empty database. Raises `CannotOpen` for somebody else's database."""
    names = sa.inspect(connection).get_table_names()
    if not names:
        return None
    if "alembic_version" not in names:
        raise CannotOpen("The database is not one of the central server: it has tables, but no schema revision.")
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _upgrade(store: Store, connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise CannotOpen(f"{store.name} cannot be migrated: {error}. Was it written by a newer program?") from error


@contextmanager
def writing(store: Store, library: str) -> Iterator[sa.Connection]:
    """A transaction that reads and writes rows of `library` only, and is the only one to do so."""
    with store.writing.execution_options(**{postgresql.LIBRARY: library}).begin() as connection:
        yield connection


@contextmanager
def noting(store: Store) -> Iterator[sa.Connection]:
    """A transaction of single statements, each right whoever else writes: with PostgreSQL it waits for nobody."""
    with store.writing.execution_options(**{postgresql.LIBRARY: postgresql.NONE}).begin() as connection:
        yield connection


@contextmanager
def reading(store: Store) -> Iterator[sa.Connection]:
    """A connection that sees one moment of the database and cannot write."""
    with store.reading.connect() as connection, connection.begin():
        yield connection
