"""A CSV file as a school makes it, read line by line: one bad line never spoils the others."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from central_server.imports.cells import Cell, Record, Sheet
from central_server.imports.header import Column, known_columns
from central_server.imports.report import Report
from central_server.imports.text_file import Text, read_text
from central_server.imports.words import tidy

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
# A cell may hold line ends, but a forgotten quotation mark must not swallow the rest of the file.
_MOST_LINES_IN_A_RECORD = 20
_LINES_LOOKED_AT = 100
_NO_FORMULA = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def read_csv(raw: bytes, columns: Sequence[Column], encoding: str | None, report: Report) -> Sheet | None:
    """The lines of a file that are not empty; `None` when the report says why not."""
    text = read_text(raw, report, encoding)
    if text is None:
        return None
    start = 0
    delimiter = None
    if declared := re.fullmatch(r"sep=(.)\n?", text.lines[0]):  # Excel's own way of naming the delimiter
        start, delimiter = 1, declared[1]
    delimiter = delimiter or _delimiter(text, columns)
    if delimiter != ",":
        known = _DELIMITERS.get(delimiter)
        report.note("delimiter", name=report.word(known) if known else delimiter)
    records = list(_records(text, start, delimiter))
    if not records:
        report.refuse("empty_file")
        return None
    if text.alphabet:
        _tell_alphabet(text, start, delimiter, report)
    return Sheet("", records)


def _records(text: Text, start: int, delimiter: str) -> Iterator[Record]:
    """Record by record, each with the number of its first line."""
    for line, cells in _rows(text.lines, start, delimiter):
        if cells is None:
            yield Record(line, None, 0)
        elif any(map(tidy, cells)):
            filled = {place: Cell(_said(text.decode(cell))) for place, cell in enumerate(cells) if cell}
            yield Record(line, filled, len(cells))


def _said(cell: str) -> str:
    """Without the `'` by which our own files, like others, tell a spreadsheet that a cell is no formula."""
    return cell[1:] if _NO_FORMULA.match(cell) else cell


def _rows(lines: list[str], start: int, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    at = start
    while at < len(lines):
        reader = csv.reader(islice(lines, at, at + _MOST_LINES_IN_A_RECORD), delimiter=delimiter, strict=True)
        try:
            cells = next(reader, [])
        except csv.Error:
            yield at + 1, None
            at += 1
            continue
        yield at + 1, cells
        at += max(reader.line_num, 1)


def _delimiter(text: Text, columns: Sequence[Column]) -> str:
    """The delimiter with which a line names most columns."""
    first = Text(text.lines[:_LINES_LOOKED_AT], text.alphabet)

    def known(delimiter: str) -> int:
        return max((known_columns(record, columns) for record in _records(first, 0, delimiter)), default=0)

    return max(_DELIMITERS, key=known)


def _tell_alphabet(text: Text, start: int, delimiter: str, report: Report) -> None:
    rows = _rows(text.lines, start, delimiter)
    converted = [(line, cell) for line, cells in rows for cell in cells or () if not cell.isascii()]
    # The first such cell is one of the header.
    line, cell = converted[min(1, len(converted) - 1)]
    label = text.alphabet.label if text.alphabet else ""
    report.note("converted", name=label, count=len(converted), at=line, before=cell, after=text.decode(cell))
