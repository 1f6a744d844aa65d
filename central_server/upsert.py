"""Adding rows of which some may be there already: the same words for both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]


def add_new(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`; one whose key is there already changes nothing."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def put(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`, whole; one whose primary key is there takes the place of the one that was."""
    if rows:
        statement = _insert(connection, table)
        new = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        key = [column.name for column in table.primary_key]
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new), rows)


def count(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`; one whose primary key is there adds its `count` to the one that is there."""
    if rows:
        statement = _insert(connection, table)
        more = {"count": table.c.count + statement.excluded["count"]}
        key = [column.name for column in table.primary_key]
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=more), rows)


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
