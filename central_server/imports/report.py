"""The report of an import: what became of each line, and everything that a person should know about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from central_server.imports.page_sentences import sentence_on_page
from central_server.imports.sentences import Language, sentence, word

# More findings of one kind than this are told together, in the report for people.
_MOST_ALIKE = 10


class Outcome(StrEnum):
    TAKEN = "taken"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


class Line(NamedTuple):
    """`number` counts from 1 as an editor and Excel do, 0 is a whole sheet; `sheet` is empty where there are none."""

    number: int
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` `None`: about the whole file. `cell` is like `C7`. A problem is what a person should mend."""

    line: Line | None
    cell: str | None
    code: str
    sentence: str
    is_problem: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns were found in line `line`: the header in the file and what it was taken for."""

    line: Line
    read: dict[str, str]
    left_out: list[str]


@dataclass
class Report:
    """Of one file. Unless `readable`, nothing of it was imported; in a `dry_run` nothing ever is. `of_records`: its
    lines are the records of a file that has no lines. `on_page`: a form is pointed to, not the words of a command."""

    kind: str
    library: str
    file: str
    language: Language = "vi"
    dry_run: bool = False
    readable: bool = True
    outcomes: dict[Line, Outcome] = field(default_factory=dict)
    # What is different in the lines that changed something, in the words of the columns.
    changed: dict[Line, tuple[str, ...]] = field(default_factory=dict)
    columns: list[Columns] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    of_records: bool = False
    on_page: bool = False

    def note(self, code: str, line: Line | None = None, cell: str | None = None, **values: object) -> None:
        """Something to know; nothing was left out for it but what the sentence says."""
        self._find(code, line, cell, values, is_problem=False)

    def skip(self, line: Line, code: str, cell: str | None = None, **values: object) -> None:
        """The line is left out."""
        self.outcomes[line] = Outcome.SKIPPED
        self._find(code, line, cell, values, is_problem=True)

    def trouble(self, line: Line, code: str, cell: str | None = None, **values: object) -> None:
        """Part of the line is left out, the rest of it is taken."""
        self._find(code, line, cell, values, is_problem=True)

    def refuse(self, code: str, line: Line | None = None, cell: str | None = None, **values: object) -> None:
        """The whole file is left out."""
        self.readable = False
        self._find(code, line, cell, values, is_problem=True)

    def word(self, code: str) -> str:
        """A single word in the language of the report."""
        return word(code, self.language)

    @property
    def exit_code(self) -> int:
        """0: every line was taken; 1: some were skipped, or a part of them; 2: nothing could be read."""
        if not self.readable:
            return 2
        return 1 if any(one.is_problem for one in self.findings) else 0

    def counts(self) -> dict[str, int]:
        """How many lines had each outcome."""
        counts = dict.fromkeys([one.value for one in Outcome], 0)
        for outcome in self.outcomes.values():
            counts[outcome.value] += 1
        return counts

    def as_json(self) -> dict[str, Any]:
        """The report for programs. `sheet` and `cell` are there where a file has them."""
        return {
            "kind": self.kind,
            "library": self.library,
            "file": self.file,
            "read": self.readable,
            "dry_run": self.dry_run,
            "counts": self.counts(),
            "columns": [_place(one.line) | {"read": one.read, "left_out": one.left_out} for one in self.columns],
            "lines": [self._outcome(line) for line in self._in_order(self.outcomes)],
            "problems": [_finding(one) for one in self.findings if one.is_problem],
            "notes": [_finding(one) for one in self.findings if not one.is_problem],
        }

    def as_text(self) -> str:
        """The report for people: everything found, in the order of the lines, then which lines had which outcome."""
        lines = [self.word("dry_run")] if self.dry_run else []
        if self.dry_run:
            lines += [self._columns_as_text(one) for one in self.columns]
        lines += self._findings_as_text()
        if not self.readable:
            return "\n".join([*lines, self.word("nothing")])
        return "\n".join([*lines, *self.outcomes_as_text()])

    def outcomes_as_text(self) -> list[str]:
        """Which lines had which outcome, with what was changed in them."""
        lines = []
        for outcome in Outcome:
            chosen = [line for line, one in self.outcomes.items() if one is outcome]
            for what in dict.fromkeys(self.changed.get(line, ()) for line in chosen):
                alike = [line for line in chosen if self.changed.get(line, ()) == what]
                name = self.word(outcome.value) + (f" ({', '.join(what)})" if what else "")
                lines.append(f"{name}: {len(alike)} ({self._ranges(alike)})")
        return lines

    def in_order(self) -> list[Finding]:
        """Everything found, in the order of the lines."""
        rank = {
            line: place for place, line in enumerate(self._in_order({one.line for one in self.findings if one.line}))
        }
        return sorted(self.findings, key=lambda one: rank[one.line] if one.line else -1)

    def where(self, one: Finding) -> str:
        """Where that is, as a person says it."""
        return self._where(one).removesuffix(": ")

    def _findings_as_text(self) -> list[str]:
        met: dict[str, list[Line]] = {}
        lines = []
        for one in self.in_order():
            alike = met.setdefault(one.code, [])
            alike.append(one.line or Line(0))
            if len(alike) <= _MOST_ALIKE:
                lines.append(f"{self.file}: {self._where(one)}{one.sentence}")
        for alike in met.values():
            if more := alike[_MOST_ALIKE:]:
                code = "and_more_records" if self.of_records else "and_more"
                said = sentence(code, self.language, count=len(more), where=self._ranges(more), like=alike[0].number)
                lines.append(f"{self.file}: {said}")
        return lines

    def _columns_as_text(self, columns: Columns) -> str:
        pairs = [one if one == field else f"{one} → {field}" for one, field in columns.read.items()]
        left_out = f"; {self.word('left_out')}: {', '.join(columns.left_out)}" if columns.left_out else ""
        where = self._where(Finding(columns.line, None, "", "", is_problem=False))
        return f"{self.file}: {where}{self.word('columns')}: {', '.join(pairs)}{left_out}."

    def _where(self, one: Finding) -> str:
        if one.line is None:
            return ""
        sheet = [f"{self.word('sheet')} “{one.line.sheet}”"] if one.line.sheet else []
        name = self.word("record" if self.of_records else "line")
        line = [f"{name} {one.line.number}"] if one.line.number else []
        cell = f" ({one.cell})" if one.cell else ""
        return f"{', '.join(sheet + line)}{cell}: "

    def _ranges(self, lines: Iterable[Line]) -> str:
        """Which lines these are: `dòng 2–4, 9`, for each sheet."""
        parts = []
        for sheet, of_sheet in groupby(self._in_order(lines), key=lambda line: line.sheet):
            name = f"“{sheet}” " if sheet else ""
            what = self.word("records" if self.of_records else "lines")
            parts.append(f"{name}{what} {_ranges([line.number for line in of_sheet])}")
        return "; ".join(parts)

    def _in_order(self, lines: Iterable[Line]) -> list[Line]:
        """As the file has them: sheets in the order in which they were read."""
        sheets = {one.line.sheet: place for place, one in reversed(list(enumerate(self.columns)))}
        return sorted(lines, key=lambda line: (sheets.get(line.sheet, -1), line))

    def _outcome(self, line: Line) -> dict[str, Any]:
        said = _place(line) | {"outcome": self.outcomes[line].value}
        return said | {"changed": list(self.changed[line])} if line in self.changed else said

    def _find(
        self, code: str, line: Line | None, cell: str | None, values: dict[str, object], *, is_problem: bool
    ) -> None:
        say = sentence_on_page if self.on_page else sentence
        said = say(code, self.language, **values)
        self.findings.append(Finding(line, cell, code, said, is_problem))


def _place(line: Line | None) -> dict[str, Any]:
    place: dict[str, Any] = {"line": line.number or None if line else None}
    return place | {"sheet": line.sheet} if line and line.sheet else place


def _finding(one: Finding) -> dict[str, Any]:
    said = _place(one.line) | ({"cell": one.cell} if one.cell else {})
    return said | {"code": one.code, "sentence": one.sentence}


def _ranges(numbers: Sequence[int]) -> str:
    """`[2, 3, 4, 9]` as `2–4, 9`."""
    parts: list[str] = []
    start = end = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == end + 1:
            end = number
            continue
        parts.append(str(start) if start == end else f"{start}–{end}")
        start = end = number
    return ", ".join(parts)
