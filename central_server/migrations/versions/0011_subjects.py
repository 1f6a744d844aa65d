"""What readers ask about their own data."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subject_request",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("number", Integer, nullable=False, autoincrement=False),
        sa.Column("patron_id", Text),
        sa.Column("kind", Text, nullable=False),
        sa.Column("asked_on", Text, nullable=False),
        sa.Column("due_on", Text, nullable=False),
        sa.Column("done_on", Text),
        sa.PrimaryKeyConstraint("library_id", "number"),
    )
    op.create_index("subject_request_by_patron", "subject_request", ["library_id", "patron_id"])


def downgrade() -> None:
    raise NotImplementedError("What readers asked would be lost.")
