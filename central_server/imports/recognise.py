"""Telling in which alphabet Vietnamese text is: the right one makes syllables of its words, the others do not."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from central_server.imports.cells import Cell, Kind, Record, Sheet
from central_server.imports.legacy import Legacy, decode, of_font
from central_server.imports.report import Line, Report
from central_server.imports.syllables import is_vietnamese

_FEWEST_WORDS = 3
_GOOD_SHARE = 0.75
_CLEAR_LEAD = 0.3
# So much more of one alphabet in a column decides of its cells that could be either.
_CLEARLY_MORE = 3
_IN_CELLS = (Legacy.TCVN3, Legacy.VNI)
_GAPS = re.compile(r"[\s\x00-@\[-`{-~]+")
_UNICODE_LETTER = re.compile("[\u0102-\u01b0\u0300-\u036f\u1ea0-\u1ef9]")
# Not « and »: they are letters of TCVN3.
_PUNCTUATION = "‘’“”–—…"


def recognise(text: str) -> Legacy | None:
    """The alphabet of `text`, which is seen as Windows-1252; `None` when it is not sure."""
    words = set(_words(text))
    if len(words) < _FEWEST_WORDS:
        return None
    shares = {alphabet: sum(_fits(word, alphabet) for word in words) / len(words) for alphabet in Legacy}
    best, second = sorted(shares, key=lambda one: shares[one], reverse=True)[:2]
    is_clear = shares[best] >= _GOOD_SHARE and shares[best] - shares[second] >= _CLEAR_LEAD
    return best if is_clear else None


def has_unicode_letters(text: str) -> bool:
    """Whether `text` has letters that no alphabet from before Unicode has."""
    return _UNICODE_LETTER.search(text) is not None


def mend(sheet: Sheet, forced: Legacy | None, report: Report) -> None:
    """Put cells that hold an old alphabet into Unicode, and say so; cells that could be either become `UNCERTAIN`.

    Such cells come from workbooks with the old fonts, and from files that were saved as UTF-8 with them. What a column
    mostly is decides of its cells that could be either. `forced`: a person said what is not plainly Unicode.
    """
    columns: dict[int, _Column] = {}
    for record in sheet.records:
        for place, cell in (record.cells or {}).items():
            if cell.kind is Kind.TEXT and not cell.text.isascii():
                columns.setdefault(place, _Column()).add(record, place, cell)
    evidence = sum((one.evidence for one in columns.values()), Counter[Legacy]())
    if not forced and not evidence:
        return
    alphabet = forced or evidence.most_common(1)[0][0]
    if not forced and not _is_enough(columns.values(), alphabet):
        return
    unicode = sum(one.unicode for one in columns.values())
    told = _Told()
    for column in columns.values():
        own = column.evidence[alphabet]
        is_old = True if forced else _is_clear(own, column.unicode, evidence[alphabet], unicode)
        column.settle(alphabet, is_old, told, forced=forced is not None)
    if told.count:
        where = Line(0, sheet.name) if sheet.is_excel else None
        example = {"at": told.line, "before": told.before, "after": told.after}
        report.note("converted", where, None, name=alphabet.label, count=told.count, **example)


@dataclass
class _Told:
    """What the report says of a conversion; its example is the second cell, for the first is a header."""

    count: int = 0
    line: int = 0
    before: str = ""
    after: str = ""


@dataclass
class _Column:
    evidence: Counter[Legacy] = field(default_factory=Counter)
    unicode: int = 0
    has_font: bool = False
    # Cells that are old, those that could be either, and those with words that are Vietnamese in neither.
    old: list[tuple[Record, int]] = field(default_factory=list)
    either: list[tuple[Record, int]] = field(default_factory=list)
    foreign: list[tuple[Record, int]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)

    def add(self, record: Record, place: int, cell: Cell) -> None:
        if _UNICODE_LETTER.search(cell.text):
            self.unicode += 1
            return
        words = _words(cell.text)
        if font := of_font(cell.font):
            self.evidence[font] += 1
            self.has_font = True
            self.old.append((record, place))
            return
        strange = [word for word in words if not is_vietnamese(word)]
        if any(_fits(word, one) for word in strange for one in _IN_CELLS):
            self.evidence.update(one for one in _IN_CELLS if all(_fits(word, one) for word in words))
            self.words.update(strange)
            self.old.append((record, place))
        elif strange:
            self.foreign.append((record, place))
        elif words:
            self.unicode += not any(all(_fits(word, one) for word in words) for one in _IN_CELLS)
            self.either.append((record, place))

    def settle(self, alphabet: Legacy, is_old: bool | None, told: _Told, *, forced: bool) -> None:
        """Convert what is old; `is_old` tells of the cells that could be either, `None`: nobody knows."""
        converted: list[tuple[Record, int]] = []
        unsure = [] if is_old is not None else list(self.either)
        for record, place in self.old:
            sure = forced or _is_in((record.cells or {})[place], alphabet)
            (converted if sure else unsure).append((record, place))
        if is_old:
            converted += self.either
            (converted if forced else unsure).extend(self.foreign)
        for record, place in converted:
            cells = record.cells or {}
            cell = cells[place]
            cells[place] = Cell(decode(cell.text, of_font(cell.font) or alphabet, cell.font))
            told.count += 1
            if told.count <= 2:
                told.line, told.before, told.after = record.line, cell.text, cells[place].text
        for record, place in unsure:
            (record.cells or {})[place] = Cell("", Kind.UNCERTAIN)


def _is_in(cell: Cell, alphabet: Legacy) -> bool:
    """Whether its font or its words show that a cell is in `alphabet`, or its font that it is in another."""
    strange = [word for word in _words(cell.text) if not is_vietnamese(word)]
    return of_font(cell.font) is not None or any(_fits(word, alphabet) for word in strange)


def _is_enough(columns: Iterable[_Column], alphabet: Legacy) -> bool:
    """Whether a few odd words are more than that: a font says so, or several of them make syllables."""
    if any(one.has_font for one in columns):
        return True
    words = set().union(*(one.words for one in columns))
    return sum(_fits(word, alphabet) for word in words) >= _FEWEST_WORDS


def _is_clear(own: int, unicode: int, all_own: int, all_unicode: int) -> bool | None:
    # A column without any evidence is what the sheet is.
    old, new = (own, unicode) if own or unicode else (all_own, all_unicode)
    if old > new * _CLEARLY_MORE:
        return True
    return False if new > old * _CLEARLY_MORE else None


def _words(text: str) -> list[str]:
    """The words that are more than ASCII."""
    return [word for word in (part.strip(_PUNCTUATION) for part in _GAPS.split(text)) if not word.isascii()]


@lru_cache(maxsize=50_000)
def _fits(word: str, alphabet: Legacy) -> bool:
    return is_vietnamese(decode(word, alphabet))
