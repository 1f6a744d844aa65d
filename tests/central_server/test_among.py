"""`among`: many values as one parameter, whatever stands in them, on both kinds of database."""

from collections.abc import Collection

import pytest
import sqlalchemy as sa

from central_server.among import among
from central_server.database import Store
from central_server.tables.library import item
from tests.central_server.databases import Databases, SqliteDatabases

_TEXTS = [
    "PM.002774", "", " ", "NULL", "null", ",", "a,b", "{", "{}", "}", '"', '""', '","', '\\"', "\\", "\\\\", "'", "%s",
    ":x", "\n", "\t", "\x01", "Đất rừng phương Nam", "🕮",
]  # fmt: skip


@pytest.mark.parametrize(
    "values", [[], *([one] for one in _TEXTS), _TEXTS], ids=lambda values: ascii(values)[:20] if len(values) < 2 else ""
)
def test_finds_exactly_the_texts_that_are_named(store: Store, values: Collection[str]) -> None:
    assert _found(store, sa.Text, _TEXTS, values) == set(values)


def test_finds_exactly_the_numbers_that_are_named(store: Store) -> None:
    assert _found(store, sa.BigInteger, [0, 1, 2, 2**53], [1, 2**53, 7]) == {1, 2**53}
    assert _found(store, sa.BigInteger, [0, 1], []) == set()


def test_finds_them_by_an_index(store: Store, databases: Databases) -> None:
    if not isinstance(databases, SqliteDatabases):
        pytest.skip("only SQLite has it")
    asked = sa.select(item.c.id).where(item.c.library_id == "hoa-sen", among(item.c.barcode, ["TK.00001"]))
    with store.reading.connect() as connection:
        statement = str(asked.compile(connection.engine, compile_kwargs={"literal_binds": False}))
        values = {"library_id_1": "hoa-sen", "param_1": '["TK.00001"]'}
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values.values())).all()
    assert any("library_id=? AND barcode=?" in row[-1] for row in plan), plan


def _found(
    store: Store, type_: type[sa.Text | sa.BigInteger], there: list[object], wanted: Collection[object]
) -> set[object]:
    them = sa.Table("them", sa.MetaData(), sa.Column("it", type_), prefixes=["TEMPORARY"])
    with store.writing.connect() as connection:
        them.create(connection)
        connection.execute(them.insert(), [{"it": one} for one in there])
        found = set(connection.scalars(sa.select(them.c.it).where(among(them.c.it, wanted))))
        connection.rollback()
    return found
