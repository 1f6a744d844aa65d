"""Shapes that statements of several topics have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    literal_column,
    or_,
    text,
    update,
)
from sqlalchemy.dialects import sqlite

from local_store.prepared import Prepared


def upsert(table: Table, key: str, only: str = "", **special: ColumnElement[object]) -> Prepared:
    """Inserts or updates by `key`; what is there already, `only` where that is so. A row that says the same already is
    not written: a resync of a whole library then costs reading, and the check-out behind it does not wait for the
    disk."""
    new = sqlite.insert(table)
    columns = {column.name: special.get(column.name, new.excluded[column.name]) for column in table.c}
    del columns[key]
    changed = or_(*(table.c[name].is_distinct_from(value) for name, value in columns.items()))
    where = and_(text(only), changed) if only else changed
    return Prepared(new.on_conflict_do_update(index_elements=[key], set_=columns, where=where))


def some(query: Select[Any], key: Column[Any]) -> Prepared:
    """The next `limit` rows beyond `after`."""
    found = query.where(key > bindparam("after")).order_by(key).limit(bindparam("limit", type_=Integer))
    return Prepared(found.offset(literal_column("0")))  # else SQLAlchemy binds a zero of its own


def without(table: Table, key: Column[Any], *names: str) -> Executable:
    return update(table).where(key == bindparam("gone")).values({name: text("NULL") for name in names})


def dropped(table: Table, key: Column[Any]) -> Executable:
    return delete(table).where(key == bindparam("gone"))
