"""station.toml in the data folder: whose station this machine is. Written by its enrolment alone, whole or not at all.

It has the keys of kiosk.toml, of three tables only; what stands in kiosk.toml counts first (decision 29).
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kiosk.ports.private_file import make_folder, make_private

NAME = "station.toml"
AUTHORITY = "authority.pem"
"""Beside it: the one authority that vouches for the centre's server, where the enrolment code names it."""
ENROLMENT_CODE = "enrolment.code"
"""Beside it until it is written: what was shown and is not over yet, so that a power cut meanwhile costs nobody a
walk."""
TABLES = ("station", "codes", "central")
Table = Mapping[str, Any]
_MOST_BYTES = 1 << 20


def read_station(data: Path) -> dict[str, dict[str, Any]]:
    """Empty before the enrolment. Paths in it count from `data`. Raises OSError, or ValueError for what is no such
    file."""
    try:
        found = tomllib.loads(_content(data / NAME).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    for name, table in found.items():
        if name not in TABLES or not isinstance(table, dict):
            raise ValueError(f'"{name}" has no place in it')
    authority = found.get("central", {}).get("ca_file")
    if isinstance(authority, str):
        found["central"]["ca_file"] = str(data.resolve() / authority)
    return found


def kept_code(data: Path) -> str | None:
    """The code of an enrolment that was not over when this machine was switched off."""
    try:
        return (data / ENROLMENT_CODE).read_text("ascii")
    except (OSError, ValueError):
        return None


def _content(path: Path) -> bytes:
    """The folder is the station's own, and root reads here too: it waits for nothing, and follows nothing."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no regular file")
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("it is too large")
    return content


def is_enrolled(data: Path) -> bool:
    """There is a whole station.toml that names a library."""
    try:
        return "library" in read_station(data).get("station", {})
    except (OSError, ValueError):
        return False


def beneath(station: Table, machine: Table) -> dict[str, Any]:
    """`machine`, the tables of kiosk.toml, with the keys of `station` that it has not."""
    merged = dict(machine)
    for name, table in station.items():
        own = machine.get(name, {})
        merged[name] = {**table, **own} if isinstance(own, dict) else own
    return merged


def write_station(data: Path, tables: Table) -> None:
    """`tables` as TOML, mode 0600, durable on return: after a power cut there is all of it or what was there before.
    Raises OSError, or ValueError for what TOML cannot say."""
    text = "".join(_lines(tables))
    if tomllib.loads(text) != tables:
        raise ValueError("it cannot be written as TOML")
    make_folder(data)
    make_private(data / NAME, text.encode())


def _lines(tables: Table, inside: str = "") -> Iterator[str]:
    """Plain keys of a table come before its own tables, as TOML wants it."""
    inner = {name: value for name, value in tables.items() if _is_table(value)}
    for name, value in tables.items():
        if name not in inner:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}\n"  # of texts, numbers and lists both say the same
    for name, value in inner.items():
        for table in value if isinstance(value, list) else [value]:
            heading = f"{inside}{name}"
            yield f"\n[[{heading}]]\n" if isinstance(value, list) else f"\n[{heading}]\n"
            yield from _lines(table, f"{heading}.")


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))
