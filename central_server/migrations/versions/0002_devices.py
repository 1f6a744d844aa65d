"""Who may ask: stations' keys, and the tokens by which they are enrolled."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger()),
        sa.Column("seen_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("library_id", "key_id"),
        sa.UniqueConstraint("key_id"),
    )
    active = sa.text("state = 'active'")
    op.create_index("device_active", "device", ["library_id", "device"], unique=True, sqlite_where=active, postgresql_where=active)
    op.create_table(
        "enrol_token",
        sa.Column("library_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.Text()),
        sa.Column("used_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("library_id", "hash"),
        sa.UniqueConstraint("hash"),
    )


def downgrade() -> None:
    raise NotImplementedError("A station could not ask any more.")
