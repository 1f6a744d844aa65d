"""Boots that wait to be dated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "undated_boot",
        sa.Column("boot_id", sa.Text, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("began_ms", sa.Integer),
        sa.Column("before_ms", sa.Integer),
        sa.Column("is_told", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
