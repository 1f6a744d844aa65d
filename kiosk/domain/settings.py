"""Cài đặt: what a librarian may change at the desk, by names that the centre knows too (docs/protocol.md, `settings`).

A value is a text. One that cannot be read, wherever it comes from, counts as not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeVar

from kiosk.domain.due_dates import Calendar, Closure
from kiosk.domain.findings import Sentence, as_is, text
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.staff import Role

NO_LIMIT: Final = "none"
AS_SET_UP: Final = ""
"""The default of what kiosk.toml says."""


class BadValue(ValueError):
    """No value of this kind. `Kind.hint` says what would be one."""


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """`has_none`: NO_LIMIT is a value too, read as None."""

    least: int
    most: int
    has_none: bool = False

    def read(self, words: str) -> int | None:
        if self.has_none and words == NO_LIMIT:
            return None
        if not re.fullmatch("[0-9]{1,6}", words) or not self.least <= int(words) <= self.most:
            raise BadValue(words)
        return int(words)

    def write(self, value: int | None) -> str:
        return NO_LIMIT if value is None else str(value)

    @property
    def hint(self) -> Sentence:
        return text("A whole number from {least} to {most}.", least=self.least, most=self.most)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, each with what it means."""

    ways: Mapping[str, Sentence]

    def read(self, words: str) -> str:
        if words not in self.ways:
            raise BadValue(words)
        return words

    def write(self, value: str) -> str:
        return value

    @property
    def hint(self) -> Sentence:
        return text("Choose one of these.")


@dataclass(frozen=True, slots=True)
class Days:
    """Days and spans of days, "2026-11-20, 2027-02-01..2027-02-14"; read also as people write them, "20/11/2026,
    1/2/2027 - 14/2/2027"."""

    most: int = 60

    def read(self, words: str) -> tuple[Closure, ...]:
        spans = [one for one in re.split("[,;]", words) if one.strip()]
        if len(spans) > self.most:
            raise BadValue(words)
        return tuple(_span(one) for one in spans)

    def write(self, value: tuple[Closure, ...]) -> str:
        return ", ".join(
            one.first.isoformat() + (f"..{one.last.isoformat()}" if one.last > one.first else "") for one in value
        )

    @property
    def hint(self) -> Sentence:
        return text("Days like 20/11/2026 or 01/02/2027-14/02/2027, with commas between them.")


Kind = WholeNumber | Choice | Days
Value = int | str | tuple[Closure, ...] | None


@dataclass(frozen=True, slots=True)
class Setting:
    """`default`: what holds where nobody has set it, or AS_SET_UP. `who` may change it, and who may do all that they
    may. `of`: whose it is, by the categories and types of the library as it calls them; "": everybody's."""

    name: str
    kind: Kind
    default: str
    title: Sentence
    explanation: Sentence
    who: Role = Role.LIBRARIAN
    of: str = ""

    def value(self, settings: Mapping[str, str]) -> Value:
        """What holds with these; None: AS_SET_UP, or no limit."""
        value = _readable(self.kind, self.holding(settings))
        return value[0] if value else None

    def holding(self, settings: Mapping[str, str]) -> str:
        """The same as a text. A default is what the rules say, beyond the bounds of what may be chosen here too."""
        words = settings.get(self.name)
        return words if words is not None and _readable(self.kind, words) else self.default


CLOSED: Final = Setting(
    "closed",
    Days(),
    "",
    text("Closed days"),
    text("Days on which the library is closed, beside those that the centre knows. No book is due on one of them."),
)
LANGUAGE: Final = Setting(
    "session.language",
    Choice({"vi": as_is("Tiếng Việt"), "en": as_is("English")}),
    AS_SET_UP,
    text("Language of the screen"),
    text("What the station speaks until a reader chooses another language."),
)
IDLE: Final = Setting(
    "session.idle_s",
    WholeNumber(10, 300),
    AS_SET_UP,
    text("Seconds untouched"),
    text("After so many seconds the station asks whether somebody is still there."),
)
VOLUME: Final = Setting(
    "sound.volume",
    WholeNumber(0, 100),
    AS_SET_UP,
    text("Loudness"),
    text("How loud the station is: 0 is silent, 100 is as loud as it can be."),
)
CARD_PROOF: Final = Setting(
    "card_proof",
    Choice(
        {
            "none": text("The card is enough"),
            "pin": text("A PIN each time"),
            "pin_on_camera": text("A PIN if read by camera"),
        }
    ),
    "none",
    text("Whose card it is"),
    text("Whether a reader types a PIN too, so that nobody borrows with a photo of a card."),
)
SELF_RETURN: Final = Setting(
    "self_return",
    Choice({"recorded": text("Done at once"), "to_check": text("Somebody looks at the book later")}),
    "recorded",
    text("Returns by readers"),
    text("Whether a return is done when the reader has scanned the book, or when somebody has seen it."),
)
OF_THE_STATION: Final = (CLOSED, LANGUAGE, IDLE, VOLUME, CARD_PROOF, SELF_RETURN)

