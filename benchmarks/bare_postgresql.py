"""The limit: what psycopg alone can write into PostgreSQL, on this machine, in this run."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

# The rows of each table, in the order in which they lie there.
Rows = dict[str, list[tuple[Any, ...]]]


def all_rows(url: str) -> Rows:
    """Every row of every table; those of a month stand in the table that is parted by months."""
    tables = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    )
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(tables)]
        everything = sql.SQL("SELECT * FROM {}")
        return {name: connection.execute(everything.format(sql.Identifier(name))).fetchall() for name in names}


def added_rows(before: Rows, after: Rows) -> Rows:
    """What stands in `after` and did not in `before`."""
    known = {table: set(rows) for table, rows in before.items()}
    return {table: [row for row in rows if row not in known.get(table, ())] for table, rows in after.items()}


def write_rows(url: str, rows: Rows, transactions: int) -> float:
    """Seconds for writing `rows` by `executemany`, each transaction with its share of every table."""
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = on")
        # What triggers made of the other rows is among `rows`.
        connection.execute("SET session_replication_role = replica")
        connection.commit()
        inserts = {
            table: sql.SQL("INSERT INTO {} VALUES ({})").format(
                sql.Identifier(table), sql.SQL(", ").join([sql.Placeholder()] * len(mine[0]))
            )
            for table, mine in rows.items()
            if mine
        }
        began = time.perf_counter()
        for number in range(transactions):
            with connection.transaction(), connection.cursor() as cursor:
                for table, insert in inserts.items():
                    share = rows[table][
                        len(rows[table]) * number // transactions : len(rows[table]) * (number + 1) // transactions
                    ]
                    if share:
                        cursor.executemany(insert, share)
        return time.perf_counter() - began
