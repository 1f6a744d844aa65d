"""Opening the store, and what is done when it cannot be opened."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher

from kiosk.domain.operations import ChainEnd, Origin
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.private_file import sync_folder
from local_store import files, schema, statements
from local_store.errors import translated
from local_store.outbox import open_outbox
from local_store.prepared import Database
from local_store.reader import StoreConfig, StoreReader, check_whole
from local_store.resync import read_progress
from local_store.store import SqlStore
from local_store.tables import REVISIONS
from local_store.unit_of_work import Documents, Kept

__all__ = ["SqlStore", "StoreConfig", "StoreReader", "make_new_store", "open_store", "read_store"]

log = logging.getLogger(__name__)

_WRITING = (
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
_EVERY = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = OFF",  # what the centre tells comes in any order
)
_READER_CACHE = "PRAGMA cache_size = -2000"


def open_store(config: StoreConfig) -> SqlStore:
    """The store at `config.path`; a new one where there never was one.

    Raises StoreDamaged when the store is gone, and, with the store **set aside** (renamed, see local_store.files),
    when it is not readable with this key, corrupt, or not a station's store; and again at every later start, until a
    person has brought it back or called `make_new_store`. Raises StoreBroken, and renames nothing, when the disk is at
    fault, and for a whole store of another library, of another device, or of a newer schema: with the right
    configuration or program it opens again.
    """
    lock = files.ProcessLock(config.path)
    try:
        with files.disk_errors():
            if files.left_without_store(config.path):
                aside = files.set_aside(config.path)
                raise StoreDamaged(f"the store's log was here without the store; set aside as {aside.name}")
            if not config.path.exists():
                set_aside = files.stores_set_aside(config.path)
                if set_aside:
                    raise StoreDamaged(f"a store was set aside as {set_aside[-1].name}: a person must decide")
                if files.Made(config.path).there():
                    raise StoreDamaged("the store is gone; a person must decide")
                _build(config)
            files.Made(config.path).ensure()
        return _open(config, lock)
    except BaseException:
        lock.release()
        raise


def read_store(config: StoreConfig) -> StoreReader:
    """For comparing only, also beside a station that is running: writes nothing, makes nothing, sets nothing aside.

    Raises StoreBroken when there is no store, or one of another library, device or schema; StoreDamaged when it is not
    readable or not a station's.
    """
    with files.disk_errors():
        if not config.path.exists():
            raise StoreBroken("there is no store")
    files.check_size(config.path)
    connect = _reading(config)
    database = _connected(connect)
    try:
        if schema.revision_of(database) != REVISIONS[-1]:
            raise StoreBroken("the store has an older schema; the station itself brings it up to date")
        _check_owner(config, database)
    finally:
        database.close()
    return StoreReader(config, connect)


def make_new_store(config: StoreConfig) -> None:
    """A person's decision after a store was set aside or lost: an empty one takes its place. What was set aside stays.

    Raises StoreBroken when there is a store.
    """
    with files.ProcessLock(config.path), files.disk_errors():
        if config.path.exists():
            raise StoreBroken("there is a store already; nothing was made")
        if files.left_without_store(config.path):
            files.set_aside(config.path)
        _build(config)


def _connector(path: Path, key: bytes, *pragmas: str, mode: str = "rw") -> Callable[[], sqlcipher.Connection]:
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


def _reading(config: StoreConfig) -> Callable[[], sqlcipher.Connection]:
    # Not query_only alone: the last connection to close, of any kind but this, writes the log into the file.
    return _connector(config.path, config.key, *_EVERY, _READER_CACHE, "PRAGMA query_only = ON", mode="ro")


def _connected(connect: Callable[[], sqlcipher.Connection]) -> Database:
    try:
        return Database(connect())
    except sqlcipher.Error as error:
        raise translated(error) from error


def _build(config: StoreConfig) -> None:
    """Under another name until it is whole: a file of the store's name is then always a store, or damage."""
    half = config.path.with_name(config.path.name + ".new")
    files.remove_half_made(half)
    os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    schema.upgrade(_connector(half, config.key, *_WRITING, *_EVERY))
    database = _connected(_connector(half, config.key, *_WRITING, *_EVERY))
    try:
        database.begin()
        database.run(statements.PUT_META, key="library", value=config.library_id)
        database.run(statements.PUT_META, key="device", value=config.device_id)
        database.commit()
    finally:
        database.close()
    files.sync_file(half)
    os.rename(half, config.path)
    sync_folder(config.path.parent)
    files.Made(config.path).ensure()
    log.info("a new store was made")


def _open(config: StoreConfig, lock: files.ProcessLock) -> SqlStore:
    try:
        files.check_size(config.path)
    except StoreDamaged as damage:
        raise _set_aside(config, damage) from damage
    with files.disk_errors():
        left_unclean = files.has_log(config.path)
    # No pragma here that reads the file: a fault must find the connection open, for files.set_aside.
    database = _connected(_connector(config.path, config.key, *_EVERY))
    try:
        same = files.SameFiles(config.path)
        try:
            _examine(config, database)
            for pragma in _WRITING:  # only now: they would change a file that is not ours
                database.tell(pragma)
            kept, before = _read_kept(config, database)
        except StoreDamaged as damage:
            raise _set_aside(config, damage) from damage
        same.check()
        origin = Origin(config.library_id, config.device_id, secrets.token_hex(16), before)
        beside = _connector(config.path, config.key, "PRAGMA busy_timeout = 100")
        return SqlStore(config, database, _reading(config), beside, lock, origin, kept, same, left_unclean)
    except BaseException:
        database.close()
        raise


def _set_aside(config: StoreConfig, damage: StoreDamaged) -> StoreDamaged:
    """Does so, and gives what there is to say of it."""
    aside = files.set_aside(config.path)
    files.Suspicion(config.path).lay()
    log.error("the store is damaged and was set aside as %s", aside.name)
    return StoreDamaged(f"{damage}; set aside as {aside.name}")


def _examine(config: StoreConfig, database: Database) -> None:
    """Whether this is our store, whole as far as a start has time to see; all of it when something was suspected."""
    revision = schema.revision_of(database)
    suspicion = files.Suspicion(config.path)
    if suspicion.raised():
        check_whole(database)
        suspicion.lay()
    _check_owner(config, database)
    if revision != REVISIONS[-1]:
        log.info("the store's schema goes from %s to %s", revision, REVISIONS[-1])
        schema.upgrade(_connector(config.path, config.key, *_WRITING, *_EVERY))


def _check_owner(config: StoreConfig, database: Database) -> None:
    for key, expected in (("library", config.library_id), ("device", config.device_id)):
        row = database.row(statements.META, key=key)
        if row is None:
            raise StoreDamaged(f"the store names no {key}")
        if row[0] != expected:
            raise StoreBroken(f"the store belongs to {key} {row[0]!r}, and {expected!r} is configured")


def _read_kept(config: StoreConfig, database: Database) -> tuple[Kept, ChainEnd | None]:
    """What is kept in memory, and where the epoch before this one ended."""
    database.begin()
    try:
        ends, before = open_outbox(database)
        floor = database.row(statements.META, key="time_floor_ms")
        progress = read_progress(database)
        database.commit()
    except BaseException:
        database.roll_back()
        raise
    floor_ms = max(config.build_ms, int(floor[0]) if floor else 0)
    return Kept(ends, floor_ms, Documents(), progress), before
