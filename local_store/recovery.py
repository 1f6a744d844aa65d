"""A store anew, out of a backup and what can still be read of the one that was set aside: docs/decisions/0022."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.domain.clock_trust import Moment, library_day
from kiosk.domain.operations import NO_HASH, audit_entry, chain_hash
from kiosk.ports.errors import StoreBroken
from kiosk.ports.store import ToCheck
from local_store import files, outbox, schema, undated_boots
from local_store import statements as sql
from local_store.connections import EVERY, WRITING, connected, connector
from local_store.engine import build_half
from local_store.prepared import Database
from local_store.pruning import ADD_GAP, LAST_DAY
from local_store.raw_pages import RawStore, read_raw, salt_of
from local_store.reader import StoreConfig, check_whole
from local_store.restoring import bring_in, half_made
from local_store.resync import begin_resync
from local_store.salvage import FoundOperation, Salvaged, salvage
from local_store.told_loans import has_to_tell

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery brought, or would bring. `carried`: operations from the damaged store; `missing`: those known to
    be lost; `to_check`: what a librarian should look at for that. `whole`: none can be missing, seen or unseen."""

    carried: int
    missing: int
    to_check: int
    whole: bool


def recover(config: StoreConfig, backup: Path | None, *, only_whole: bool, do: bool = True) -> Recovered:
    """Makes a store of the backup (None: of nothing; the centre then tells what the library is) and of the newest store
    that was set aside, and brings it in; not when `do` is false, nor when it is not whole and only that was asked for.

    Raises StoreBroken, and nothing was touched: there is a store, nothing was set aside, no operation of it can be
    joined to this backup, something of it makes no sense, or there is no room.
    """
    with files.ProcessLock(config.path), files.disk_errors():
        files.take_what_was_decided(config.path)
        if config.path.exists():
            raise StoreBroken("there is a store; nothing was recovered")
        damaged = files.newest_damaged(config.path)
        if damaged is None:
            raise StoreBroken("no damaged store was set aside")
        half = half_made(config, backup, config.key) if backup else build_half(config)
        try:
            with _misreading():
                raw = read_raw(damaged, config.key, salt_of(backup) if backup else None)
                recovered = _carry_over(config, half, raw)
            if do and (recovered.whole or not only_whole):
                bring_in(config, half)
                files.mark_recovered(damaged)
        finally:
            files.remove_half_made(half)
    return recovered


@contextmanager
def _misreading() -> Iterator[None]:
    """Damage can say anything, and what nobody thought of must not end the station, at this start and at every other:
    a person is told where it was. Not what: it may be about somebody."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(at.filename).name}, line {at.lineno}"
        raise StoreBroken(f"something in the damaged store makes no sense: {where}") from error


def _carry_over(config: StoreConfig, half: Path, damaged: RawStore) -> Recovered:
    connect = connector(half, config.key, *WRITING, *EVERY)
    schema.upgrade(connect)
    database = connected(connect)
    try:
        (epoch,) = next(iter(database.tell("SELECT epoch FROM outbox ORDER BY place DESC LIMIT 1")), (None,))
        found = salvage(damaged, dict(database.tell("SELECT place, hash FROM outbox")), epoch)
        database.begin()
        to_check = _write(database, found)
        begin_resync(database)
        database.commit()
        check_whole(database)
        database.tell("PRAGMA wal_checkpoint(TRUNCATE)")
        database.tell("PRAGMA journal_mode = DELETE")  # one file, which one rename brings in
    finally:
        database.close()
    return Recovered(len(found.operations), len(found.missing), to_check, found.whole)


def _write(database: Database, found: Salvaged) -> int:
    """How many lines were put on the librarian's list."""
    known = {name for (name,) in database.tell("SELECT id FROM loan")}
    _write_chains(database, found)
    floor = database.row(sql.META, key="time_floor_ms")
    floor_ms = int(floor[0]) if floor else None
    if found.operations:
        undated_boots.look_for_undated(database, min(found.operations), floor_ms)
    (number, *_) = database.row(LAST_DAY) or (0,)
    for row in found.loans.values():
        over = 0 if row["ended_after"] is None and not row["open"] else row["ended_after"]
        database.run(sql.REPLACE_LOAN, **row | {"ended_after": over, "to_tell": 0, "as_of": 0})
    for operation in found.operations.values():
        _replay(database, operation, found, floor_ms or 0, number)
    _count_what_is_to_tell(database)
    for place, row in sorted(found.to_check.items()):
        if not database.tell(f"SELECT 1 FROM to_check WHERE place = {place}"):
            database.run(
                sql.PUT_ON_LIST, not_before=place, **{name: row[name] for name in ("why", "epoch", "seq", "barcode")}
            )
    return _list_what_is_lost(database, found, known)


