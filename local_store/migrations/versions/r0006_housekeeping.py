"""What housekeeping needs: trusted days, when a loan or a request was over, and what was pruned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "trusted_day",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "pruned",
        sa.Column("first", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("audit_hash", sa.LargeBinary, nullable=False),
    )
    op.add_column("loan", sa.Column("ended_after", sa.Integer))
    op.execute("UPDATE loan SET ended_after = 0 WHERE open = 0")
    op.add_column("request", sa.Column("answered_after", sa.Integer))
    op.execute("UPDATE request SET answered_after = 0 WHERE state <> 'waiting'")
    op.create_index(
        "outbox_with_reader",
        "outbox",
        ["place"],
        sqlite_where=sa.text("state = 'settled' AND reader IS NOT NULL"),
    )
