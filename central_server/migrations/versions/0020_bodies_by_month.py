"""What stations wrote stands in a table of its own, which PostgreSQL parts by months.

Twenty million operations take their time: the bodies go over in parts, each committed, so that a migration that was cut
off goes on from where it was, and the program of before still finds all its own until the last step.
"""

import sqlalchemy as sa
from alembic import op

from central_server import clock, months
from central_server.columns import Integer, Text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_PART = 20_000


def upgrade() -> None:
    connection = op.get_bind()
    if not sa.inspect(connection).has_table("operation_body"):
        _make(connection)
    connection.commit()
    # Until one transaction, in which nobody else writes, finds nothing left in any library.
    while _move_all(connection):
        pass
    op.drop_column("operation", "body")


def _make(connection: sa.Connection) -> None:
    op.create_table(
        "operation_body",
        sa.Column("library_id", Text, nullable=False),
        sa.Column("position", Integer, nullable=False),
        sa.Column("received_ms", Integer, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", "position", "received_ms"),
        postgresql_partition_by="RANGE (received_ms)",
        sqlite_with_rowid=False,
    )
    if connection.dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER operation_body_refuses_{act.lower()} BEFORE {act} ON operation_body "
                "BEGIN SELECT RAISE(ABORT, 'operations are append-only'); END"
            )
        return
    op.execute(f"CREATE TABLE {months.REST} PARTITION OF operation_body DEFAULT")
    # For each row: only such a trigger is that of every month as well.
    for act, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER operation_body_refuses_{act.lower()} BEFORE {act} ON operation_body "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_to_touch_operations()"
        )
    months.make(connection, months.missing(connection, clock.now_ms()))


def _move_all(connection: sa.Connection) -> bool:
    """Answers whether there was anything to move."""
    any_ = False
    for library in connection.scalars(sa.text("SELECT library_id FROM library ORDER BY library_id")).all():
        while _move(connection, library):
            connection.commit()
            any_ = True
    return any_


def _move(connection: sa.Connection, library: str) -> bool:
    """Copy the next bodies of `library`; answers whether there were any. Positions count 1, 2, 3 …"""
    last = "SELECT coalesce(max(position), 0) FROM operation_body WHERE library_id = :library"
    after = connection.scalar(sa.text(last), {"library": library})
    here = {"library": library, "after": after, "upto": after + _PART}
    these = "FROM operation WHERE library_id = :library AND position > :after AND position <= :upto"
    if connection.dialect.name == "postgresql":
        came = connection.scalars(sa.text(f"SELECT DISTINCT received_ms / 3600000 {these}"), here)
        months.make(connection, {clock.day_of(hour * 3_600_000).replace(day=1) for hour in came})
    columns = "library_id, position, received_ms, body"
    moved = connection.execute(sa.text(f"INSERT INTO operation_body ({columns}) SELECT {columns} {these}"), here)
    return moved.rowcount > 0


def downgrade() -> None:
    raise NotImplementedError("What was stored by months is not brought together again.")
