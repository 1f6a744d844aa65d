"""The one place where a database error becomes an error of the port."""

from __future__ import annotations

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kiosk.ports.errors import StoreBroken, StoreDamaged, StoreFull

DATABASE_ERRORS: tuple[type[Exception], ...] = (sqlcipher.Error, SQLAlchemyError)
_DAMAGE = frozenset({sqlcipher.SQLITE_CORRUPT, sqlcipher.SQLITE_NOTADB})
_SHMSIZE = sqlcipher.SQLITE_IOERR | 19 << 8  # the driver has no name for it: the index of the log cannot grow
_NO_ROOM = frozenset({sqlcipher.SQLITE_FULL, _SHMSIZE})
_PRIMARY = 0xFF  # the low byte of an extended result code


def translated(error: BaseException) -> StoreBroken:
    """StoreDamaged for what is on the disk (corrupt, or not readable with this key), StoreFull, else StoreBroken.

    SQLite's own messages name tables and columns, never values; those of SQLAlchemy hold parameters and are left out.
    """
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    name = getattr(cause, "sqlite_errorname", type(cause).__name__)
    text = f"{name}: {cause}" if isinstance(cause, sqlcipher.Error) else type(error).__name__
    if code is not None and code & _PRIMARY in _DAMAGE:
        return StoreDamaged(text)
    return StoreFull(text) if code in _NO_ROOM else StoreBroken(text)
