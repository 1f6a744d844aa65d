"""How a store's file is connected to: the pragmas that every connection needs, and those of one that writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher

from local_store.errors import translated
from local_store.prepared import Database

WRITING = (
    "PRAGMA cache_size = -16000",  # KiB: every open loan and the upper pages of a million past ones
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # one sync per commit: an acknowledged loan survives the plug being pulled
    "PRAGMA secure_delete = ON",
    # A loan appends about eight pages. At 4,000 pages some 500 loans share one checkpoint, whose pages are mostly
    # the same few: it costs a tenth of a page and a hundredth of a sync per loan. The log stays below 17 MB, and is cut
    # back to that after a resync has made it longer.
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 17000000",
)
EVERY = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = OFF",  # what the centre tells comes in any order
)
_READER_CACHE = "PRAGMA cache_size = -2000"

Connect = Callable[[], sqlcipher.Connection]


def connector(path: Path, key: bytes, *pragmas: str, mode: str = "rw") -> Connect:
    # Never "rwc": connecting to a store that has just gone must not make one.
    name = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlcipher.Connection:
        # Any thread may open and close; which one may use the writer is the store's own guard.
        connection = sqlcipher.connect(
            name, uri=True, isolation_level=None, check_same_thread=False, cached_statements=200
        )
        connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr what is raised here anyway
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in pragmas:
            connection.execute(pragma)
        return connection

    return connect


def reading(path: Path, key: bytes) -> Connect:
    # Not query_only alone: the last connection to close, of any kind but this, writes the log into the file.
    return connector(path, key, *EVERY, _READER_CACHE, "PRAGMA query_only = ON", mode="ro")


def connected(connect: Connect) -> Database:
    try:
        return Database(connect())
    except sqlcipher.Error as error:
        raise translated(error) from error
