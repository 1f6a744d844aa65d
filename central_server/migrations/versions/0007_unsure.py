"""When something was asked without a clock, and due dates that nobody vouched for."""

import json

import sqlalchemy as sa
from alembic import op

from central_server.columns import Integer, Text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("boot", Text))
    op.add_column("request", sa.Column("boottime_ms", Integer))
    _tell_boots(op.get_bind())
    op.create_index("request_by_subject", "request", ["library_id", "subject"])
    boot = sa.text("boot IS NOT NULL")
    op.create_index(
        "request_by_boot", "request", ["library_id", "boot"], sqlite_where=boot, postgresql_where=boot
    )


def _tell_boots(connection: sa.Connection) -> None:
    """Of what was asked before by a station that did not know the time."""
    rows = connection.execute(
        sa.text(
            "SELECT request.library_id, request.id, operation.body FROM request JOIN operation"
            " ON operation.library_id = request.library_id AND operation.position = request.position"
            " WHERE operation.happened_ms IS NULL"
        )
    ).all()
    for row in rows:
        at = json.loads(bytes(row.body))["at"]
        connection.execute(
            sa.text(
                "UPDATE request SET boot = :boot, boottime_ms = :boottime_ms"
                " WHERE library_id = :library_id AND id = :id"
            ),
            {"library_id": row.library_id, "id": row.id, "boot": at["boot"], "boottime_ms": at["boottime_ms"]},
        )


def downgrade() -> None:
    raise NotImplementedError("What is known of the order would be lost.")
