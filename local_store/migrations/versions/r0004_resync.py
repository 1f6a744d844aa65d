"""What the centre has named since a full resync began to hear it, and what each loan has still to tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "mentioned",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.add_column("loan", sa.Column("to_tell", sa.Integer, nullable=False, server_default=sa.text("0")))
    store = op.get_bind()
    named = store.exec_driver_sql("SELECT loans FROM outbox WHERE state IN ('pending', 'set_aside')")
    for (loans,) in named.fetchall():
        for loan_id in loans.split():
            store.exec_driver_sql("UPDATE loan SET to_tell = to_tell + 1 WHERE id = ?", (loan_id,))
