"""The report of an import: what became of each line, and everything that a person should know about it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from central_server.imports.sentences import Language, sentence, word


class Outcome(StrEnum):
    TAKEN = "taken"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` counts from 1 as an editor does; `None`: about the whole file. A problem is what a person should mend."""

    line: int | None
    code: str
    sentence: str
    is_problem: bool


@dataclass
class Report:
    """Of one file. Unless `readable`, nothing of it was imported."""

    kind: str
    library: str
    file: str
    language: Language = "vi"
    readable: bool = True
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, line: int | None = None, **values: object) -> None:
        """Something to know; nothing was left out for it but what the sentence says."""
        self._find(code, line, values, is_problem=False)

    def skip(self, line: int, code: str, **values: object) -> None:
        """The line is left out."""
        self.outcomes[line] = Outcome.SKIPPED
        self._find(code, line, values, is_problem=True)

    def refuse(self, code: str, line: int | None = None, **values: object) -> None:
        """The whole file is left out."""
        self.readable = False
        self._find(code, line, values, is_problem=True)

    def word(self, code: str) -> str:
        """A single word in the language of the report."""
        return word(code, self.language)

    @property
    def exit_code(self) -> int:
        """0: every line was taken; 1: some were skipped; 2: nothing could be read."""
        if not self.readable:
            return 2
        return 1 if Outcome.SKIPPED in self.outcomes.values() else 0

    def counts(self) -> dict[str, int]:
        """How many lines had each outcome."""
        counts = dict.fromkeys([one.value for one in Outcome], 0)
        for outcome in self.outcomes.values():
            counts[outcome.value] += 1
        return counts

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "kind": self.kind,
            "library": self.library,
            "file": self.file,
            "read": self.readable,
            "counts": self.counts(),
            "lines": [{"line": line, "outcome": self.outcomes[line].value} for line in sorted(self.outcomes)],
            "problems": [_finding(one) for one in self.findings if one.is_problem],
            "notes": [_finding(one) for one in self.findings if not one.is_problem],
        }

    def as_text(self) -> str:
        """The report for people: everything found, in the order of the lines, then which lines had which outcome."""
        lines = []
        for one in sorted(self.findings, key=lambda one: one.line or 0):
            place = f"{self.word('line')} {one.line}: " if one.line else ""
            lines.append(f"{self.file}: {place}{one.sentence}")
        if not self.readable:
            return "\n".join([*lines, self.word("nothing")])
        for outcome in Outcome:
            chosen = sorted(line for line, one in self.outcomes.items() if one is outcome)
            if chosen:
                lines.append(f"{self.word(outcome.value)}: {len(chosen)} ({self.word('lines')} {_ranges(chosen)})")
        return "\n".join(lines)

    def _find(self, code: str, line: int | None, values: dict[str, object], *, is_problem: bool) -> None:
        self.findings.append(Finding(line, code, sentence(code, self.language, **values), is_problem))


def _finding(one: Finding) -> dict[str, Any]:
    return {"line": one.line, "code": one.code, "sentence": one.sentence}


def _ranges(numbers: list[int]) -> str:
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
