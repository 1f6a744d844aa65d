"""A CSV file as a school makes it, read line by line: one bad line never spoils the others."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from central_server.imports.report import Report
from central_server.imports.text_file import read_lines
from central_server.imports.words import fold, meant, tidy

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
# A cell may hold line ends, but a forgotten quotation mark must not swallow the rest of the file.
_MOST_LINES_IN_A_RECORD = 20
_NATIONAL_NUMBER = re.compile(r"\b(dinh danh|cccd|cmnd|can cuoc|chung minh)\b")


@dataclass(frozen=True)
class Column:
    """A column that is read: `header` is what the report calls it, `aliases` (folded) are other names for it."""

    field: str
    header: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    most_letters: int = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One line's tidied cells by field; only the columns that the file has."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str] | None


def read_csv(raw: bytes, columns: Sequence[Column], report: Report) -> list[Row]:
    """The good lines of a file; the report says what is wrong with the others. The first of `columns` is the key."""
    lines = read_lines(raw, report)
    if lines is None:
        return []
    start = 0
    delimiter = None
    if declared := re.fullmatch(r"sep=(.)\n?", lines[0]):  # Excel's own way of naming the delimiter
        start, delimiter = 1, declared[1]
    delimiter = delimiter or _delimiter(lines, columns)
    if delimiter != ",":
        known = _DELIMITERS.get(delimiter)
        report.note("delimiter", name=report.word(known) if known else delimiter)
    records = (one for one in _records(lines, start, delimiter) if one.cells is None or any(map(tidy, one.cells)))
    header = next(records, None)
    if header is None:
        report.refuse("empty_file")
        return []
    places = _places(header, columns, report)
    if places is None:
        return []
    width = len(header.cells or ())
    rows = []
    firsts: dict[str, int] = {}
    read_any = False
    for record in records:
        read_any = True
        row = _row(record, places, width, report)
        if row is None:
            continue
        key = columns[0]
        first = firsts.setdefault(row.values[key.field], row.line)
        if first != row.line:
            report.skip(row.line, "duplicate_key", column=key.header, first=first)
            continue
        rows.append(row)
    if not read_any:
        report.refuse("no_lines")
    return rows


def _records(lines: list[str], start: int, delimiter: str) -> Iterator[_Record]:
    """Record by record, each with the number of its first line; `cells` `None`: its quotation marks do not match."""
    at = start
    while at < len(lines):
        reader = csv.reader(islice(lines, at, at + _MOST_LINES_IN_A_RECORD), delimiter=delimiter, strict=True)
        try:
            cells = next(reader, [])
        except csv.Error:
            yield _Record(at + 1, None)
            at += 1
            continue
        yield _Record(at + 1, cells)
        at += max(reader.line_num, 1)


def _delimiter(lines: list[str], columns: Sequence[Column]) -> str:
    """The delimiter with which most names in the header are known."""

    def known(delimiter: str) -> int:
        header = next((one for one in _records(lines[:100], 0, delimiter) if any(one.cells or ())), None)
        cells = (header.cells if header else None) or []
        return sum(_column(cell, columns) is not None for cell in cells)

    return max(_DELIMITERS, key=known)


def _column(header: str, columns: Sequence[Column]) -> Column | None:
    folded = fold(header)
    return next((one for one in columns if folded in (fold(one.header), fold(one.field), *one.aliases)), None)


def _places(header: _Record, columns: Sequence[Column], report: Report) -> dict[int, Column] | None:
    """Which column stands at which place; `None` when the report says what is missing."""
    if header.cells is None:
        report.refuse("quoting", line=header.line)
        return None
    places: dict[int, Column] = {}
    strangers: list[str] = []
    for place, cell in enumerate(map(tidy, header.cells)):
        if column := _column(cell, columns):
            double = next((at for at, one in places.items() if one is column), None)
            if double is not None:
                first = tidy(header.cells[double])
                report.refuse("double_column", line=header.line, first=first, second=cell, column=column.header)
            places[place] = column
        elif _NATIONAL_NUMBER.search(fold(cell)):
            report.note("national_number_column", line=header.line, column=cell)
        elif cell:
            strangers.append(cell)
    missing = [one for one in columns if one not in places.values()]
    for column in missing:
        if column.required:
            found = meant(column.header, strangers)
            if found:
                strangers.remove(found)
                report.refuse("missing_column_meant", line=header.line, column=column.header, found=found)
            else:
                report.refuse("missing_column", line=header.line, column=column.header)
    for stranger in strangers:
        likely = meant(stranger, [one.header for one in missing])
        if likely:
            report.note("unknown_column_meant", line=header.line, column=stranger, meant=likely)
        else:
            report.note("unknown_column", line=header.line, column=stranger)
    return places if report.readable else None


def _row(record: _Record, places: dict[int, Column], width: int, report: Report) -> Row | None:
    """The cells of a line by field; `None`: the report says why it is skipped. Missing cells at the end are empty."""
    if record.cells is None:
        report.skip(record.line, "quoting")
        return None
    cells = [tidy(cell) for cell in record.cells]
    while len(cells) > width and not cells[-1]:
        cells.pop()
    if len(cells) > width:
        report.skip(record.line, "extra_cells", found=len(cells), expected=width)
        return None
    values = {}
    for place, column in places.items():
        cell = cells[place] if place < len(cells) else ""
        if any(unicodedata.category(letter) == "Cc" for letter in cell):
            report.skip(record.line, "control_character", column=column.header)
            return None
        if len(cell) > column.most_letters:
            report.skip(record.line, "too_long", column=column.header, limit=column.most_letters)
            return None
        if column.required and not cell:
            report.skip(record.line, "missing_value", column=column.header)
            return None
        values[column.field] = cell
    return Row(record.line, values)
