"""Who brought books back late, and through which day that suspends them no more. What was set can be taken back."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # It follows from the late returns now; nobody ever set it.
    op.drop_column("patron", "suspended_until")
    op.add_column("patron", sa.Column("lifted_on", Text))
    op.create_table(
        "late_return",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("loan_id", Text, nullable=False),
        sa.Column("barcode", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("due_on", Text, nullable=False),
        sa.Column("came_on", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "loan_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("late_return_by_barcode", "late_return", ["library_id", "barcode"])
    op.create_index("late_return_by_patron", "late_return", ["library_id", "patron_id"])
    with op.batch_alter_table("setting") as setting:
        setting.alter_column("value", existing_type=Text, nullable=True)
    op.create_table(
        "as_imported",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("data", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "kind"),
    )
    # What was told is what the file said, where nothing was laid over it; else the next import tells.
    op.execute(
        "INSERT INTO as_imported (library_id, kind, data) SELECT library_id, kind, data FROM change"
        " WHERE kind IN ('circulation', 'calendar') AND id = library_id"
        " AND NOT EXISTS (SELECT 1 FROM setting WHERE setting.library_id = change.library_id)"
    )


def downgrade() -> None:
    raise NotImplementedError("Who is suspended would be lost.")
