"""Opening the store, and what is done when it cannot be opened."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path

from kiosk.domain.clock_trust import KeptTime
from kiosk.domain.operations import ChainEnd, Origin
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.private_file import sync_folder
from local_store import files, keeping_time, schema, statements
from local_store.connections import EVERY, WRITING, connected, connector, reading
from local_store.documents import Documents
from local_store.outbox import open_outbox
from local_store.owner import check_owner
from local_store.prepared import Database
from local_store.pruning import LAST_DAY
from local_store.reader import StoreConfig, StoreReader, check_whole
from local_store.resync import read_progress
from local_store.store import SqlStore
from local_store.tables import REVISIONS
from local_store.undated_boots import read_undated
from local_store.unit_of_work import Kept

__all__ = ["SqlStore", "StoreConfig", "StoreReader", "make_new_store", "open_store", "read_store"]

log = logging.getLogger(__name__)


def open_store(
    config: StoreConfig,
    before_upgrade: Callable[[StoreReader], None] = lambda _: None,
    takes_long: Callable[[], None] = lambda: None,
) -> SqlStore:
    """The store at `config.path`; a new one where there never was one. `before_upgrade` is given a store of an older
    schema, to make a backup of it. `takes_long` is called before an opening that takes more than a moment, to wait for
    whatever should be first, and often while all of the store is read; the StoreBroken that it may raise ends it, with
    nothing done.

    Raises StoreDamaged when the store is gone, and, with the store **set aside** (renamed, see local_store.files),
    when it is not readable with this key, corrupt, or not a station's store; and again at every later start, until a
    person has brought it back or called `make_new_store`. Raises StoreBroken, and renames nothing, when the disk is at
    fault, and for a whole store of another library, of another device, or of a newer schema that this program
    does not run on: with the right configuration or program it opens again.
    """
    lock = files.ProcessLock(config.path)
    try:
        with files.disk_errors():
            files.take_what_was_decided(config.path)
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
        return _open(config, lock, before_upgrade, takes_long)
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
    connect = reading(config.path, config.key)
    database = connected(connect)
    try:
        if schema.revision_of(database) != REVISIONS[-1]:
            raise StoreBroken("the store has an older schema; the station itself brings it up to date")
        check_owner(config, database)
    finally:
        database.close()
    return StoreReader(config, connect)


def make_new_store(config: StoreConfig) -> None:
    """A person's decision after a store was set aside or lost: an empty one takes its place. What was set aside stays.

    Raises StoreBroken when there is a store.
    """
    with files.ProcessLock(config.path), files.disk_errors():
        files.take_what_was_decided(config.path)
        if config.path.exists():
            raise StoreBroken("there is a store already; nothing was made")
        if files.left_without_store(config.path):
            files.set_aside(config.path)
        _build(config)


def _build(config: StoreConfig) -> None:
    """Under another name until it is whole: a file of the store's name is then always a store, or damage."""
    half = build_half(config)
    files.sync_file(half)
    os.rename(half, config.path)
    sync_folder(config.path.parent)
    files.Made(config.path).ensure()
    log.info("a new store was made")


def build_half(config: StoreConfig) -> Path:
    """An empty store of this station under another name, not yet durable. Raises StoreBroken."""
    half = files.half_of(config.path)
    files.remove_half_made(half)
    os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    schema.upgrade(connector(half, config.key, *WRITING, *EVERY))
    database = connected(connector(half, config.key, *WRITING, *EVERY))
    try:
        database.begin()
        database.run(statements.PUT_META, key="library", value=config.library_id)
        database.run(statements.PUT_META, key="device", value=config.device_id)
        database.commit()
    finally:
        database.close()
    return half


def _open(
    config: StoreConfig,
    lock: files.ProcessLock,
    before_upgrade: Callable[[StoreReader], None],
    takes_long: Callable[[], None],
) -> SqlStore:
    try:
        files.check_size(config.path)
    except StoreDamaged as damage:
        raise _set_aside(config, damage) from damage
    with files.disk_errors():
        left_unclean = files.has_log(config.path)
    # No pragma here that reads the file: a fault must find the connection open, for files.set_aside.
    database = connected(connector(config.path, config.key, *EVERY))
    try:
        same = files.SameFiles(config.path)
        try:
            _examine(config, database, before_upgrade, takes_long)
            for pragma in WRITING:  # only now: they would change a file that is not ours
                database.tell(pragma)
            kept, time, before = _read_kept(config, database)
        except StoreDamaged as damage:
            raise _set_aside(config, damage) from damage
        same.check()
        origin = Origin(config.library_id, config.device_id, secrets.token_hex(16), before)
        beside = connector(config.path, config.key, "PRAGMA busy_timeout = 100")
        return SqlStore(
            config, database, reading(config.path, config.key), beside, lock, origin, kept, time, same, left_unclean
        )
    except BaseException:
        database.close()
        raise


def _set_aside(config: StoreConfig, damage: StoreDamaged) -> StoreDamaged:
    """Does so, and gives what there is to say of it. Raises StoreBroken, and leaves it, when it is the disk."""
    files.read_through(config.path)
    aside = files.set_aside(config.path)
    files.Suspicion(config.path).lay()
    log.error("the store is damaged and was set aside as %s", aside.name)
    return StoreDamaged(f"{damage}; set aside as {aside.name}")


def _examine(
    config: StoreConfig,
    database: Database,
    before_upgrade: Callable[[StoreReader], None],
    takes_long: Callable[[], None],
) -> None:
    """Whether this is our store, whole as far as a start has time to see; all of it when something was suspected."""
    revision = schema.revision_of(database)
    suspicion = files.Suspicion(config.path)
    if suspicion.raised():
        takes_long()
        check_whole(database, takes_long)
        suspicion.lay()
    check_owner(config, database)
    if revision != REVISIONS[-1]:
        takes_long()
        before_upgrade(StoreReader(config, reading(config.path, config.key)))
        log.info("the store's schema goes from %s to %s", revision, REVISIONS[-1])
        schema.upgrade(connector(config.path, config.key, *WRITING, *EVERY))
        database.tell("PRAGMA wal_checkpoint(TRUNCATE)")  # what a revision took away stands in the log still


def _read_kept(config: StoreConfig, database: Database) -> tuple[Kept, KeptTime | None, ChainEnd | None]:
    """What is kept in memory, what is known of the time, and where the epoch before this one ended."""
    database.begin()
    try:
        ends, before = open_outbox(database)
        time = keeping_time.read(database)
        undated = read_undated(database)
        progress = read_progress(database)
        number, day = database.row(LAST_DAY) or (0, None)
        database.commit()
    except BaseException:
        database.roll_back()
        raise
    floor_ms = max(config.build_ms, time.floor_ms if time else 0)
    last_day = number, date.fromisoformat(day) if day else None
    return Kept(ends, floor_ms, undated, Documents(), progress, last_day), time, before
