"""The librarian's desk: who works there, what is known of a reader, a copy and a hold, PINs, and the settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("suspended_until", "note", "staff_id", "staff_role"):
        op.add_column("patron", sa.Column(name, sa.Text))
    op.create_index("patron_by_staff", "patron", ["staff_id"], sqlite_where=sa.text("staff_id IS NOT NULL"))
    op.add_column("item", sa.Column("in_house_only", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("request", sa.Column("here", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("hold", sa.Column("shelved_on", sa.Text))
    op.create_index("late_loan_by_patron", "loan", ["patron_id"], sqlite_where=sa.text("returned_on > due_on"))
    op.create_index("request_that_waits", "request", ["kind"], sqlite_where=sa.text("state = 'waiting'"))
    op.create_table(
        "pin",
        sa.Column("patron_id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("boottime_ms", sa.Integer, nullable=False),
        sa.Column("of_staff", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("told", sa.Text),
        sa.Column("fixed", sa.Integer, nullable=False),
        sa.Column("here", sa.Text),
        sqlite_with_rowid=False,
    )
    # The centre may have told of these before this program could read it: all is heard once more.
    op.execute("UPDATE meta SET value = '' WHERE key = 'cursor'")