_LIMITS: Final[Mapping[str, WholeNumber]] = {"total": WholeNumber(0, 100), "per_day": WholeNumber(1, 100, True)}
_POLICY: Final[Mapping[str, WholeNumber]] = {
    "days": WholeNumber(1, 365),
    "limit": WholeNumber(0, 100),
    "renewals": WholeNumber(0, 20),
}


def all_settings(rules: CirculationRules) -> tuple[Setting, ...]:
    """Every setting of a library with these rules, which say what holds where nobody has set it."""
    return (
        *OF_THE_STATION,
        *(
            _of_limits(rules, who, field, kind, of)
            for who, of in rules.limits.items()
            for field, kind in _LIMITS.items()
        ),
        *(
            _of_policy(rules, who, what, field, kind, of)
            for (who, what), of in rules.policies.items()
            if not of.in_house_only
            for field, kind in _POLICY.items()
        ),
    )


def bad_settings(rules: CirculationRules, settings: Mapping[str, str]) -> tuple[str, ...]:
    """The names whose texts cannot be read, so that they count as not set. A name that nobody knows is none of them: a
    newer program may know it."""
    known = {one.name: one.kind for one in all_settings(rules)}
    return tuple(name for name, words in settings.items() if name in known and not _readable(known[name], words))


def overlay(
    rules: CirculationRules, calendar: Calendar, settings: Mapping[str, str]
) -> tuple[CirculationRules, Calendar]:
    """The rules and the calendar that hold with these settings. Closed days come on top of
    the centre's own, which have a name and stay; those without one were chosen at a desk before."""
    limits = {who: _laid_over(of, f"limits.{who}", _LIMITS, settings) for who, of in rules.limits.items()}
    policies = {
        (who, what): _laid_over(of, f"policy.{who}.{what}", _POLICY, settings)
        for (who, what), of in rules.policies.items()
    }
    if limits != rules.limits or policies != rules.policies:
        rules = replace(rules, limits=limits, policies=policies)
    closed = _readable(CLOSED.kind, settings[CLOSED.name]) if CLOSED.name in settings else None
    if closed and isinstance(closed[0], tuple):
        named = (one for one in calendar.closures if one.name)
        calendar = replace(calendar, closures=(*named, *closed[0]))
    return rules, calendar


_Laid = TypeVar("_Laid", PatronLimits, LoanPolicy)


def _laid_over(of: _Laid, prefix: str, fields: Mapping[str, WholeNumber], settings: Mapping[str, str]) -> _Laid:
    found: dict[str, Any] = {
        field: value[0]
        for field, kind in fields.items()
        if (words := settings.get(f"{prefix}.{field}")) is not None and (value := _readable(kind, words))
    }
    return replace(of, **found) if found else of


def _readable(kind: Kind, words: str) -> tuple[Value] | None:
    """The value alone in a tuple, for None is a value; None: it cannot be read."""
    try:
        return (kind.read(words),)
    except BadValue:
        return None


def _of_limits(rules: CirculationRules, who: str, field: str, kind: WholeNumber, of: PatronLimits) -> Setting:
    if field == "total":
        title = text("Books at a time")
        explanation = text("How many books one of these readers may have at the same time, of all types together.")
    else:
        title = text("Books in one day")
        explanation = text(
            "How many books one of these readers may borrow in one day. What came back the same day does not count."
        )
    default = kind.write(getattr(of, field))
    return Setting(f"limits.{who}.{field}", kind, default, title, explanation, of=rules.named(who))


def _of_policy(rules: CirculationRules, who: str, what: str, field: str, kind: WholeNumber, of: LoanPolicy) -> Setting:
    match field:
        case "days":
            title = text("Days to read")
            explanation = text(
                "For how many days these readers borrow a book of this type. Where the library is closed on the last "
                "one, it is due when it opens again."
            )
        case "limit":
            title = text("Books of one type")
            explanation = text("How many books of this type one of these readers may have at the same time.")
        case _:
            title = text("Renewals")
            explanation = text("How many times these readers may renew a book of this type.")
    name, default = f"policy.{who}.{what}.{field}", kind.write(getattr(of, field))
    return Setting(name, kind, default, title, explanation, of=f"{rules.named(who)}, {rules.named(what)}")


_DAY: Final = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})"
_SPAN: Final = re.compile(rf"\s*({_DAY})(?:\s*(?:\.\.|-|–)\s*({_DAY}))?\s*", re.ASCII)
_LONGEST_SPAN: Final = 366  # days, as in kiosk.domain.due_dates


def _span(words: str) -> Closure:
    match = _SPAN.fullmatch(words)
    if match is None:
        raise BadValue(words)
    first, last = _day(match[1]), _day(match[2] or match[1])
    if not 0 <= (last - first).days < _LONGEST_SPAN or not 2000 <= first.year <= 2199:
        raise BadValue(words)
    return Closure(first, last)


def _day(words: str) -> date:
    try:
        if "/" in words:
            day, month, year = map(int, words.split("/"))
            return date(year, month, day)
        return date.fromisoformat(words)
    except ValueError as error:
        raise BadValue(words) from error
