"""Tables of kiosk.toml into typed configurations: each key checked, an unknown one refused with a suggestion."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


class TableError(ValueError):
    """One sentence for whoever wrote the file: which key, what is wrong with it, what was meant perhaps."""


def convert(table: Mapping[str, Any], kind: type[T], where: str = "", **given: object) -> T:
    """`table` as the msgspec.Struct or dataclass `kind`, nested ones too. `where` is put before a key's name, e.g.
    "sound."; `given` are values of `kind` that the table itself must not hold. Raises TableError."""
    _refuse_unknown(table, kind, where, given)
    try:
        return msgspec.convert(dict(table) | given, kind)
    except msgspec.ValidationError as error:
        raise TableError(_explained(error, table, kind, where)) from error


def chosen(table: Mapping[str, Any], kinds: Mapping[str, T], where: str = "") -> T:
    """What `kinds` holds under the table's key "kind". Raises TableError."""
    kind = table.get("kind")
    if kind is None:
        raise TableError(f'key "{where}kind" is missing: {_one_of(kinds)}')
    if not isinstance(kind, str) or kind not in kinds:
        raise TableError(f'key "{where}kind": {kind!r} is unknown; {meant(kind, kinds)}')
    return kinds[kind]


def meant(wrong: object, known: Iterable[object]) -> str:
    """ "did you mean …?", or what there is."""
    names = [str(right) for right in known]
    near = difflib.get_close_matches(str(wrong), names, n=1)
    return f'did you mean "{near[0]}"?' if near else _one_of(names)


def _refuse_unknown(table: Mapping[str, Any], kind: type, where: str, given: Iterable[str] = ()) -> None:
    kinds = get_type_hints(kind)
    known = [name for name in kinds if not name.startswith("_") and name not in given]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            said = f'did you mean "{where}{near[0]}"?' if near else _one_of(known)
            raise TableError(f'unknown key "{where}{key}"; {said}')
        inner = kinds[key]
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            _refuse_unknown(value, inner, f"{where}{key}.")


def _explained(error: msgspec.ValidationError, table: Mapping[str, Any], kind: type, where: str) -> str:
    """msgspec ends its message with the place: … - at `$.baud`."""
    found = re.fullmatch(r"(.*) - at `\$\.([\w.]+)`", str(error))
    if found is None:
        return f"{where.rstrip('.')}: {error}" if where else str(error)
    what, path = found.groups()
    value: Any = table
    hint: Any = kind
    for name in path.split("."):
        hint = get_type_hints(hint)[name]
        value = value[name]
    if get_origin(hint) is Literal and what.startswith("Invalid enum value"):
        what = f"{value!r} is unknown; {meant(value, get_args(hint))}"
    return f'key "{where}{path}": {what}'


def _one_of(known: Iterable[object]) -> str:
    return "it is one of " + ", ".join(f'"{right}"' for right in known)
