"""What the pages ask of a library's history is found without reading all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TO_CHECK = sa.text("kind IN ('void', 'help_call', 'checked')")
_WITHOUT_ROW = sa.text("kind IN ('void', 'hold_shelved')")


def upgrade() -> None:
    op.create_index("loan_by_day", "loan", ["library_id", "lent_on"])
    op.create_index(
        "loan_over_by_barcode",
        "loan",
        ["library_id", "barcode"],
        sqlite_where=sa.text("standing = 0"),
        postgresql_where=sa.text("NOT standing"),
    )
    op.create_index("check_in_by_time", "check_in", ["library_id", "latest_ms", "earliest_ms"])
    for name, columns, where in (
        ("operation_to_check", ["received_ms"], _TO_CHECK),
        ("operation_of_item", ["barcode", "kind"], _WITHOUT_ROW),
    ):
        op.create_index(name, "operation", ["library_id", *columns], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table in (
        ("operation_of_item", "operation"),
        ("operation_to_check", "operation"),
        ("check_in_by_time", "check_in"),
        ("loan_over_by_barcode", "loan"),
        ("loan_by_day", "loan"),
    ):
        op.drop_index(name, table)
