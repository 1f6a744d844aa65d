"""Stocktakes, and titles by their ISBN."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("title_by_isbn", "title", ["isbn"])
    op.create_table(
        "stocktake",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("shelf", Text, nullable=False),
        sa.Column("person_id", Text, nullable=False),
        sa.Column("begun_ms", Integer, nullable=False),
        sa.Column("compared_ms", Integer, nullable=False),
        sa.Column("lost_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "id"),
    )
    op.create_table(
        "stocktake_line",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("stocktake_id", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("finding", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "stocktake_id", "barcode"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("What stocktakes found would be lost.")
