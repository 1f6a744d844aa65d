"""Which libraries have still to be asked who brought books back late before that was kept."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A library that is made later has nothing from before.
    op.add_column("library", sa.Column("late_after", Text))
    op.execute("UPDATE library SET late_after = ''")


def downgrade() -> None:
    op.drop_column("library", "late_after")
