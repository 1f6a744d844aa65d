"""Making the database's files forget what was deleted. Each kind of database has its own way."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from central_server.database import Store, is_passing


def forget(store: Store) -> bool:
    """Leave nothing of what was deleted in the files. Writers wait meanwhile.

    Answers false when somebody else is at work for so long that it could not be done: it may be tried again.
    """
    connection = store.writing.raw_connection()
    try:
        return _WAYS[store.writing.dialect.name](connection.driver_connection)
    except DBAPIError as error:
        if not is_passing(error):
            raise
        return False
    finally:
        connection.close()


def _sqlite(connection: Any) -> bool:
    # Deleted content is overwritten at once (secure_delete), but when a page is split, rows that move to the other
    # half may leave a copy behind that nothing overwrites: one in ten thousand. So the file is written anew, and then
    # the log goes, which holds pages as they were.
    connection.execute("PRAGMA temp_store = FILE")  # a copy of everything, without what was deleted
    try:
        connection.execute("VACUUM")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute("PRAGMA temp_store = MEMORY")
    return not busy


def _postgresql(connection: Any) -> bool:
    # The planner's statistics hold sample values, so they are taken anew first; then every table is written anew. What
    # the server's write-ahead log and backups hold is for whoever runs it.
    connection.autocommit = True
    try:
        connection.execute("ANALYZE")
        connection.execute("VACUUM (FULL)")
    finally:
        connection.autocommit = False
    return True


_WAYS: dict[str, Callable[[Any], bool]] = {"sqlite": _sqlite, "postgresql": _postgresql}
