"""Adding rows, of which some may be there already: the same words for both databases.

A batch of the fleet is written by these, so they cost as little as the databases let them: PostgreSQL gets all rows in
one statement as one JSON text, SQLite one prepared statement for all of them.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.schema import CallableColumnDefault as CallableDefault

Rows = Sequence[dict[str, Any]]

_CHUNK = 2_000
_POSTGRESQL = sa.make_url("postgresql+psycopg://").get_dialect()()


def add(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`; one whose key is there already is an error."""
    _write(connection, table, rows, "")


def add_new(connection: sa.Connection, table: sa.Table, rows: Rows) -> int:
    """Insert `rows`; one whose key is there already changes nothing. Answers how many were new."""
    return _write(connection, table, rows, "ON CONFLICT DO NOTHING")


def put(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`, whole; one whose primary key is there takes the place of the one that was, but for what a column
    was given when the row was new (its default). Each key stands in `rows` once."""
    ours = [column.name for column in table.c if not column.primary_key and column.default is None]
    new = ", ".join(f"{name} = excluded.{name}" for name in ours)
    _write(connection, table, rows, f"ON CONFLICT ({_key(table)}) DO UPDATE SET {new}")


def count(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert `rows`; one whose primary key is there adds its `count` to the one that is there. Each key stands in
    `rows` once."""
    more = f"count = {table.name}.count + excluded.count"
    _write(connection, table, rows, f"ON CONFLICT ({_key(table)}) DO UPDATE SET {more}")


def _write(connection: sa.Connection, table: sa.Table, rows: Rows, otherwise: str) -> int:
    in_one = connection.dialect.name == "postgresql"
    statement = (_from_json if in_one else _one_by_one)(table, otherwise)
    if given := {column.name: column.default.arg for column in table.c if isinstance(column.default, CallableDefault)}:
        rows = [{**{name: make(None) for name, make in given.items()}, **row} for row in rows]  # type: ignore[arg-type]
    written = 0
    for start in range(0, len(rows), _CHUNK):
        part = list(rows[start : start + _CHUNK])
        values = (msgspec.json.encode(part).decode(),) if in_one else part
        written += connection.exec_driver_sql(statement, values).rowcount
    return written


@cache
def _from_json(table: sa.Table, otherwise: str) -> str:
    bytes_ = [isinstance(column.type, sa.LargeBinary) for column in table.c]
    # msgspec writes bytes in base64.
    types = ["TEXT" if raw else column.type.compile(_POSTGRESQL) for column, raw in zip(table.c, bytes_, strict=True)]
    read = [
        f"decode({column.name}, 'base64')" if raw else column.name for column, raw in zip(table.c, bytes_, strict=True)
    ]
    shape = ", ".join(f"{column.name} {type_}" for column, type_ in zip(table.c, types, strict=True))
    source = f"SELECT {', '.join(read)} FROM json_to_recordset(%s::json) AS new_row({shape})"
    return f"INSERT INTO {table.name} ({_names(table.c)}) {source} {otherwise}"


@cache
def _one_by_one(table: sa.Table, otherwise: str) -> str:
    values = ", ".join(f":{column.name}" for column in table.c)
    return f"INSERT INTO {table.name} ({_names(table.c)}) VALUES ({values}) {otherwise}"


def _key(table: sa.Table) -> str:
    return _names(table.primary_key)


def _names(columns: Any) -> str:
    return ", ".join(column.name for column in columns)
