"""An opened store: the one writing connection, and what is kept in memory beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import sqlcipher3.dbapi2 as sqlcipher

from kiosk.domain.clock_trust import KeptTime
from kiosk.domain.operations import Origin
from kiosk.ports.errors import StoreDamaged
from kiosk.ports.store import Store
from local_store.errors import translated
from local_store.files import ProcessLock, SameFiles
from local_store.prepared import Database
from local_store.reader import StoreConfig, StoreReader
from local_store.unit_of_work import Kept, SqlUnitOfWork


class SqlStore(StoreReader, Store):
    """Made by local_store.engine.open_store.

    `left_unclean`: it was not closed the last time (a power cut, a kill). Nothing is lost by that, but it is the
    moment to call `check` once the first frame is there. `kept_time`: as it was at the opening (None: nothing was ever
    kept). `beside` makes a second writing connection, for `forget`.
    """

    def __init__(
        self,
        config: StoreConfig,
        database: Database,
        readers: Callable[[], sqlcipher.Connection],
        beside: Callable[[], sqlcipher.Connection],
        lock: ProcessLock,
        origin: Origin,
        kept: Kept,
        kept_time: KeptTime | None,
        same: SameFiles,
        left_unclean: bool,
    ) -> None:
        super().__init__(config, readers)
        self.left_unclean = left_unclean
        self.kept_time = kept_time
        self._database = database
        self._beside = beside
        self._lock = lock
        self._origin = origin
        self._kept = kept
        self._same = same
        self._damage = ""
        self._owner: int | None = None
        self._closed = False

    def unit_of_work(self) -> SqlUnitOfWork:
        """On the thread that asked first, and on no other: with two on one connection, the roll-back of one drops the
        open transaction of the other, whose commit then says nothing. Raises StoreDamaged once anything was found
        damaged, by whoever reads it, or the files are not those that were opened: what can still be written would stand
        beside what cannot be read, or nowhere."""
        thread = threading.get_ident()
        if self._owner is None:
            self._owner = thread
        if thread != self._owner:
            raise RuntimeError("the writing connection belongs to another thread")
        if self._database.in_transaction:
            raise RuntimeError("a unit of work inside another")
        if self._damage:
            raise StoreDamaged(self._damage)
        if self._suspicion.raised():
            raise StoreDamaged("another process could not read all of it")
        try:
            self._same.check()
        except StoreDamaged as damage:
            self._found_damaged(damage)
            raise
        return SqlUnitOfWork(self._database, self._origin, self._kept, self._found_damaged)

    def forget(self) -> bool:
        """What was erased is overwritten in the file (secure_delete), but its log holds pages as they were before: they
        go into the file, and the log is cut to nothing. Most of that holds up nobody; the last step is quick."""
        try:
            database = Database(self._beside())
        except sqlcipher.Error as error:
            raise translated(error) from error
        try:
            database.tell("PRAGMA wal_checkpoint(PASSIVE)")
            ((busy, _, _),) = database.tell("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            database.close()
        return not busy

    def close(self) -> None:
        """From any thread, when nobody works any more. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self._database.close()
        finally:
            self._lock.release()

    def _found_damaged(self, damage: StoreDamaged) -> None:
        self._damage = str(damage)
        super()._found_damaged(damage)
