"""The cells of a workbook, read as a stream: memory grows with what is written in it, not with what it says to be.

SpreadsheetML as ECMA-376 part 1, 18.3 has it; sheets of any namespace, with or without places in rows and cells.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from defusedxml.ElementTree import XMLParser  # type: ignore[import-untyped]

from central_server.imports.cells import Cell, Kind, Merge, Record, Sheet
from central_server.imports.number_formats import padded, plain
from central_server.imports.report import Line, Report
from central_server.imports.xlsx_package import NotReadable, Package, Part, Style, open_package

MOST_CELLS = 1_000_000
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_MOST_LETTERS = 32_767
_MOST_MERGES = 100_000
_WORTH_SAYING = 1_000
_PLAIN = Style("General", False, "")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
# What a damaged or hostile part makes the unpacking, the parser (and its guard) and the numbers in it raise.
_DAMAGE = (BadZipFile, zlib.error, EOFError, ParseError, ValueError, KeyError, IndexError, NotImplementedError, OSError)


def read_workbook(raw: bytes, wanted: tuple[str, ...], report: Report) -> list[Sheet]:
    """The sheets of a workbook, or those that are `wanted`; nothing when the report says why not."""
    try:
        package = open_package(raw)
        parts = _chosen(package.parts, wanted)
        for remark in package.remarks:
            report.note(remark)
        strings = _strings(package)
        sheets = []
        left = MOST_CELLS
        for part in parts:
            sheet = _read_sheet(package, part, strings, left, report)
            left -= sum(len(record.cells or ()) for record in sheet.records)
            sheets.append(sheet)
    except NotReadable as found:
        report.refuse(found.code, None, None, **found.values)
    except _DAMAGE:
        report.refuse("broken_excel")
    else:
        return sheets
    return []


def _chosen(parts: list[Part], wanted: tuple[str, ...]) -> list[Part]:
    for name in wanted:
        if name not in [part.name for part in parts]:
            raise NotReadable("no_such_sheet", sheet=name, names=", ".join(f"“{part.name}”" for part in parts))
    return [part for part in parts if not wanted or part.name in wanted]


def _read_sheet(package: Package, part: Part, strings: list[str], most: int, report: Report) -> Sheet:
    target = _SheetTarget(package, strings, most)
    _parse(package.stream(part.path), target)
    line = Line(0, part.name)
    if target.formulas:
        report.note("formulas", line, count=target.formulas)
    if target.empty_rows >= _WORTH_SAYING:
        report.note("empty_rows", line, count=target.empty_rows)
    return Sheet(part.name, target.records, target.merges, part.is_hidden, package.day_of)


def _strings(package: Package) -> list[str]:
    target = _StringsTarget()
    if package.strings_path in package.archive.namelist():
        _parse(package.stream(package.strings_path), target)
    return target.strings


def _parse(pieces: Iterator[bytes], target: object) -> None:
    parser: Any = XMLParser(target=target, forbid_dtd=True)
    for piece in pieces:
        parser.feed(piece)
    parser.close()


class _TextTarget:
    """Collects the text of the elements in `texts`, but what only says how to pronounce it."""

    texts: tuple[str, ...] = ("t",)

    def __init__(self) -> None:
        self._text: list[str] = []
        self._letters = 0
        self._listens = False
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if name in self.texts:
            self._listens = not self._phonetic
        elif name == "rPh":
            self._phonetic = True
        else:
            self.begin(name, attributes)

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if name in self.texts:
            self._listens = False
        elif name == "rPh":
            self._phonetic = False
        else:
            self.finish(name)

    def data(self, text: str) -> None:
        if self._listens and self._letters <= _MOST_LETTERS:
            self._letters += len(text)
            self._text.append(text)

    def close(self) -> None:
        """Asked for by the parser."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def finish(self, name: str) -> None:
        raise NotImplementedError

    def taken(self) -> str:
        """What was collected since the last time."""
        if not self._text:
            return ""
        text = "".join(self._text)
        self._text.clear()
        self._letters = 0
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _StringsTarget(_TextTarget):
    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        pass

    def finish(self, name: str) -> None:
        if name == "si":
            self.strings.append(self.taken())


