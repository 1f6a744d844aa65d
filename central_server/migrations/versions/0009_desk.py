"""What the librarian's desk asks for: staff, settings, notes, lost cards, books on the hold shelf."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("in_house_only", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("item", sa.Column("source", Text))
    op.add_column("patron", sa.Column("card_lost", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("patron", sa.Column("suspended_until", Text))
    op.add_column("patron", sa.Column("note", Text))
    op.add_column("request", sa.Column("staff", Text))
    op.create_index("request_by_patron", "request", ["library_id", "patron_id"])
    op.create_table(
        "shelved",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("hold_id", Text, nullable=False),
        sa.Column("day", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "hold_id"),
    )
    op.create_table(
        "staff",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("role", Text, nullable=False),
        sa.Column("added_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "id"),
        sa.UniqueConstraint("library_id", "patron_id"),
    )
    op.create_table(
        "setting",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.Column("fixed", sa.Boolean, nullable=False),
        sa.Column("request_id", Text),
        sa.Column("set_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "name"),
    )


def downgrade() -> None:
    raise NotImplementedError("What was asked for at desks would be lost.")