def _write_chains(database: Database, found: Salvaged) -> None:
    line = database.row(outbox.LAST_AUDIT)
    audit_hash = line[1] if line else NO_HASH
    epochs: set[str] = {name for (name,) in database.tell("SELECT id FROM epoch")}
    gaps = {gap["first"]: gap for gap in found.pruned}
    for place in sorted({*found.operations, *found.missing, *gaps}):
        if gap := gaps.get(place):
            database.run(ADD_GAP, **gap)
            audit_hash = gap["audit_hash"]
            continue
        operation, kept = found.operations.get(place), found.audit.get(place)
        if operation is not None:
            row = operation.row
            database.run(outbox.ADD_OPERATION, **row)
            if row["epoch"] not in epochs:
                epochs.add(row["epoch"])
                database.run(outbox.BEGIN_EPOCH, id=row["epoch"], before=place - row["seq"])
            entry = audit_entry(row["kind"], operation.hash)
            audit_hash = kept["hash"] if kept and kept["entry"] == entry else chain_hash(audit_hash, entry)
        elif kept is not None:  # the line of an operation that is lost: it says of which kind it was
            entry, audit_hash = kept["entry"], kept["hash"]
        else:
            continue
        database.run(outbox.ADD_AUDIT, place=place, entry=entry, hash=audit_hash)


def _replay(database: Database, operation: FoundOperation, found: Salvaged, floor_ms: int, number: int) -> None:
    """A loan whose own row is lost is as its operations say."""
    at, data, reader = operation.body["at"], operation.body["data"], operation.row["reader"]
    day = library_day(Moment(at["wall_ms"], at["boot"], at["boottime_ms"], at["trusted"]), floor_ms).isoformat()
    loans = [loan for loan in operation.row["loans"].split() if loan not in found.loans]
    kind = data.get("kind") if operation.row["kind"] == "void" else None
    for loan in loans:
        match operation.row["kind"]:
            case "check_out":
                database.run(sql.REPLACE_LOAN, **_loan(loan, data, reader, day))
            case "renew":
                new = {"to_due_on": data["due_on"], "to_renewals": data["renewals"], "on": day}
                database.run(sql.EXTEND_LOAN, loan_id=loan, is_provisional=int(data["provisional"]), **new)
            case "void" if kind == "check_in":
                database.run(sql.REOPEN_LOAN, loan_id=loan)
            case "check_in" | "void":
                database.run(sql.END_LOAN, loan_id=loan, on=day, after=number)
            case "date_boot":
                dated = next(one for one in data["loans"] if one["loan"] == loan)
                new = {"from_day": dated["lent_on"], "to_due_on": dated["due_on"], "on": None}
                database.run(undated_boots.DATE_LOAN, loan_id=loan, is_provisional=0, **new)


def _loan(loan_id: str, data: dict[str, Any], reader: str | None, day: str) -> dict[str, object]:
    began = {"id": loan_id, "item_id": data["item"], "patron_id": reader, "lent_on": day, "due_on": data["due_on"]}
    rest = {
        "returned_on": None,
        "renewed_on": None,
        "renewals": 0,
        "open": 1,
        "ended_after": None,
        "to_tell": 0,
        "as_of": 0,
    }
    return began | rest | {"provisional": int(data["provisional"])}


def _count_what_is_to_tell(database: Database) -> None:
    database.tell("UPDATE loan SET to_tell = 0 WHERE to_tell <> 0")
    for (loans,) in database.tell("SELECT loans FROM outbox WHERE state IN ('pending', 'set_aside')"):
        has_to_tell(database, loans.split())


def _list_what_is_lost(database: Database, found: Salvaged, known: Set[str]) -> int:
    """Every lost operation, with its number where that is known; and, by its barcode, each open loan of which neither
    the backup nor an operation tells."""
    if not found.missing:
        return 0
    lines = []
    for place in found.missing:
        near = min(found.operations, key=lambda other: abs(other - place), default=0)
        beside = found.operations[near].row if near else {}
        seq = max(0, beside["seq"] + place - near) if near else 0
        lines.append({"epoch": beside.get("epoch", ""), "seq": seq, "barcode": ""})
    told = {loan for (loans,) in database.tell("SELECT loans FROM outbox") for loan in loans.split()}
    for loan in found.loans.values():
        if loan["open"] and loan["id"] not in told and loan["id"] not in known:
            item = database.row(sql.ITEM, id=loan["item_id"])
            lines.append({"epoch": "", "seq": 0, "barcode": item[2] if item else ""})
    for line in lines:
        database.run(sql.PUT_ON_LIST, not_before=0, why=ToCheck.LOST, **line)
    return len(lines)
