"""The order of things at two stations: boots that are dated later, disputes that are told and settled."""

import json
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IDS = UUID("2f0d0b86-4c0e-4a1e-9d57-6a3f8f6e1c90")


def upgrade() -> None:
    connection = op.get_bind()
    kept = {name: _rows(connection, name) for name in ("dispute", "loan", "loan_end", "check_in")}
    for name in kept:
        op.drop_table(name)
    made = {table.name: table for table in (_dispute(), _loan(), _loan_end(), _check_in())}
    _settlement()
    _dated_boot()
    for name, convert in (("dispute", _of_dispute), ("loan", _of_loan), ("loan_end", _of_end), ("check_in", _of_moment)):
        columns = {column.name for column in made[name].columns}
        rows = [
            {key: value for key, value in convert(connection, row).items() if key in columns} for row in kept[name]
        ]
        if rows:
            connection.execute(made[name].insert(), rows)


def _dispute() -> sa.Table:
    table = op.create_table(
        "dispute",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("barcode", Text),
        sa.Column("held", Text, nullable=False),
        sa.Column("came", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("way", Text),
        sa.Column("opened_ms", Integer, nullable=False),
        sa.Column("settled_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "reason", "subject"),
        sa.UniqueConstraint("library_id", "id"),
    )
    op.create_index("dispute_by_subject", "dispute", ["library_id", "reason", "subject"])
    _partial("dispute_by_barcode", "dispute", ["library_id", "barcode"], "barcode IS NOT NULL")
    return table


def _settlement() -> None:
    op.create_table(
        "settlement",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("dispute_id", Text, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("way", Text, nullable=False),
        sa.Column("decided_by", Text, nullable=False),
        sa.Column("request_id", Text),
        sa.Column("decided_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "dispute_id", "number"),
    )


def _loan() -> sa.Table:
    table = op.create_table(
        "loan",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("item_id", Text),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("patron_id", Text),
        sa.Column("lent_on", Text),
        sa.Column("due_on", Text, nullable=False),
        sa.Column("renewals", Integer, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("standing", sa.Boolean, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("earliest_ms", Integer),
        sa.Column("latest_ms", Integer),
        sa.Column("boot", Text),
        sa.Column("boottime_ms", Integer),
        sa.Column("position", Integer),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sqlite_with_rowid=False,
    )
    _partial("loan_standing_by_barcode", "loan", ["library_id", "barcode"], "standing = 1", "standing")
    _partial("loan_by_boot", "loan", ["library_id", "device", "boot"], "boot IS NOT NULL")
    return table


def _loan_end() -> sa.Table:
    table = op.create_table(
        "loan_end",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("loan_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("named", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "loan_id", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("loan_end_by_operation", "loan_end", ["library_id", "device", "epoch", "seq"])
    return table


def _check_in() -> sa.Table:
    table = op.create_table(
        "check_in",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("earliest_ms", Integer),
        sa.Column("latest_ms", Integer),
        sa.Column("boot", Text),
        sa.Column("boottime_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "barcode", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    _partial("check_in_by_boot", "check_in", ["library_id", "device", "boot"], "boot IS NOT NULL")
    return table


def _dated_boot() -> None:
    op.create_table(
        "dated_boot",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("boot", Text, nullable=False),
        sa.Column("began_ms", Integer),
        sa.Column("after_ms", Integer),
        sa.Column("before_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "device", "boot"),
    )


def _partial(name: str, table: str, columns: list[str], where: str, postgresql: str | None = None) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(postgresql or where)
    )


def _rows(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]


def _of_dispute(_: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
    """One about two loans names both, and its item; `held` stays as it was written."""
    row |= {"barcode": None, "way": None}
    if row["reason"] == "already_on_loan" and row["subject"] == "":
        (first, *_), second = json.loads(row["held"]), json.loads(json.loads(row["came"])["body"])["data"]["loan"]
        row |= {"subject": f"{first['loan']} {second}", "barcode": first["barcode"]}
    about = (row["library_id"], row["device"], row["epoch"], str(row["seq"]), row["reason"], row["subject"])
    return row | {"id": str(uuid5(_IDS, "\n".join(about)))}


def _of_loan(connection: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
    """What a later loan at another station had ended is looked at again when something happens to the item."""
    row |= {"standing": bool(row["open"]), "open": bool(row["open"]), "voided": bool(row["voided"])}
    return _of_moment(connection, row)


def _of_end(_: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
    """Whether it was named is not known any more: a loan that was ended stays so."""
    return row | {"named": True}


def _of_moment(connection: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
    known = row["wall_ms"] if row["trusted"] else None
    row |= {"earliest_ms": known, "latest_ms": known, "boot": None, "boottime_ms": None}
    if not row["trusted"] and row["seq"]:
        body = connection.execute(
            sa.text(
                "SELECT body FROM operation WHERE library_id = :library_id AND device = :device"
                " AND epoch = :epoch AND seq = :seq"
            ),
            {key: row[key] for key in ("library_id", "device", "epoch", "seq")},
        ).scalar()
        at = json.loads(bytes(body))["at"]
        row |= {"boot": at["boot"], "boottime_ms": at["boottime_ms"]}
    return row


def downgrade() -> None:
    raise NotImplementedError("What is known of the order would be lost.")
