"""From sheets of cells to the good rows of an import: what a cell may hold, and what a person is told of the others.

Nothing is guessed. A row is taken whole or refused with a reason: where zeros, letters or the meaning of a date were
lost before the file came here, only the people who have the original can tell.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from central_server.imports import national_numbers
from central_server.imports.cells import TROUBLES, Cell, Kind, Record, Sheet
from central_server.imports.dates import is_month_first, parse_date
from central_server.imports.header import Column, Header, reference
from central_server.imports.report import Line, Report
from central_server.imports.words import tidy

_EMPTY = Cell("")
_LOST_LETTER = re.compile(r"[A-Za-z]\?[a-z]|[A-Z]\?[A-Z]")
_MAYBE_LOST = re.compile(r"\w\?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line's tidied cells by field; only the columns that the file has.

    `cells` says where they stand (`C7`), `numbers` which of them came as numbers, so that zeros may be missing.
    """

    line: Line
    values: dict[str, str]
    cells: Mapping[str, str | None] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


class _Skip(Exception):
    """A row is refused; why is in the arguments of `Report.skip`."""

    def __init__(self, code: str, column: Column, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.values = values


@dataclass
class _Facts:
    """What all cells of a column tell of each of them."""

    width: int = 0
    month_first: bool = False
    lost_letters: bool = False


def good_rows(
    tables: Sequence[tuple[Sheet, Header]],
    columns: Sequence[Column],
    given: Mapping[str, str],
    numbers_as_shown: bool,
    report: Report,
) -> list[Row]:
    """The good rows of all sheets; the first of `columns` tells rows apart. `given` are the values of columns that a
    sheet does not have."""
    for sheet, header in tables:
        national_numbers.check_columns(sheet, header, columns, report)
    if not report.readable:
        return []
    facts = {one.field: _facts(one, tables) for one in columns}
    if numbers_as_shown:
        for one in facts.values():
            one.width = 0
    rows = []
    firsts: dict[str, Line] = {}
    key = columns[0]
    read_any = False
    for sheet, header in tables:
        idle = []
        for record in _data(sheet, header):
            if _is_idle(record, header):
                idle.append(record.line)
                continue
            read_any = True
            row = _row(record, sheet, header, columns, given, facts, report)
            if row is None:
                continue
            first = firsts.setdefault(row.values[key.field], row.line)
            if first != row.line:
                where = f"“{first.sheet}” {first.number}" if first.sheet else first.number
                cell = row.cells.get(key.field)
                report.skip(row.line, "duplicate_key", cell, column=key.header, first=where)
                continue
            rows.append(row)
        if idle:
            report.note("idle_lines", Line(idle[0], sheet.name), count=len(idle))
    if not read_any:
        report.refuse("no_lines")
    _tell_numbers(rows, columns, report)
    return [replace(row, numbers=frozenset()) for row in rows] if numbers_as_shown else rows


def _tell_numbers(rows: Sequence[Row], columns: Sequence[Column], report: Report) -> None:
    """Say which codes were numbers: where all lost as many zeros, nothing else shows it."""
    for column in columns:
        shown = [row.values[column.field] for row in rows if row.line.sheet and column.field in row.numbers]
        if shown:
            report.note("codes_are_numbers", column=column.header, count=len(shown), value=shown[0])


def _data(sheet: Sheet, header: Header) -> Iterable[Record]:
    return (record for record in sheet.records if record.line >= header.first_line)


def _is_idle(record: Record, header: Header) -> bool:
    """Whether nothing stands in the columns that are read: rows are often numbered before they are filled."""
    cells = record.cells
    if cells is None:
        return False
    places = (place for places in header.places.values() for place in places)
    return not any(place in cells and (cells[place].kind in TROUBLES or tidy(cells[place].text)) for place in places)


def _facts(column: Column, tables: Sequence[tuple[Sheet, Header]]) -> _Facts:
    facts = _Facts()
    for sheet, header in tables:
        places = header.places.get(column.field, ())
        for record in _data(sheet, header):
            for place in places:
                cell = (record.cells or {}).get(place, _EMPTY)
                if cell.text.isdigit() and (cell.kind is Kind.NUMBER or cell.text.startswith("0")):
                    facts.width = max(facts.width, len(cell.text))
                facts.month_first |= column.kind == "date" and is_month_first(cell.text)
                facts.lost_letters |= column.kind == "text" and _LOST_LETTER.search(cell.text) is not None
    return facts


def _row(
    record: Record,
    sheet: Sheet,
    header: Header,
    columns: Sequence[Column],
    given: Mapping[str, str],
    facts: Mapping[str, _Facts],
    report: Report,
) -> Row | None:
    """The cells of a line by field; `None`: the report says why it is skipped. Missing cells at the end are empty."""
    line = Line(record.line, sheet.name)
    if record.cells is None:
        report.skip(line, "quoting")
        return None
    width = header.record.width
    extra = [place for place, cell in record.cells.items() if place >= width and tidy(cell.text)]
    if extra and not sheet.is_excel:
        report.skip(line, "extra_cells", found=max(extra) + 1, expected=width)
        return None
    values: dict[str, str] = {}
    numbers = set()
    try:
        for column in columns:
            places = header.places.get(column.field)
            if places is None:
                if column.field in given:
                    values[column.field] = given[column.field]
                continue
            cells = [record.cells.get(place, _EMPTY) for place in places]
            parts = [_text(cell, column, sheet, facts[column.field]) for cell in cells]
            values[column.field] = _checked(" ".join(filter(None, parts)), column, facts[column.field])
            if column.kind == "date" and cells[0].kind is Kind.NUMBER:
                day = values[column.field]
                report.note("serial_date", line, reference(places, line), value=cells[0].text, day=day)
            if column.kind in ("code", "card"):
                is_number = [cell.kind is Kind.NUMBER or (not sheet.is_excel and cell.text.isdigit()) for cell in cells]
                numbers.update([column.field] if any(is_number) else [])
        for column in columns:
            is_free = column.kind != "card" or column.field in header.kept
            if not is_free and national_numbers.is_one(values[column.field]):
                raise _Skip("national_number", column)
    except _Skip as skip:
        cell = reference(header.places[skip.column.field], line)
        report.skip(line, skip.code, cell, column=skip.column.header, **skip.values)
        return None
    where = {one: reference(places, line) for one, places in header.places.items()}
    return Row(line, values, where, frozenset(numbers))


def _text(cell: Cell, column: Column, sheet: Sheet, facts: _Facts) -> str:
    """What a cell of `column` says, tidied. Raises `_Skip`."""
    if cell.kind in TROUBLES:
        raise _Skip(cell.kind.value, column, value=cell.text)
    if column.kind == "date":
        return _date(cell, column, sheet, facts)
    if cell.kind is Kind.DATE:
        raise _Skip("date_in_cell", column, value=cell.text)
    if column.kind in ("code", "card"):
        return _code(cell, column, sheet, facts)
    return tidy(cell.text)


def _code(cell: Cell, column: Column, sheet: Sheet, facts: _Facts) -> str:
    text = tidy(cell.text)
    is_number = cell.kind is Kind.NUMBER
    if is_number and not text.isdigit():
        raise _Skip("code_not_whole", column, value=text)
    if (is_number or not sheet.is_excel) and text.isdigit() and len(text) < facts.width:
        raise _Skip("zeros_lost", column, value=text, width=facts.width)
    return text


def _date(cell: Cell, column: Column, sheet: Sheet, facts: _Facts) -> str:
    text = tidy(cell.text)
    if cell.kind is Kind.NUMBER:
        day = sheet.day_of(text)
        if day is None or not 1990 <= day.year < 2100:
            raise _Skip("bad_date", column)
        return day.isoformat()
    if cell.kind is Kind.TEXT and facts.month_first and not is_month_first(text):
        day = parse_date(text)
        if day and day.day <= 12 and day.day != day.month and not re.match("[0-9]{4}", text):
            raise _Skip("ambiguous_date", column)
    return text


def _checked(text: str, column: Column, facts: _Facts) -> str:
    if not text.isprintable() and any(unicodedata.category(letter) == "Cc" for letter in text):
        raise _Skip("control_character", column)
    if "\ufffd" in text or (facts.lost_letters and _MAYBE_LOST.search(text)):
        raise _Skip("lost_letters", column)
    if len(text) > column.most_letters:
        raise _Skip("too_long", column, limit=column.most_letters)
    if column.required and not text:
        raise _Skip("missing_value", column)
    return text
