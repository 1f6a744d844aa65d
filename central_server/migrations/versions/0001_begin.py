"""Everything, from nothing."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "library",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("created_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id"),
    )
    op.create_table(
        "generation",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("number", Integer, nullable=False),
        sa.Column("token", Text, nullable=False),
        sa.Column("began_after", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )
    op.create_table(
        "change",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("data", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "kind", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("change_in_order", "change", ["library_id", "seq"], unique=True)
    op.create_table(
        "title",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("code", Text, nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("publisher", Text, nullable=False),
        sa.Column("year", Integer),
        sa.Column("isbn", Text),
        sa.Column("call_number", Text, nullable=False),
        sa.Column("shelf", Text, nullable=False),
        sa.Column("item_type", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "code"),
    )
    op.create_table(
        "item",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("title_id", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "barcode"),
    )
    op.create_index("item_by_title", "item", ["library_id", "title_id"])
    op.create_table(
        "patron",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("card", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("class_name", Text, nullable=False),
        sa.Column("category", Text, nullable=False),
        sa.Column("valid_until", Text),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "card"),
    )
    op.create_table(
        "operation",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kind", Text),
        sa.Column("barcode", Text),
        sa.Column("loans", Text, nullable=False),
        sa.Column("verdict", Text, nullable=False),
        sa.Column("reason", Text),
        sa.Column("happened_ms", Integer),
        sa.Column("received_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "position"),
        sa.UniqueConstraint("library_id", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operation_reader",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("salt", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conflict",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.Column("body_hash", Text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("patron_id", Text),
        sa.Column("salt", Text),
        sa.Column("received_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "hash", "body_hash"),
    )
    op.create_table(
        "succession",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("after_epoch", Text, nullable=False),
        sa.Column("after_seq", Integer, nullable=False),
        sa.Column("after_hash", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch"),
    )
    op.create_index("succession_by_predecessor", "succession", ["library_id", "device", "after_epoch"])
    op.create_table(
        "dispute",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("held", Text, nullable=False),
        sa.Column("came", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("opened_ms", Integer, nullable=False),
        sa.Column("settled_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "reason", "subject"),
    )
    op.create_index("dispute_by_subject", "dispute", ["library_id", "reason", "subject"])
    op.create_table(
        "loan",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("item_id", Text),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("patron_id", Text),
        sa.Column("lent_on", Text),
        sa.Column("due_on", Text, nullable=False),
        sa.Column("renewals", Integer, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("wall_ms", Integer, nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("position", Integer),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("loan_open_by_barcode", "loan", ["library_id", "barcode"], sqlite_where=sa.text("open = 1"), postgresql_where=sa.text("open"))
    op.create_table(
        "loan_end",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("loan_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "loan_id", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("loan_end_by_operation", "loan_end", ["library_id", "device", "epoch", "seq"])
    op.create_table(
        "check_in",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.Column("wall_ms", Integer, nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "barcode", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "voided",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("epoch", Text, nullable=False),
        sa.Column("seq", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER operation_refuses_{act.lower()} BEFORE {act} ON operation "
                "BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION refuse_to_touch_operations() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'operations are append-only'; END $$"
        )
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            op.execute(
                f"CREATE TRIGGER operation_refuses_{act.lower()} BEFORE {act} ON operation "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_operations()"
            )


def downgrade() -> None:
    raise NotImplementedError("There is nothing before the first revision.")
