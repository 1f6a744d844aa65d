"""The months by which PostgreSQL parts the bodies of operations: a table for each, made before it begins.

A month is one in Vietnam, as in the figures. What comes without a month's table is kept in the rest, so that nothing is
ever refused for want of one; a month that has begun there stays there, and is read as well. No month is ever dropped.
SQLite has one table, and no months.
"""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa

from central_server import clock

AHEAD = 3
"""How many months after this one are made: a server that stands still for a summer finds its month."""
REST = "operation_body_rest"
_PARTED = "operation_body"


def missing(connection: sa.Connection, now_ms: int) -> list[date]:
    """The months, by their first days, that shall be there at `now_ms` and are not."""
    if connection.dialect.name != "postgresql":
        return []
    months = [clock.day_of(now_ms).replace(day=1)]
    for _ in range(AHEAD):
        months.append(_after(months[-1]))
    return [month for month in months if not _is_there(connection, month)]


def make(connection: sa.Connection, months: Collection[date]) -> list[date]:
    """Make the tables of `months`, given by their first days, in a transaction in which nobody else writes; answers
    which are new. One that is there, or that has begun in the rest, is left.

    Who reads is not waited for, unless it reads the rest.
    """
    return [month for month in sorted(months) if _make(connection, month)]


def name_of(month: date) -> str:
    """The table of a month."""
    return f"{_PARTED}_{month:%Y_%m}"


def _make(connection: sa.Connection, month: date) -> bool:
    begins, ends = clock.ms_of(month), clock.ms_of(_after(month))
    within = f"received_ms >= {begins} AND received_ms < {ends}"
    begun = f"SELECT EXISTS (SELECT 1 FROM {REST} WHERE {within})"
    if _is_there(connection, month) or connection.exec_driver_sql(begun).scalar():
        return False
    # Attached, and not made as a part: that would keep out whoever reads any month.
    connection.exec_driver_sql(f"CREATE TABLE {name_of(month)} (LIKE {_PARTED} INCLUDING ALL)")
    connection.exec_driver_sql(
        f"ALTER TABLE {_PARTED} ATTACH PARTITION {name_of(month)} FOR VALUES FROM ({begins}) TO ({ends})"
    )
    return True


def _is_there(connection: sa.Connection, month: date) -> bool:
    return connection.exec_driver_sql(f"SELECT to_regclass('{name_of(month)}')").scalar() is not None


def _after(month: date) -> date:
    """The month that follows; both by their first days."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
