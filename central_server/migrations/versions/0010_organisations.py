"""Organisations, people with roles there, who is signed in, and what people did on the pages."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", Text, primary_key=True),
        sa.Column("parent_id", Text),
        sa.Column("path", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("one_school", sa.Boolean, nullable=False),
        sa.Column("level", Text),
        sa.Column("pupils", Integer),
        sa.Column("commends", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("library_id", Text),
        sa.UniqueConstraint("path"),
        sa.UniqueConstraint("library_id"),
    )
    op.create_index("organisation_by_parent", "organisation", ["parent_id"])
    op.create_table(
        "person",
        sa.Column("id", Text, primary_key=True),
        sa.Column("login", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("password", Text, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", Integer),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("failed", Integer, nullable=False, server_default="0"),
        sa.Column("wait_until_ms", Integer, nullable=False, server_default="0"),
        sa.Column("added_ms", Integer, nullable=False),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "person_role",
        sa.Column("person_id", Text, nullable=False),
        sa.Column("organisation_id", Text, nullable=False),
        sa.Column("role", Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "organisation_id", "role"),
    )
    op.create_index("person_role_by_organisation", "person_role", ["organisation_id"])
    op.create_table(
        "visit",
        sa.Column("hash", Text, primary_key=True),
        sa.Column("person_id", Text),
        sa.Column("library_id", Text),
        sa.Column("patron_id", Text),
        sa.Column("made_ms", Integer, nullable=False),
        sa.Column("seen_ms", Integer, nullable=False),
    )
    op.create_index("visit_by_person", "visit", ["person_id"])
    op.create_index("visit_by_reader", "visit", ["library_id", "patron_id"])
    op.create_table(
        "reader_pin",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("patron_id", Text, nullable=False),
        sa.Column("pin", Text, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("failed", Integer, nullable=False, server_default="0"),
        sa.Column("wait_until_ms", Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("library_id", "patron_id"),
    )
    op.create_table(
        "deed",
        sa.Column("number", Integer, primary_key=True, autoincrement=True),
        sa.Column("at_ms", Integer, nullable=False),
        sa.Column("person_id", Text, nullable=False),
        sa.Column("organisation_id", Text),
        sa.Column("library_id", Text),
        sa.Column("act", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
    )
    op.create_index("deed_by_organisation", "deed", ["organisation_id", "at_ms"])
    op.create_index("deed_by_library", "deed", ["library_id", "at_ms"])


def downgrade() -> None:
    raise NotImplementedError("Who works where would be lost.")
