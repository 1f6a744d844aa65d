"""An opened store: the one writing connection, and reading connections for whoever compares."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Select

from kiosk.domain.operations import Origin
from kiosk.ports.errors import StoreDamaged
from kiosk.ports.store import Store
from local_store import statements
from local_store.errors import DATABASE_ERRORS, translated
from local_store.files import ProcessLock, Suspicion
from local_store.prepared import Database
from local_store.schema import engine_over
from local_store.unit_of_work import Documents, Known, SqlUnitOfWork


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """`key`: 32 bytes. `build_ms`: when this program was built, the earliest time that it can be."""

    path: Path
    key: bytes = field(repr=False)
    library_id: str
    device_id: str
    build_ms: int

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise ValueError(f"a key has 32 bytes, not {len(self.key)}")


class SqlStore(Store):
    """Made by local_store.engine.open_store.

    `left_unclean`: it was not closed the last time (a power cut, a kill). Nothing is lost by that, but it is the
    moment to call `check` once the first frame is there.
    """

    def __init__(
        self,
        config: StoreConfig,
        database: Database,
        connect: Callable[[], sqlcipher.Connection],
        lock: ProcessLock,
        origin: Origin,
        known: Known,
        left_unclean: bool,
    ) -> None:
        self.left_unclean = left_unclean
        self._config = config
        self._database = database
        self._readers = engine_over(connect)
        self._lock = lock
        self._origin = origin
        self._known = known
        self._documents = Documents()
        self._suspicion = Suspicion(config.path)
        self._owner: int | None = None
        self._closed = False

    def unit_of_work(self) -> SqlUnitOfWork:
        """On the thread that asked first, and on no other: with two on one connection, the roll-back of one drops the
        open transaction of the other, whose commit then says nothing."""
        thread = threading.get_ident()
        if self._owner is None:
            self._owner = thread
        if thread != self._owner:
            raise RuntimeError("the writing connection belongs to another thread")
        if self._database.in_transaction:
            raise RuntimeError("a unit of work inside another")
        return SqlUnitOfWork(
            self._database, self._origin, self._known, self._documents, self._keep, self._suspicion.raise_it
        )

    def ledger(self) -> Iterator[dict[str, object]]:
        for epoch, seq, hash_, kind, state, reason, barcode, loans in self._read(statements.LEDGER):
            yield {
                "device": self._config.device_id,
                "epoch": epoch,
                "seq": seq,
                "hash": hash_.hex(),
                "kind": kind,
                "state": state,
                "reason": reason,
                "barcode": barcode,
                "loans": loans.split(),
            }

    def loans_ledger(self) -> Iterator[dict[str, object]]:
        for id_, item_barcode, patron, due_on, renewals, is_open in self._read(statements.LOANS_LEDGER):
            yield {
                "id": id_,
                "item_barcode": item_barcode,
                "patron": patron,
                "due_on": due_on,
                "renewals": renewals,
                "open": bool(is_open),
            }

    def to_check(self) -> Iterator[dict[str, object]]:
        """What a librarian should look at, oldest first: why, epoch, seq, barcode."""
        for why, epoch, seq, barcode in self._read(statements.TO_CHECK):
            yield {"why": why, "epoch": epoch, "seq": seq, "barcode": barcode}

    def check(self) -> None:
        """Reads the whole store, on a connection of its own: seconds for a large one, so never before the first frame.

        Raises StoreDamaged, and the next opening then sets the store aside.
        """
        try:
            with self._readers.connect() as connection:
                database = Database(connection.connection.driver_connection)
                check_whole(database)
        except StoreDamaged:
            self._suspicion.raise_it()
            raise
        except DATABASE_ERRORS as error:
            raise translated(error) from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            self._database.close()
        finally:
            self._lock.release()

    def _keep(self, known: Known, documents: Documents) -> None:
        self._known = known
        self._documents = documents

    def _read(self, statement: Select[Any]) -> Iterator[Any]:
        try:
            with self._readers.connect() as connection:
                yield from connection.execution_options(yield_per=500).execute(statement)
        except DATABASE_ERRORS as error:
            problem = translated(error)
            if isinstance(problem, StoreDamaged):
                self._suspicion.raise_it()
            raise problem from error


def check_whole(database: Database) -> None:
    """Raises StoreDamaged unless every page is authentic and every table and index is in order."""
    if database.tell("PRAGMA cipher_integrity_check"):
        raise StoreDamaged("a page is not as it was written")
    if database.tell("PRAGMA quick_check(1)") != [("ok",)]:
        raise StoreDamaged("a table is not in order")
