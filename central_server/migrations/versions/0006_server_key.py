"""The centre's own key."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "server_key",
        sa.Column("number", Integer, primary_key=True, autoincrement=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("made_ms", Integer, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Stations would not believe a new key.")
