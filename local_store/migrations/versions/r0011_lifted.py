"""Through which day late returns suspend a reader no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("patron", sa.Column("lifted_on", sa.Text))
    # The centre may have told of it before this program could read it: all is heard once more.
    op.execute("UPDATE meta SET value = '' WHERE key = 'cursor'")
