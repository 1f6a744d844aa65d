"""What the centre holds of a library, for comparing it row by row with what its stations hold."""

from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import disputes
from central_server.database import Store, must_have_library, reading
from central_server.tables.operations import conflict, loan, operation


def read_ledger(store: Store, library: str) -> dict[str, Any]:
    """`operations` in the order in which they came, `loans` in that of their check-outs, `disputes`, `conflicts`.

    A loan whose check-out was voided is there with `voided` true and `open` false. A loan of which the centre has only
    a renewal is not there. Raises `CannotDo` when there is no such library.
    """
    with reading(store) as connection:
        must_have_library(connection, library)
        operations = connection.execute(
            sa.select(operation).where(operation.c.library_id == library).order_by(operation.c.position)
        )
        loans = connection.execute(
            sa.select(loan).where(loan.c.library_id == library, loan.c.position.is_not(None)).order_by(loan.c.position)
        )
        versions = sa.select(sa.func.count()).select_from(conflict).where(conflict.c.library_id == library)
        return {
            "operations": [_operation(row) for row in operations],
            "loans": [_loan(row) for row in loans],
            "disputes": disputes.count_open(connection, library),
            "conflicts": connection.scalar(versions) or 0,
        }


def as_text(ledger: dict[str, Any]) -> str:
    """The ledger as lines for people."""
    lines = [
        f"{one['device']} {one['epoch'][:8]} {one['seq']:>6} {one['kind'] or '?':<9} {one['barcode'] or '':<16} "
        f"{one['verdict']} {one['reason'] or ''}".rstrip()
        for one in ledger["operations"]
    ]
    lines += [
        f"loan {one['id']} {one['item_barcode']:<16} due {one['due_on']} renewals {one['renewals']} "
        + ("open" if one["open"] else "void" if one["voided"] else "closed")
        for one in ledger["loans"]
    ]
    counts = f"{len(ledger['operations'])} operations, {len(ledger['loans'])} loans, {ledger['disputes']} disputes"
    return "\n".join([*lines, counts])


def _operation(row: Any) -> dict[str, Any]:
    return {
        "device": row.device,
        "epoch": row.epoch,
        "seq": row.seq,
        "hash": row.hash,
        "kind": row.kind,
        "verdict": row.verdict,
        "reason": row.reason,
        "barcode": row.barcode,
        "loans": msgspec.json.decode(row.loans),
    }


def _loan(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "item_barcode": row.barcode,
        "patron": row.patron_id,
        "due_on": row.due_on,
        "renewals": row.renewals,
        "open": row.open,
        "voided": row.voided,
    }
