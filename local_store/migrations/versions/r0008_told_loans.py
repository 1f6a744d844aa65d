"""What the centre said of a loan while it did not know everything about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("loan", sa.Column("as_of", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "held_back",
        sa.Column("loan_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("patron_id", sa.Text),
        sa.Column("said", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
