"""What a library has set (thiết lập): names with texts, which stations hear as `setting`.

Limits, periods and closed days are also laid into the rules and the calendar that they hear, so that there is one place
of truth. docs/protocol.md has the same names; a station knows them by itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import changes
from central_server.among import among
from central_server.cannot import CannotDo
from central_server.tables.library import as_imported, setting
from central_server.upsert import put as put_rows

KIND = "setting"
"""Of the changes; the id is the name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` `None`: it was taken back. `set_ms`: when somebody at the centre set it last, or took it back; 0:
    never."""

    name: str
    value: str | None
    fixed: bool
    set_ms: int


# --- what there is to set


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number. `or_none`: `none` means that there is none."""

    least: int
    most: int
    or_none: bool = False

    def __str__(self) -> str:
        return f"a number from {self.least} to {self.most}" + (", or none" if self.or_none else "")

    def read(self, text: str) -> int | None:
        """Raises `ValueError`."""
        if self.or_none and text == "none":
            return None
        if not re.fullmatch("[0-9]{1,6}", text) or not self.least <= int(text) <= self.most:
            raise ValueError(text)
        return int(text)


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"

    def read(self, text: str) -> str:
        """Raises `ValueError`."""
        if text not in self.words:
            raise ValueError(text)
        return text


@dataclass(frozen=True, slots=True)
class Days:
    """Days and spans of days, like `2026-11-20, 2027-02-01..2027-02-14`, or as people write them."""

    most: int

    def __str__(self) -> str:
        return f"up to {self.most} days like 20/11/2026 or spans like 01/02/2027-14/02/2027, with commas between them"

    def read(self, text: str) -> list[tuple[date, date]]:
        """The first and the last day of each. Raises `ValueError`."""
        spans = [_span(one) for one in re.split("[,;]", text) if one.strip()]
        if len(spans) > self.most:
            raise ValueError(text)
        return spans


_DAY = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})"
_SPAN = re.compile(rf"\s*({_DAY})(?:\s*(?:\.\.|-|–)\s*({_DAY}))?\s*", re.ASCII)
_LONGEST_DAYS = 366


def _span(text: str) -> tuple[date, date]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, last = _day(match[1]), _day(match[2] or match[1])
    if not 0 <= (last - first).days < _LONGEST_DAYS or not 2000 <= first.year <= 2199:
        raise ValueError(text)
    return first, last


def _day(text: str) -> date:
    if "/" in text:
        day, month, year = map(int, text.split("/"))
        return date(year, month, day)
    return date.fromisoformat(text)


_CLOSED = Days(60)
Value = Number | OneOf | Days

OF_STATIONS: dict[str, Value] = {
    "closed": _CLOSED,
    "session.language": OneOf(("vi", "en")),
    "session.idle_s": Number(10, 300),
    "sound.volume": Number(0, 100),
    "card_proof": OneOf(("none", "pin", "pin_on_camera")),
    "self_return": OneOf(("recorded", "to_check")),
}
# Named `limits.<category>.<column>` and `policy.<category>.<item type>.<column>`, as the rules have them.
OF_LIMITS: dict[str, Value] = {"total": Number(0, 100), "per_day": Number(1, 100, or_none=True)}
OF_POLICIES: dict[str, Value] = {"days": Number(1, 365), "limit": Number(0, 100), "renewals": Number(0, 20)}


def known(connection: sa.Connection, library: str) -> dict[str, Value]:
    """Everything that can be set in this library, in order."""
    rules = _told(connection, library, "circulation")
    return {name: value for name, value, _, _ in _of_rules(rules or {})} | OF_STATIONS


def fault_of(connection: sa.Connection, library: str, name: str, value: str) -> str | None:
    """Why `name` cannot be set to `value`, in a word of the protocol; `None`: it can."""
    found = known(connection, library).get(name)
    if found is None:
        return "unknown_setting"
    try:
        found.read(value)
    except ValueError:
        return "bad_value"
    return None


# --- what is set


def read(connection: sa.Connection, library: str) -> dict[str, Setting]:
    """What was set in the library, or taken back, by name."""
    rows = connection.execute(sa.select(setting).where(setting.c.library_id == library).order_by(setting.c.name))
    found = (Setting(row.name, row.value, row.fixed, row.set_ms) for row in rows)
    return {one.name: one for one in found}


def in_force(connection: sa.Connection, library: str) -> dict[str, str]:
    """What the rules that the stations hear say of each of their names, as it would be set."""
    rules = _told(connection, library, "circulation")
    values = ((name, part.get(column)) for name, _, part, column in _of_rules(rules or {}))
    return {name: "none" if value is None else str(value) for name, value in values}


def put(
    connection: sa.Connection,
    library: str,
    values: Mapping[str, str],
    *,
    now_ms: int,
    request: str | None = None,
    fixed: bool = False,
) -> None:
    """Set what can be set so (`fault_of`), and tell the stations. `request`: of the station that asked for it."""
    before = read(connection, library) if request else {}
    rows = [
        {
            "library_id": library,
            "name": name,
            "value": value,
            "fixed": fixed,
            "request_id": request,
            "set_ms": (before[name].set_ms if name in before else 0) if request else now_ms,
        }
        for name, value in values.items()
    ]
    put_rows(connection, setting, rows)
    _tell(connection, library, list(values))
    _tell_documents(connection, library)


def unset(connection: sa.Connection, library: str, name: str, *, now_ms: int) -> None:
    """Take back what was set, fixed or not, so that it is as if nobody had. Raises `CannotDo`."""
    known = read(connection, library).get(name)
    if known is None or known.value is None:
        raise CannotDo(f"Nothing was set for {name}; nothing was done.")
    kind = "calendar" if name == "closed" else "circulation" if name not in OF_STATIONS else None
    if kind and _imported(connection, library, kind) is None:
        raise CannotDo(
            f"What {name} was before is not known any more: import the {kind} once again, then take it back."
        )
    mine = (setting.c.library_id == library, setting.c.name == name)
    nothing = {"value": None, "fixed": False, "request_id": None, "set_ms": now_ms}
    connection.execute(sa.update(setting).where(*mine).values(nothing))
    _tell(connection, library, [name])
    _tell_documents(connection, library)


def unfix(connection: sa.Connection, library: str, name: str) -> None:
    """Let the stations change it again."""
    connection.execute(
        sa.update(setting).where(setting.c.library_id == library, setting.c.name == name).values(fixed=False)
    )
    _tell(connection, library, [name])


def _tell(connection: sa.Connection, library: str, names: list[str]) -> None:
    found = sa.select(setting).where(setting.c.library_id == library, among(setting.c.name, names))
    things = [
        changes.Thing(KIND, row.name, changes.NO_MORE if row.value is None else _published(row))
        for row in connection.execute(found.order_by(setting.c.name))
    ]
    changes.publish_if_different(connection, library, things)


def _published(row: Any) -> str:
    return msgspec.json.encode({"value": row.value, "fixed": row.fixed}).decode()


# --- the rules and the calendar


def keep(connection: sa.Connection, library: str, kind: str, document: dict[str, Any]) -> None:
    """Remember what the file said. `kind`: `circulation` or `calendar`."""
    row = {"library_id": library, "kind": kind, "data": msgspec.json.encode(document).decode()}
    put_rows(connection, as_imported, [row])


def laid_over(connection: sa.Connection, library: str, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """`document` as the stations are to hear it, with what the library has set. `kind`: `circulation` or `calendar`."""
    values = {name: one.value for name, one in read(connection, library).items() if one.value is not None}
    document = msgspec.json.decode(msgspec.json.encode(document))
    if kind == "circulation":
        for name, value, part, column in _of_rules(document):
            if name in values:
                part[column] = value.read(values[name])
    elif "closed" in values:
        # Those of the library's file have a name, and stay.
        named = [one for one in document["closed"] if one["name"]]
        spans = _CLOSED.read(values["closed"])
        more = [{"from": first.isoformat(), "to": last.isoformat(), "name": ""} for first, last in spans]
        document["closed"] = named + more
    return document


def _tell_documents(connection: sa.Connection, library: str) -> None:
    for kind in ("circulation", "calendar"):
        if document := _imported(connection, library, kind) or _told(connection, library, kind):
            data = msgspec.json.encode(laid_over(connection, library, kind, document)).decode()
            changes.publish_if_different(connection, library, [changes.Thing(kind, library, data)])


def _imported(connection: sa.Connection, library: str, kind: str) -> dict[str, Any] | None:
    mine = (as_imported.c.library_id == library, as_imported.c.kind == kind)
    text = connection.scalar(sa.select(as_imported.c.data).where(*mine))
    return msgspec.json.decode(text) if text else None


def _told(connection: sa.Connection, library: str, kind: str) -> dict[str, Any] | None:
    text = changes.current(connection, library, kind, library)
    return msgspec.json.decode(text) if text else None


def _of_rules(rules: dict[str, Any]) -> Iterator[tuple[str, Value, dict[str, Any], str]]:
    """Each name of a setting of `rules`, what it may be, and where it stands in them."""
    for category, limits in rules.get("limits", {}).items():
        for column, value in OF_LIMITS.items():
            yield f"limits.{category}.{column}", value, limits, column
    for policy in rules.get("policies", []):
        # What is read in the library has no period.
        if policy["in_house_only"]:
            continue
        for column, value in OF_POLICIES.items():
            yield f"policy.{policy['patron_category']}.{policy['item_type']}.{column}", value, policy, column
