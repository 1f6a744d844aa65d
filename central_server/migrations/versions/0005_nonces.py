"""Nonces that every server of one database knows."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nonce_secret",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("library_id"),
    )
    op.create_table(
        "used_nonce",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("nonce", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "nonce"),
    )


def downgrade() -> None:
    op.drop_table("used_nonce")
    op.drop_table("nonce_secret")
