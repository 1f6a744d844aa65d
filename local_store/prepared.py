"""SQLAlchemy Core for writing statements, the bare driver for running them.

A check-out is ten statements on one connection. Through `Connection.execute` each costs more in Python than in SQLite,
so every statement is built and compiled once, at import, and then runs on the driver's own connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from local_store.errors import translated

Row = tuple[Any, ...]
STEPS = 200
"""Of SQLite's machine between two questions whether to go on: some sixty rows, about a millisecond."""
_DIALECT = pysqlite.dialect(paramstyle="named")


class Prepared:
    """A Core statement as text with named parameters. Every parameter is given at each run: none has a value before."""

    __slots__ = ("sql",)

    def __init__(self, statement: Executable) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        preset = [name for name, bind in compiled.binds.items() if not bind.required]
        if preset:
            raise TypeError(f"values inside a prepared statement: {preset}")
        self.sql = str(compiled)


class Database:
    """One connection of the driver. Transactions are begun and ended here only; every error is the port's."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlcipher.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Prepared, **values: object) -> list[Row]:
        try:
            return self._connection.execute(statement.sql, values).fetchall()  # type: ignore[no-any-return]
        except sqlcipher.Error as error:
            raise translated(error) from error

    def row(self, statement: Prepared, **values: object) -> Row | None:
        try:
            return self._connection.execute(statement.sql, values).fetchone()  # type: ignore[no-any-return]
        except sqlcipher.Error as error:
            raise translated(error) from error

    def run(self, statement: Prepared, **values: object) -> int:
        """The number of rows changed."""
        try:
            return self._connection.execute(statement.sql, values).rowcount  # type: ignore[no-any-return]
        except sqlcipher.Error as error:
            raise translated(error) from error

    def run_each(self, statement: Prepared, rows: Iterable[Mapping[str, object]]) -> int:
        """The number of rows changed, over all `rows`."""
        try:
            return self._connection.executemany(statement.sql, rows).rowcount  # type: ignore[no-any-return]
        except sqlcipher.Error as error:
            raise translated(error) from error

    def tell(self, sql: str) -> list[Row]:
        """For pragmas and what else Core has no words for."""
        try:
            return self._connection.execute(sql).fetchall()  # type: ignore[no-any-return]
        except sqlcipher.Error as error:
            raise translated(error) from error

    def call_often(self, meanwhile: Callable[[], None] | None) -> None:
        """While a statement runs, on its thread. What it raises ends the statement: a StoreBroken."""

        def call() -> int:
            if meanwhile is not None:
                meanwhile()
            return 0  # go on

        self._connection.set_progress_handler(call if meanwhile else None, STEPS)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction  # type: ignore[no-any-return]

    def begin(self) -> None:
        """IMMEDIATE: whoever else would write waits now, not in the middle of a loan."""
        self.tell("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Durable on return. When it fails, everything since `begin` is rolled back."""
        try:
            self.tell("COMMIT")
        except BaseException:
            self.roll_back()
            raise

    def roll_back(self) -> None:
        # A full disk or an I/O error has often rolled back already.
        if self._connection.in_transaction:
            self.tell("ROLLBACK")

    def close(self) -> None:
        try:
            self._connection.close()
        except sqlcipher.Error as error:
            raise translated(error) from error
