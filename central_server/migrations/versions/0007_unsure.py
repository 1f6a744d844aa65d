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
    op.add_column("loan", sa.Column("provisional", sa.Boolean, nullable=False, server_default=sa.false()))
    _tell_boots(op.get_bind())
    _tell_provisional(op.get_bind())
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


def _tell_provisional(connection: sa.Connection) -> None:
    """Of loans whose due date was counted from an unsure day and has not been dated since; the stations are told."""
    rows = connection.execute(
        sa.text(
            "SELECT library_id, device, body FROM operation WHERE happened_ms IS NULL AND kind IN ('check_out', 'renew')"
        )
    ).all()
    for row in rows:
        body = json.loads(bytes(row.body))
        data, boot = body["data"], {"library": row.library_id, "device": row.device, "boot": body["at"]["boot"]}
        is_dated = "SELECT 1 FROM dated_boot WHERE library_id = :library AND device = :device AND boot = :boot"
        if not data["provisional"] or connection.execute(sa.text(is_dated), boot).first():
            continue
        loan = {"library": row.library_id, "loan": data["loan"]}
        furthest = {"renewals": data.get("renewals", 0), "due_on": data["due_on"]}
        here = "library_id = :library AND id = :loan"
        found = connection.execute(
            sa.text(f"UPDATE loan SET provisional = {_TRUE} WHERE {here} AND renewals = :renewals AND due_on = :due_on"),
            loan | furthest,
        )
        told = sa.text(f"SELECT data FROM change WHERE kind = 'loan' AND {here}")
        said = connection.execute(told, loan).scalar() if found.rowcount else None
        if said and said != "null":
            newest = sa.text("SELECT max(seq) FROM change WHERE library_id = :library")
            number = connection.execute(newest, {"library": row.library_id}).scalar_one() + 1
            data = json.dumps(json.loads(said) | {"provisional": True}, ensure_ascii=False)
            connection.execute(
                sa.text(f"UPDATE change SET seq = :number, data = :data WHERE kind = 'loan' AND {here}"),
                loan | {"number": number, "data": data},
            )


_TRUE = "(1 = 1)"


def downgrade() -> None:
    raise NotImplementedError("What is known of the order would be lost.")
