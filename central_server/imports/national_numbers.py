"""National numbers (số định danh cá nhân, số CCCD): a library does not need them, so they are not taken in.

Decree 137/2015/NĐ-CP, article 13: three digits of the province, one of sex and century of birth, two of the year of
birth, six at random.
"""

import re
from collections.abc import Sequence

from central_server.imports.cells import Kind, Sheet
from central_server.imports.header import Column, Header, is_national, reference
from central_server.imports.report import Line, Report
from central_server.imports.words import tidy

# Provinces 001 to 096; sex and century are 0 to 3 until the year 2099.
_NUMBER = re.compile(r"0(0[1-9]|[1-8][0-9]|9[0-6])[0-3][0-9]{8}")
_DIGITS = 12
# A column of cards is refused as a whole when it holds mostly national numbers, and so many that it is no chance.
_MOSTLY = 0.8
_FEWEST = 3


def is_one(text: str) -> bool:
    """Whether `text` is formed as a national number."""
    return _NUMBER.fullmatch(text) is not None


def check_columns(sheet: Sheet, header: Header, columns: Sequence[Column], report: Report) -> None:
    """Say which columns with national numbers are dropped; refuse the file when its cards are such numbers."""
    line = Line(header.record.line, sheet.name)
    for place, name in header.strangers.items():
        share, count = _share(sheet, header, [place])
        if is_national(name) or (count and share >= _MOSTLY):
            report.note("national_number_column", line, reference([place], line), column=name)
    for column in columns:
        places = header.places.get(column.field, [])
        if column.kind == "card" and column.field not in header.kept:
            share, count = _share(sheet, header, places)
            if share >= _MOSTLY and count >= _FEWEST:
                name = tidy(header.record.cells[places[0]].text) if header.record.cells else column.header
                report.refuse("national_cards", line, reference(places, line), column=name, count=count)


def _share(sheet: Sheet, header: Header, places: Sequence[int]) -> tuple[float, int]:
    """How many of the cells are national numbers, as a share of those that are not empty and as a number.

    A number that lost its zeros, as in a cell of Excel, counts too.
    """
    filled = found = 0
    for record in sheet.records:
        cell = record.cells.get(places[0]) if record.cells and places else None
        if cell is not None and record.line >= header.first_line and (text := tidy(cell.text)):
            filled += 1
            found += is_one(text if sheet.is_excel and cell.kind is not Kind.NUMBER else _with_zeros(text))
    return (found / filled if filled else 0.0), found


def _with_zeros(text: str) -> str:
    """With the zeros that every number has in front; of two only where a pupil of Hà Nội (001) must be meant, for
    cards often have ten digits."""
    if len(text) == _DIGITS - 1:
        return f"0{text}"
    return f"00{text}" if re.fullmatch("1[23][0-9]{8}", text) else text
