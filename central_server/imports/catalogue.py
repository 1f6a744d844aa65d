"""Comparing what a file says with what is known: each thing keeps its identity, which is made when it first comes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server.imports.header import Column
from central_server.imports.report import Line, Outcome, Report
from central_server.imports.table import Row
from central_server.upsert import put

_CHUNK = 500
# Field → value, as the file says them, for one line.
Values = Mapping[str, object]


def store(
    connection: sa.Connection,
    table: sa.Table,
    key: str,
    library: str,
    lines: Mapping[Line, Values],
    defaults: Values,
    columns: Mapping[str, str],
    report: Report,
) -> list[dict[str, Any]]:
    """Bring `table` up to the lines of a file; answers the rows that are new or changed, whole, in the file's order.

    `key` is the column that tells things apart within the library. A column that the file does not have keeps its
    value, or gets that of `defaults` in a new row. Every line's outcome goes into the report, with what it changed in
    the words of `columns` (field → header).
    """
    known = known_by(connection, table, key, library, [str(values[key]) for values in lines.values()])
    different = []
    for line, values in lines.items():
        before = known.get(str(values[key]))
        if before is None:
            row = {**defaults, **values, "library_id": library, "id": str(uuid4())}
            report.outcomes[line] = Outcome.TAKEN
        else:
            row = {**before, **values}
            report.outcomes[line] = Outcome.UNCHANGED if row == before else Outcome.CHANGED
            if row != before:
                report.changed[line] = tuple(columns[one] for one in values if row[one] != before[one])
        if row != before:
            different.append(row)
    put(connection, table, different)
    return different


def known_by(
    connection: sa.Connection, table: sa.Table, column: str, library: str, values: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The library's rows of `table` whose `column` is one of `values`, by that column."""
    known: dict[str, dict[str, Any]] = {}
    for start in range(0, len(values), _CHUNK):
        chosen = table.c[column].in_(values[start : start + _CHUNK])
        rows = connection.execute(sa.select(table).where(table.c.library_id == library, chosen))
        known.update({row[column]: dict(row) for row in rows.mappings()})
    return known


def without_lost_zeros(
    connection: sa.Connection, table: sa.Table, key: Column, library: str, rows: Sequence[Row], report: Report
) -> list[Row]:
    """`rows` but those whose number is known with zeros in front of it: `123` where `000123` is in the library."""
    if not any(key.field in row.numbers for row in rows):
        return list(rows)
    column = table.c[key.field]
    known = set(connection.scalars(sa.select(column).where(table.c.library_id == library)))
    longer = {code.lstrip("0"): code for code in known if code.startswith("0")}
    kept = []
    for row in rows:
        value = row.values[key.field]
        if key.field in row.numbers and value in longer and value not in known:
            cell = row.cells.get(key.field)
            report.skip(row.line, "zeros_known", cell, column=key.header, value=value, known=longer[value])
        else:
            kept.append(row)
    return kept
