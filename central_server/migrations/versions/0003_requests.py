"""Requests, holds, second cards, figures of use, and readers who were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation_reader", sa.Column("private", sa.Text()))
    op.add_column("conflict", sa.Column("private", sa.Text()))
    op.create_table(
        "request",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("patron_id", sa.Text()),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("decided_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("library_id", "id"),
    )
    op.create_index("request_by_state", "request", ["library_id", "state", "asked_ms"])
    op.create_table(
        "hold",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title_id", sa.Text(), nullable=False),
        sa.Column("patron_id", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("placed_ms", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Text()),
        sa.PrimaryKeyConstraint("library_id", "id"),
    )
    op.create_index("hold_by_patron", "hold", ["library_id", "patron_id"])
    op.create_index("hold_by_loan", "hold", ["library_id", "loan_id"])
    op.create_table(
        "patron_card",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("patron_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )
    op.create_index("patron_card_by_patron", "patron_card", ["library_id", "patron_id"])
    op.create_table(
        "daily_use",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "kind", "day", "barcode"),
    )
    op.create_table(
        "erased_reader",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("erased_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "mark"),
    )


def downgrade() -> None:
    raise NotImplementedError("What was forgotten cannot be brought back.")
