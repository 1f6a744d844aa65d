"""What stations tell about themselves: how they are, and support bundles."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_health",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("came_ms", Integer, nullable=False),
        sa.Column("report", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "device"),
    )
    op.create_table(
        "support_bundle",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("number", Integer, nullable=False, autoincrement=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("came_ms", Integer, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("support_bundle")
    op.drop_table("device_health")
