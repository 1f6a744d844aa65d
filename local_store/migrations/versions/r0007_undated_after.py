"""After which time an undated boot was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("undated_boot", sa.Column("after_ms", sa.Integer))
