"""`column IN (many values)` as one parameter: hundreds of values cost neither a longer statement nor a new plan."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Many(sa.types.UserDefinedType[Collection[Any]]):
    """Numbers or texts as the text from which a database makes them again."""

    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Collection[Any] | None], str]:
        return _array if dialect.name == "postgresql" else _json


class among(FunctionElement[bool]):
    """Whether `column` is one of `values`, all texts or all whole numbers."""

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], values: Collection[Any]) -> None:
        super().__init__(column, sa.bindparam(None, values, _Many(), unique=True))

    def self_group(self, against: Any = None) -> Any:
        """Left alone: as a function that is true or false it would become `… = 1` on SQLite, which uses no index."""
        return self


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **words: Any) -> str:
    column, values = element.clauses
    kind = "BIGINT" if isinstance(column.type, sa.Integer) else "TEXT"
    return f"{compiler.process(column, **words)} = ANY (CAST({compiler.process(values, **words)} AS {kind}[]))"


@compiles(among, "sqlite")
def _in_json(element: among, compiler: SQLCompiler, **words: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **words)} IN (SELECT value FROM json_each({compiler.process(values, **words)}))"


def _json(values: Collection[Any] | None) -> str:
    return msgspec.json.encode(list(values or ())).decode()


def _array(values: Collection[Any] | None) -> str:
    texts = [str(one) for one in values or ()]
    whole = '","'.join(texts)
    if "\\" in whole or whole.count('"') > 2 * len(texts) - 2:
        whole = '","'.join(one.replace("\\", "\\\\").replace('"', '\\"') for one in texts)
    return f'{{"{whole}"}}' if texts else "{}"
