"""Reading a store for comparison: every question on a query-only connection of its own, from any thread or process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import CompoundSelect, Connection, Select, func, literal_column, select, text, union_all

from kiosk.domain.model import Item, Patron
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import AuditLine, Kept, KeptOperation, Pruned, Stage
from local_store import statements as sql
from local_store.card_tags import patron_by_card
from local_store.errors import DATABASE_ERRORS, translated
from local_store.files import Suspicion
from local_store.prepared import STEPS, Database
from local_store.resync import read_progress
from local_store.rows import item_of, patron_of
from local_store.schema import engine_over
from local_store.statements import OPEN
from local_store.tables import audit, item, loan, mentioned, meta, outbox, pruned, title, to_check
from local_store.tables import epoch as epoch_table
from local_store.tables import patron as patron_table

log = logging.getLogger(__name__)


_LEDGER = select(
    outbox.c.epoch,
    outbox.c.seq,
    outbox.c.hash,
    outbox.c.kind,
    outbox.c.state,
    outbox.c.reason,
    outbox.c.barcode,
    outbox.c.loans,
).order_by(outbox.c.place)
_LOANS_LEDGER = (
    select(loan.c.id, item.c.barcode, loan.c.patron_id, loan.c.due_on, loan.c.renewals, loan.c.open)
    .outerjoin(item, item.c.id == loan.c.item_id)
    .order_by(loan.c.id)
)
_TO_CHECK = select(to_check.c.why, to_check.c.epoch, to_check.c.seq, to_check.c.barcode).order_by(to_check.c.place)

_COUNTS = union_all(
    *(
        select(literal_column(f"'{name}'"), func.count()).select_from(table)
        for name, table in (("titles", title), ("items", item), ("patrons", patron_table), ("to_check", to_check))
    ),
    select(literal_column("'open_loans'"), func.count()).select_from(loan).where(OPEN),
    select(outbox.c.state, func.count()).group_by(outbox.c.state),
    select(literal_column("'pruned'"), func.coalesce(func.sum(pruned.c.last - pruned.c.first + text("1")), text("0"))),
)

_COUNT_MENTIONED = select(func.count()).select_from(mentioned)

_AUDIT_CHAIN = select(audit.c.place, audit.c.entry, audit.c.hash).order_by(audit.c.place)
_HISTORY = (
    select(
        outbox.c.place,
        outbox.c.epoch,
        outbox.c.seq,
        outbox.c.kind,
        outbox.c.body,
        outbox.c.hash,
        outbox.c.reader,
        outbox.c.salt,
        outbox.c.private,
        epoch_table.c.before,
    )
    .outerjoin(epoch_table, epoch_table.c.id == outbox.c.epoch)
    .order_by(outbox.c.place)
)
_PRUNED = select(*pruned.c).order_by(pruned.c.first)
_PRUNED_ON = select(meta.c.value).where(meta.c.key == text("'pruned_on'"))


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


class StoreReader:
    """Made by local_store.engine.read_store; an opened store is one too. Every method may raise StoreBroken."""

    def __init__(self, config: StoreConfig, connect: Callable[[], sqlcipher.Connection]) -> None:
        self._config = config
        self._connect = connect
        self._readers = engine_over(connect)
        self._suspicion = Suspicion(config.path)

    def ledger(self) -> Iterator[dict[str, object]]:
        """Every operation, oldest first: device, epoch, seq, hash (hex), kind, state, reason, barcode (or
        None), loans (ids)."""
        for epoch, seq, hash_, kind, state, reason, barcode, loans in self._read(_LEDGER):
            yield {
                "device": self._config.device_id,
                "epoch": epoch,
                "seq": seq,
                "hash": hash_.hex(),
                "kind": kind,
                "state": state,
                "reason": reason,
                "barcode": barcode or None,
                "loans": loans.split(),
            }

    def loans_ledger(self) -> Iterator[dict[str, object]]:
        """Every loan: id, item_barcode (None: not in the catalogue), patron, due_on (ISO), renewals, open."""
        for id_, item_barcode, patron, due_on, renewals, is_open in self._read(_LOANS_LEDGER):
            yield {
                "id": id_,
                "item_barcode": item_barcode,
                "patron": patron,
                "due_on": due_on,
                "renewals": renewals,
                "open": bool(is_open),
            }

    def patron_by_card(self, number: str) -> Patron | None:
        with self._reading() as connection:
            return patron_of(patron_by_card(_bare(connection), number))

    def item_by_barcode(self, barcode: str) -> Item | None:
        with self._reading() as connection:
            return item_of(_bare(connection).row(sql.ITEM_BY_BARCODE, barcode=barcode))

    def to_check(self) -> Iterator[dict[str, object]]:
        """What a librarian should look at, oldest first: why, epoch, seq, barcode."""
        for why, epoch, seq, barcode in self._read(_TO_CHECK):
            yield {"why": why, "epoch": epoch, "seq": seq, "barcode": barcode}

    def counts(self) -> dict[str, int]:
        """Rows: titles, items, patrons, open_loans, to_check, and operations that are pending, settled, disputed,
        set_aside; and how many operations were pruned."""
        counts = dict.fromkeys(("pending", "settled", "disputed", "set_aside"), 0)
        counts |= dict(map(tuple, self._read(_COUNTS)))
        return counts

    def sync_progress(self) -> dict[str, object]:
        """`stage` (kiosk.ports.store.Stage); in a full resync also how many things the centre has named so far
        (`named`), and how many operations of those it had (`of`) it has been told again (`told_again`)."""
        with self._reading() as connection:
            progress = read_progress(_bare(connection))
        if progress.stage is Stage.FOLLOWING:
            return {"stage": progress.stage}
        ((named,),) = self._read(_COUNT_MENTIONED)
        done = {"told_again": progress.told_again, "of": progress.tell_again_to}
        return {"stage": progress.stage, "named": named} | done

    def pruned(self) -> Iterator[dict[str, object]]:
        """Where operations were pruned, oldest first: first and last place; of the last one epoch, seq, hash (hex)."""
        for first, last, epoch, seq, hash_, _ in self._read(_PRUNED):
            yield {"first": first, "last": last, "epoch": epoch, "seq": seq, "hash": hash_.hex()}

    def housekeeping(self) -> dict[str, object]:
        """`ran_on`: the last trusted day (ISO) on which what is old was pruned; None: not yet."""
        return {"ran_on": next((value for (value,) in self._read(_PRUNED_ON)), None)}

    def history(self) -> Iterator[Kept | Pruned]:
        """Every operation with the audit line of its place, oldest first, of one moment; None for what is missing.
        Where some were pruned, that is told in their place."""
        with self._reading() as connection:
            connection.exec_driver_sql("BEGIN")  # all questions are about one moment
            some = connection.execution_options(yield_per=500)
            operations = (KeptOperation(**row) for row in some.execute(_HISTORY).mappings())
            lines = (AuditLine(**row) for row in some.execute(_AUDIT_CHAIN).mappings())
            gaps = (Pruned(*row) for row in some.execute(_PRUNED))
            place = attrgetter("place")
            for _, here in groupby(merge(gaps, operations, lines, key=place), place):
                operation, line = None, None
                for one in here:
                    if isinstance(one, Pruned):
                        yield one
                    elif isinstance(one, KeptOperation):
                        operation = one
                    elif isinstance(one, AuditLine):
                        line = one
                if operation or line:
                    yield operation, line

    def check(self) -> None:
        """Reads the whole store: seconds for a large one, so never before the first frame.

        Raises StoreDamaged. An opened store then begins no unit of work any more, here or in another process, and the
        next opening sets it aside.
        """
        with self._reading() as connection:
            check_whole(_bare(connection))

    def copy_to(self, target: Path, go_on: Callable[[], bool]) -> None:
        """Writes the store as it is at one moment into a new file, with the same key; not yet durable. Whoever writes
        meanwhile waits for nothing. `go_on` is asked often, on this thread; False: give up.

        Raises StoreDamaged when the store cannot be read, as `check` does; StoreBroken for whatever else is wrong, and
        something may then be left of `target`.
        """
        try:
            with closing(self._connect()) as connection:
                connection.execute("PRAGMA query_only = OFF")  # it is open for reading only; the new file is not
                connection.set_progress_handler(lambda: not go_on(), STEPS)
                connection.execute("VACUUM INTO ?", (str(target),))
        except DATABASE_ERRORS as error:
            problem = translated(error)
            if isinstance(problem, StoreDamaged):
                self.check()  # raises it again, unless it was the new file that could not be read
            raise StoreBroken(str(problem)) from error

    def _read(self, statement: Select[Any] | CompoundSelect[Any]) -> Iterator[Any]:
        with self._reading() as connection:
            yield from connection.execution_options(yield_per=500).execute(statement)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._readers.connect() as connection:
                yield connection
        except StoreDamaged as damage:
            self._found_damaged(damage)
            raise
        except DATABASE_ERRORS as error:
            problem = translated(error)
            if isinstance(problem, StoreDamaged):
                self._found_damaged(problem)
            raise problem from error

    def _found_damaged(self, damage: StoreDamaged) -> None:
        """From any thread."""
        self._suspicion.raise_it()


def _bare(connection: Connection) -> Database:
    return Database(connection.connection.driver_connection)


def check_whole(database: Database, meanwhile: Callable[[], None] | None = None) -> None:
    """Raises StoreDamaged unless every page in use is authentic and every table and index is in order. `meanwhile` is
    called often; StoreBroken when it raises that.

    Through the log, as whoever reads it later: a page that a power cut tore in the file is written again from there.
    `cipher_integrity_check` reads the file alone, and would call such a store damaged.
    """
    log.info("all of a store is read")
    database.call_often(meanwhile)
    try:
        found = database.tell("PRAGMA quick_check(1)")
    finally:
        database.call_often(None)
    if found != [("ok",)]:
        raise StoreDamaged("a table is not in order")
