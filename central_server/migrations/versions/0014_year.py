"""Year roll-overs: when classes moved up, and what every reader was before and after it."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "year_roll",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("school_year", Text, nullable=False),
        sa.Column("done_ms", Integer, nullable=False),
        sa.Column("done_by", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "school_year"),
    )
    op.create_table(
        "rolled_reader",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("school_year", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("class_before", Text, nullable=False),
        sa.Column("class_after", Text, nullable=False),
        sa.Column("valid_before", Text),
        sa.Column("valid_after", Text),
        sa.Column("blocked_before", sa.Boolean, nullable=False),
        sa.Column("blocked_after", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "school_year", "patron_id"),
    )


def downgrade() -> None:
    raise NotImplementedError("Which classes have moved up would be lost.")
