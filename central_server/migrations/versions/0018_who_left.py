"""Who left the school is no reader on its list any more. Only that measure is counted again: loans stay as they are."""

from alembic import op

from central_server.statistics import recount, triggers

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    # First: from then on nobody changes a reader until this is over.
    triggers.install(connection)
    recount.mend_measure(connection, "patrons")


def downgrade() -> None:
    raise NotImplementedError("The program before counts who left as readers on the list.")
