"""A database in one file, for one school.

SQLite comes from the `sqlcipher3` wheel, without a key: the system's SQLite may have the WAL-reset bug (before 3.51.3),
which can corrupt a database that is served and imported into at the same time.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlcipher3 import dbapi2

_PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "NOMEM", "READONLY", "CANTOPEN")


class _Compiler(SQLiteCompiler):
    """SQLAlchemy would leave out what `with_hint` says of a table, like INDEXED BY."""

    def get_from_hint_text(self, _table: object, text: str | None) -> str | None:
        return text


def engine(path: Path, busy_timeout_s: float, *, writes: bool) -> sa.Engine:
    """Connections to the file at `path`; those that write begin with the write lock."""
    # hide_parameters: an SQL error in a log must not show a name or a card number.
    made = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), module=dbapi2, hide_parameters=True, pool_size=4, max_overflow=4
    )
    made.dialect.statement_compiler = _Compiler
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @sa.event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin in `_begin`, not where the driver guesses
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        connection.create_function("reader_mark_of", 2, _mark, deterministic=True)
        connection.execute("PRAGMA temp_store = MEMORY")  # no reader in a file that nobody knows of
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        else:
            connection.execute("PRAGMA query_only = ON")

    @sa.event.listens_for(made, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


def _mark(secret: bytes | None, patron: str) -> str | None:
    """As PostgreSQL makes it of its own functions (central_server.statistics.marks)."""
    return None if secret is None else sha256(secret + patron.encode()).hexdigest()[:32]


def is_passing(error: sa.exc.DBAPIError) -> bool:
    """Whether `error` is the machine's or the moment's: the database is busy, the disk is full …"""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return name.removeprefix("SQLITE_").startswith(_PASSING)


def forget(connection: Any) -> bool:
    """Leave nothing of what was deleted in the file and its log; false: a reader holds on to the log."""
    # Deleted content is overwritten at once (secure_delete), but when a page is split, rows that move to the other
    # half may leave a copy behind that nothing overwrites: one in ten thousand. So the file is written anew, and then
    # the log goes, which holds pages as they were.
    connection.execute("PRAGMA temp_store = FILE")  # a copy of everything, without what was deleted
    connection.execute("VACUUM")
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