class _SheetTarget(_TextTarget):
    texts = ("v", "t")

    def __init__(self, package: Package, strings: list[str], most: int) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.merges: list[Merge] = []
        self.empty_rows = 0
        self.formulas = 0
        self._styles = package.styles
        self._day_of = package.day_of
        self._strings = strings
        self._left = most
        self._row = self._place = 0
        self._cells: dict[int, Cell] = {}
        self._type, self._style, self._is_formula = "n", _PLAIN, False
        self._places: dict[str, int] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "c":
                self._begin_cell(attributes)
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                if not 0 < self._row <= _MOST_ROWS:
                    raise NotReadable("broken_excel")
                self._place = -1
                self._cells = {}
            case "f":
                self._is_formula = True
            case "mergeCell":
                self._merge(attributes["ref"])

    def finish(self, name: str) -> None:
        if name == "c":
            cell = self._cell(self.taken())
            if cell is not None:
                self._cells[self._place] = cell
                self._left -= 1
                if self._left < 0:
                    raise NotReadable("too_many_cells", limit=MOST_CELLS)
        elif name == "row":
            if any(cell.text.strip() or cell.kind is not Kind.TEXT for cell in self._cells.values()):
                self.records.append(Record(self._row, self._cells, max(self._cells) + 1))
            else:
                self.empty_rows += 1

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        where = attributes.get("r")
        self._place = self._place_of(where.rstrip("0123456789")) if where else self._place + 1
        self._type = attributes.get("t", "n")
        style = int(attributes.get("s", 0))
        self._style = self._styles[style] if style < len(self._styles) else _PLAIN
        self._is_formula = False
        self.taken()

    def _cell(self, text: str) -> Cell | None:
        if self._is_formula:
            self.formulas += 1
            if not text:
                return Cell("", Kind.TEXT if self._type == "str" else Kind.NOT_COMPUTED)
        if not text:
            return None
        if len(text) > _MOST_LETTERS:
            return Cell("", Kind.TOO_LONG)
        match self._type:
            case "s":
                return Cell(self._strings[int(text)], font=self._style.font)
            case "n":
                return self._number(text)
            case "d":
                return Cell(text[:10], Kind.DATE)
            case "e":
                return Cell(text, Kind.ERROR)
            case "b":
                return Cell("TRUE" if text == "1" else "FALSE")
            case _:
                return Cell(text, font=self._style.font)

    def _number(self, text: str) -> Cell:
        number = plain(text)
        if self._style.is_date:
            day = self._day_of(number)
            return Cell(day.isoformat(), Kind.DATE) if day else Cell(number, Kind.NO_DATE)
        shown = padded(number, self._style.number_format)
        return Cell(shown) if shown else Cell(number, Kind.NUMBER)

    def _merge(self, reference: str) -> None:
        found = re.fullmatch(r"\$?([A-Z]+)\$?([0-9]+)(?::\$?([A-Z]+)\$?([0-9]+))?", reference)
        if not found or len(self.merges) >= _MOST_MERGES:
            raise NotReadable("broken_excel")
        left, top, right, bottom = found[1], found[2], found[3] or found[1], found[4] or found[2]
        self.merges.append(Merge(int(top), self._place_of(left), int(bottom), self._place_of(right)))

    def _place_of(self, letters: str) -> int:
        place = self._places.get(letters)
        if place is None:
            place = 0
            for letter in letters:
                place = place * 26 + ord(letter) - ord("A") + 1
            if not re.fullmatch("[A-Z]{1,3}", letters) or place > _MOST_COLUMNS:
                raise NotReadable("broken_excel")
            place -= 1
            self._places[letters] = place
        return place
