"""Figures of schools, communes and provinces; keys of the open API; who works in libraries, without names."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text
from central_server.statistics import recount, triggers

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("measure", Text, nullable=False),
        sa.Column("month", Text, nullable=False),
        sa.Column("part", Text, nullable=False),
        sa.Column("count", Integer, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "measure", "month", "part"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reader_mark",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("period", Text, nullable=False),
        sa.Column("mark", Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "period", "mark"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "period_secret",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("period", Text, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.PrimaryKeyConstraint("library_id", "period"),
    )
    op.create_table(
        "statistics_setting",
        sa.Column("organisation_id", Text, primary_key=True),
        sa.Column("year_from", Integer, nullable=False),
        sa.Column("school_year_from", Integer, nullable=False),
        sa.Column("figures", Text),
    )
    op.create_table(
        "staff_register",
        sa.Column("organisation_id", Text, nullable=False),
        sa.Column("number", Integer, nullable=False, autoincrement=False),
        sa.Column("position", Text, nullable=False),
        sa.Column("qualification", Text, nullable=False),
        sa.Column("trained_in", Integer),
        sa.Column("wanted", Text, nullable=False),
        sa.Column("changed_ms", Integer, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "number"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", Text, primary_key=True),
        sa.Column("hash", Text, nullable=False),
        sa.Column("organisation_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("made_ms", Integer, nullable=False),
        sa.Column("revoked_ms", Integer),
        sa.Column("used_ms", Integer),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("api_key_by_organisation", "api_key", ["organisation_id"])
    for table, column in (("title", "added_on"), ("item", "added_on"), ("loan", "category"), ("loan", "grade")):
        op.add_column(table, sa.Column(column, Text))
    op.create_index("title_by_added", "title", ["library_id", "added_on"])
    connection = op.get_bind()
    triggers.install(connection)
    recount.mend(connection)


def downgrade() -> None:
    raise NotImplementedError("Who borrowed in a period cannot be counted again once readers are forgotten.")
