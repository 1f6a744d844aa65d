"""A TOML file, checked key by key: everything unknown is named, with what was probably meant."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import fields

from central_server import changes, settings
from central_server.imports.report import Line, Outcome, Report
from central_server.imports.text_file import read_text
from central_server.imports.words import meant

S = TypeVar("S", bound=Struct)


def read_toml(
    raw: bytes,
    shape: type[S],
    tables: Mapping[str, type[Struct]],
    report: Report,
    normal: Callable[[str, Any], Any] = lambda key, value: value,
) -> S | None:
    """The file as a `shape`; `None` when the report says why not.

    `tables` says which keys each table may have: `""` the file itself, `"limits.*"` every table in `limits`, `"policy"`
    every `[[policy]]`. `normal(key, value)` may put a value into the form that `shape` wants.
    """
    text = read_text(raw, report)
    if text is None:
        return None
    if text.alphabet:
        report.note("converted_text", name=text.alphabet.label)
    lines = [text.decode(line) for line in text.lines]
    try:
        content = tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        report.refuse("bad_toml", Line(int(found[1])) if found else None, why=error)
        return None
    for name, table in tables.items():
        for where, part in _parts(content, name):
            _check_keys(part, where, table, lines, report)
    if not report.readable:
        return None
    try:
        return msgspec.convert(_normal(content, normal), shape)
    except msgspec.ValidationError as error:
        why, _, where = str(error).partition(" - at ")
        report.refuse("bad_value", where=where.strip("`").removeprefix("$.") or report.file, why=why)
        return None


def publish(connection: sa.Connection, library: str, kind: str, value: object, report: Report) -> None:
    """Tell the stations of `value`, the only thing of its `kind` in the library.

    In the report line 1 stands for the whole file.
    """
    known = changes.current(connection, library, kind, library)
    thing = changes.Thing(kind, library, msgspec.json.encode(value).decode())
    (different,) = changes.publish_if_different(connection, library, [thing])
    report.outcomes[Line(1)] = Outcome.UNCHANGED if not different else Outcome.CHANGED if known else Outcome.TAKEN
    if known and different:
        before, after = (dict(_leaves(msgspec.json.decode(text))) for text in (known, thing.data))
        keys = [key for key in before | after if before.get(key) != after.get(key)]
        report.changed[Line(1)] = tuple(f"{key}: {before.get(key, '–')} → {after.get(key, '–')}" for key in keys)


def publish_with_settings(connection: sa.Connection, library: str, kind: str, value: Struct, report: Report) -> None:
    """The same; what the library has set at its desks or at the centre holds over the file, and the report says so."""
    told = msgspec.to_builtins(value)
    settings.keep(connection, library, kind, told)
    laid = settings.laid_over(connection, library, kind, told)
    before, after = dict(_leaves(told)), dict(_leaves(laid))
    if names := [f"{key}: {before.get(key, '–')} → {after[key]}" for key in after if before.get(key) != after[key]]:
        report.note("settings_hold", names="; ".join(names))
    publish(connection, library, kind, laid, report)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document with its name, like `limits.hs.total`."""
    if not isinstance(value, dict | list):
        yield name, value
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for key, part in parts:
        yield from _leaves(part, f"{name}.{key}" if name else str(key))


def _parts(content: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    """The tables that `name` stands for, each with what a person calls it."""
    if not name:
        return [("", content)]
    if name.endswith(".*"):
        outer = name.removesuffix(".*")
        inner = content.get(outer, {})
        parts = inner.items() if isinstance(inner, dict) else ()
        return [(f"[{outer}.{key}]", part) for key, part in parts if isinstance(part, dict)]
    many = content.get(name, [])
    many = many if isinstance(many, list) else []
    return [(f"[[{name}]] {number}", part) for number, part in enumerate(many, 1) if isinstance(part, dict)]


def _check_keys(part: dict[str, Any], where: str, table: type[Struct], lines: list[str], report: Report) -> None:
    known = {one.encode_name: one.required for one in fields(table)}
    where = where or report.file
    for key in part:
        if key in known:
            continue
        line = next((Line(number) for number, text in enumerate(lines, 1) if _names(text, key)), None)
        if likely := meant(key, known.keys() - part.keys()):
            report.refuse("unknown_key_meant", line, key=key, where=where, meant=likely)
        else:
            report.refuse("unknown_key", line, key=key, where=where)
    for key, required in known.items():
        if required and key not in part:
            report.refuse("missing_key", key=key, where=where)


def _names(line: str, key: str) -> bool:
    return re.match(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*[\].=]", line) is not None


def _normal(value: Any, normal: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _normal(part, normal, name) for name, part in value.items()}
    if isinstance(value, list):
        return normal(key, [_normal(part, normal, key) for part in value])
    if key == "version" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return normal(key, value)
