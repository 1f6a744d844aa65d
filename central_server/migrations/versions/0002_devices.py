"""Who may ask: stations' keys, and the tokens by which they are enrolled."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("key_id", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("words", Text, nullable=False),
        sa.Column("enrolled_ms", Integer, nullable=False),
        sa.Column("confirmed_ms", Integer),
        sa.Column("seen_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "key_id"),
        sa.UniqueConstraint("key_id"),
    )
    active = sa.text("state = 'active'")
    op.create_index("device_active", "device", ["library_id", "device"], unique=True, sqlite_where=active, postgresql_where=active)
    op.create_table(
        "enrol_token",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.Column("device", Text, nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("made_ms", Integer, nullable=False),
        sa.Column("expires_ms", Integer, nullable=False),
        sa.Column("used_by", Text),
        sa.Column("used_ms", Integer),
        sa.PrimaryKeyConstraint("library_id", "hash"),
        sa.UniqueConstraint("hash"),
    )


def downgrade() -> None:
    raise NotImplementedError("A station could not ask any more.")
