"""Requests and what became of them, visits, and readers to be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("private", sa.Text))
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("patron_id", sa.Text),
        sa.Column("asked_ms", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("why", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("request_by_patron", "request", ["patron_id", "asked_ms"])
    op.create_table(
        "visit",
        sa.Column("patron_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("to_erase", sa.Column("mark", sa.Text, primary_key=True), sqlite_with_rowid=False)
