"""Merged cells below the header: a class written once for many pupils is every pupil's; a band across is a heading."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from central_server.imports.cells import Cell, Kind, Merge, Record, Sheet, letters_of
from central_server.imports.header import Column, Header
from central_server.imports.report import Line, Report


def fill(sheet: Sheet, header: Header, columns: Sequence[Column], report: Report) -> None:
    """Give each row what it shares, and say so; take out the bands. A code cannot be shared: its rows are refused."""
    by_place = {place: one for one in columns for place in header.places.get(one.field, ())}
    rows = {record.line: record for record in sheet.records if record.line >= header.first_line}
    lines = sorted(rows)
    bands = set()
    ends: dict[int, int] = {}
    for merge in sorted(sheet.merges):
        # Merged cells never overlap in a workbook of Excel's; where they do, it must not cost more than once.
        if merge.top not in rows or merge.top <= ends.get(merge.left, 0):
            continue
        ends[merge.left] = merge.bottom
        cells = rows[merge.top].cells or {}
        cell = cells.get(merge.left)
        column = by_place.get(merge.left)
        line = Line(merge.top, sheet.name)
        if merge.right > merge.left and list(cells) == [merge.left]:
            bands.add(merge.top)
            report.note("band", line, _reference(merge), value=cells[merge.left].text)
        elif cell is not None and column is not None and merge.bottom > merge.top:
            within = lines[bisect_left(lines, merge.top) : bisect_right(lines, merge.bottom)]
            _share(cell, column, merge, [rows[number] for number in within], line, report)
    sheet.records = [record for record in sheet.records if record.line not in bands]


def _share(cell: Cell, column: Column, merge: Merge, shared: list[Record], line: Line, report: Report) -> None:
    is_code = column.kind in ("code", "card")
    for record in shared:
        if record.cells is not None:
            record.cells[merge.left] = Cell("", Kind.SHARED_CODE) if is_code else cell
    if not is_code:
        report.note("filled_down", line, _reference(merge), column=column.header, value=cell.text, count=len(shared))


def _reference(merge: Merge) -> str:
    return f"{letters_of(merge.left)}{merge.top}:{letters_of(merge.right)}{merge.bottom}"
