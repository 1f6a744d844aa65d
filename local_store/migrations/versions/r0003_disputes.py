"""What a librarian must look at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("held", sa.Text),
        sa.Column("came", sa.Text),
        sa.Column("ways", sa.Text, nullable=False),
        sa.Column("is_open", sa.Integer, nullable=False),
        sa.Column("way", sa.Text),
        sa.Column("opened_ms", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("dispute_open", "dispute", ["opened_ms"], sqlite_where=sa.text("is_open = 1"))
