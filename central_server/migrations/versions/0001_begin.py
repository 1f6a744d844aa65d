"""Everything, from nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "library",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id"),
    )
    op.create_table(
        "generation",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("began_after", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )
    op.create_table(
        "change",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "kind", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("change_in_order", "change", ["library_id", "seq"], unique=True)
    op.create_table(
        "title",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("isbn", sa.Text()),
        sa.Column("call_number", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "code"),
    )
    op.create_table(
        "item",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("title_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "barcode"),
    )
    op.create_index("item_by_title", "item", ["library_id", "title_id"])
    op.create_table(
        "patron",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text()),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "card"),
    )
    op.create_table(
        "operation",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("barcode", sa.Text()),
        sa.Column("loans", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("happened_ms", sa.Integer()),
        sa.Column("received_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "position"),
        sa.UniqueConstraint("library_id", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operation_reader",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conflict",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("patron_id", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("received_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "hash", "body_hash"),
    )
    op.create_table(
        "succession",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("after_epoch", sa.Text(), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("after_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch"),
    )
    op.create_index("succession_by_predecessor", "succession", ["library_id", "device", "after_epoch"])
    op.create_table(
        "dispute",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("came", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.Integer(), nullable=False),
        sa.Column("settled_ms", sa.Integer()),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "reason", "subject"),
    )
    op.create_index("dispute_by_subject", "dispute", ["library_id", "reason", "subject"])
    op.create_table(
        "loan",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text()),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("patron_id", sa.Text()),
        sa.Column("lent_on", sa.Text()),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("wall_ms", sa.Integer(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("loan_open_by_barcode", "loan", ["library_id", "barcode"], sqlite_where=sa.text("open = 1"), postgresql_where=sa.text("open"))
    op.create_table(
        "loan_end",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "loan_id", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("loan_end_by_operation", "loan_end", ["library_id", "device", "epoch", "seq"])
    op.create_table(
        "check_in",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("wall_ms", sa.Integer(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "barcode", "device", "epoch", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "voided",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device", "epoch", "seq"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER operation_refuses_{act.lower()} BEFORE {act} ON operation "
                "BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END"
            )


def downgrade() -> None:
    raise NotImplementedError("There is nothing before the first revision.")
