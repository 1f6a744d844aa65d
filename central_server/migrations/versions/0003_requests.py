"""Requests, holds, second cards, figures of use, and readers who were erased."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation_reader", sa.Column("private", Text))
    op.add_column("conflict", sa.Column("private", Text))
    op.create_table(
        "request",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.Column("role", Text, nullable=False),
        sa.Column("patron_id", Text),
        sa.Column("subject", Text, nullable=False),
        sa.Column("data", Text, nullable=False),
        sa.Column("asked_ms", Integer, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("decided_by", Text),
        sa.Column("why", Text),
        sa.Column("decided_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "id"),
    )
    op.create_index("request_by_state", "request", ["library_id", "state", "asked_ms"])
    op.create_table(
        "hold",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("title_id", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("shelf", Text, nullable=False),
        sa.Column("placed_ms", Integer, nullable=False),
        sa.Column("loan_id", Text),
        sa.PrimaryKeyConstraint("library_id", "id"),
    )
    op.create_index("hold_by_patron", "hold", ["library_id", "patron_id"])
    op.create_index("hold_by_loan", "hold", ["library_id", "loan_id"])
    op.create_table(
        "patron_card",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("number", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )
    op.create_index("patron_card_by_patron", "patron_card", ["library_id", "patron_id"])
    op.create_table(
        "daily_use",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("day", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "kind", "day", "barcode"),
    )
    op.create_table(
        "erased_reader",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("mark", Text, nullable=False),
        sa.Column("erased_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "mark"),
    )


def downgrade() -> None:
    raise NotImplementedError("What was forgotten cannot be brought back.")
