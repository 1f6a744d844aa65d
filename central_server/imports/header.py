"""Finding the line that names the columns, and which column stands where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from central_server.imports.cells import Record, Sheet, letters_of
from central_server.imports.report import Columns, Line, Report
from central_server.imports.words import fold, meant, tidy

# Schools put their name, the year and the like above the table.
_LINES_SEARCHED = 30
_MOST_UNDER_A_HEADING = 4
_NATIONAL_NUMBER = re.compile(r"\b(dinh danh|cccd|cmnd|can cuoc|chung minh)\b")


@dataclass(frozen=True)
class Column:
    """A column that is read: `header` is what the report calls it, `aliases` (folded) are other names for it.

    In a `code` every zero counts; a `card` is a code that must not be a national number.
    """

    field: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    most_letters: int = 200
    kind: Literal["text", "code", "card", "date"] = "text"


@dataclass(frozen=True)
class Header:
    """`places`: of the columns that are read, by field; several where one heading stands over them. `first_line` is
    that of the data, `kept` are fields whose national numbers a person confirmed."""

    record: Record
    first_line: int
    places: dict[str, list[int]]
    strangers: dict[int, str]
    kept: frozenset[str]


def names_of(columns: Sequence[Column]) -> dict[str, str]:
    """What the report calls each field."""
    return {one.field: one.header for one in columns}


def column_named(header: str, columns: Sequence[Column]) -> Column | None:
    """The one of `columns` that `header` means."""
    return _by_name(tuple(columns)).get(fold(header))


@lru_cache
def _by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {name: one for one in reversed(columns) for name in (fold(one.header), fold(one.field), *one.aliases)}


def is_national(header: str) -> bool:
    """Whether a column with this header holds national numbers."""
    return _NATIONAL_NUMBER.search(fold(header)) is not None


def find_header(sheet: Sheet, columns: Sequence[Column]) -> Record | None:
    """The line in which most columns are known, or the first one; `None` in an empty sheet."""
    return max(sheet.records[:_LINES_SEARCHED], key=lambda one: known_columns(one, columns), default=None)


def known_columns(record: Record, columns: Sequence[Column]) -> int:
    """How many of `columns` a line names."""
    found = (column_named(cell.text, columns) for cell in (record.cells or {}).values())
    return len({one.field for one in found if one})


def read_header(
    sheet: Sheet, record: Record, columns: Sequence[Column], given: Sequence[str], keep: Sequence[str], report: Report
) -> Header | None:
    """Which column stands where; `None` when the report says what is missing.

    `given`: fields that need no column. `keep`: headers of columns whose national numbers a person wants for cards.
    """
    line = Line(record.line, sheet.name)
    if record.cells is None:
        report.refuse("quoting", line)
        return None
    kept_names = {fold(name) for name in keep}
    card = next((one for one in columns if one.kind == "card"), None)
    places: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    strangers: dict[int, str] = {}
    kept = set()
    # Two columns are under one heading where “Họ và tên” stands over the family name and the given name.
    merged = [one for one in sheet.merges if one.top <= record.line <= one.bottom]
    over = {one.left: one.right for one in merged}
    for place, cell in sorted(record.cells.items()):
        name = tidy(cell.text)
        is_kept = fold(name) in kept_names
        column = column_named(name, columns) or (card if is_kept and is_national(name) else None)
        if column is None:
            strangers[place] = name
            continue
        if column.field in places:
            report.refuse("double_column", line, first=names[column.field], second=name, column=column.header)
        if is_kept:
            kept.add(column.field)
        names[column.field] = name
        places[column.field] = list(range(place, min(over.get(place, place), place + _MOST_UNDER_A_HEADING - 1) + 1))
    missing = [one for one in columns if one.field not in [*places, *given]]
    _tell_missing(line, missing, strangers, report, is_any_known=bool(places))
    read = {names[one.field]: one.header for one in columns if one.field in places}
    report.columns.append(Columns(line, read, [name for name in strangers.values() if name]))
    if not report.readable:
        return None
    first_line = max([record.line, *(one.bottom for one in merged)]) + 1
    return Header(record, first_line, places, strangers, frozenset(kept))


def reference(places: Sequence[int], line: Line) -> str | None:
    """Like `C7`; `None` in a file whose columns have no letters."""
    return f"{letters_of(places[0])}{line.number}" if line.sheet and places else None


def _tell_missing(
    line: Line, missing: list[Column], strangers: dict[int, str], report: Report, *, is_any_known: bool
) -> None:
    left = [name for name in strangers.values() if name and not is_national(name)]
    needed = [one for one in missing if one.required]
    if needed and not is_any_known and not any(meant(one.header, left) for one in needed):
        report.refuse("other_list", columns=", ".join(f"“{one.header}”" for one in needed))
        return
    for column in missing:
        if column.required:
            found = meant(column.header, left)
            if found:
                left.remove(found)
                report.refuse("missing_column_meant", line, column=column.header, found=found)
            else:
                report.refuse("missing_column", line, column=column.header)
    told = {one for columns in report.columns for one in columns.left_out}
    for stranger in left:
        likely = meant(stranger, [one.header for one in missing])
        if stranger in told:
            continue  # an earlier sheet has it too
        if likely:
            report.note("unknown_column_meant", line, column=stranger, meant=likely)
        else:
            report.note("unknown_column", line, column=stranger)
