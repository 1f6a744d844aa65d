"""Devices from the tables of kiosk.toml, by `kind`. An adapter and the library under it are imported when used."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from kiosk.ports.devices import Scanner, Signaller

Table = Mapping[str, Any]
_Device = TypeVar("_Device")
_Config = TypeVar("_Config", bound=msgspec.Struct)


class DeviceConfigError(ValueError):
    """The message names the key, for whoever wrote the file."""


def make_scanner(table: Table) -> Scanner:
    """From a `[scanner]` table. Opens nothing yet. Raises DeviceConfigError."""
    return _maker(table, _SCANNERS)(table)


def make_signaller(table: Table) -> Signaller:
    """From a `[sound]` table. Raises DeviceConfigError."""
    return _maker(table, _SIGNALLERS)(table)


def _serial(table: Table) -> Scanner:
    from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig

    return SerialScanner(_config(table, SerialScannerConfig))


def _lines(table: Table) -> Scanner:
    from devices.simulated.line_scanner import LineScannerConfig, SimulatedScanner

    _config(table, LineScannerConfig)
    return SimulatedScanner(sys.stdin)


def _alsa(table: Table) -> Signaller:
    from devices.signals.sound_signaller import SoundConfig, SoundSignaller

    return SoundSignaller(_config(table, SoundConfig))


def _none(table: Table) -> Signaller:
    from devices.signals.silent import Silent, SilentConfig

    _config(table, SilentConfig)
    return Silent()


_SCANNERS: dict[str, Callable[[Table], Scanner]] = {"serial": _serial, "lines": _lines}
_SIGNALLERS: dict[str, Callable[[Table], Signaller]] = {"alsa": _alsa, "none": _none}


def _maker(table: Table, makers: Mapping[str, Callable[[Table], _Device]]) -> Callable[[Table], _Device]:
    kind = table.get("kind")
    if kind is None:
        raise DeviceConfigError(f'key "kind" is missing: {_one_of(makers)}')
    if not isinstance(kind, str) or kind not in makers:
        raise DeviceConfigError(f'key "kind": {kind!r} is unknown; {_meant(kind, makers)}')
    return makers[kind]


def _config(table: Table, kind: type[_Config]) -> _Config:
    keys = kind.__struct_encode_fields__
    for key in table:
        if key not in keys:
            raise DeviceConfigError(f'key "{key}" is unknown; {_meant(key, keys)}')
    try:
        return msgspec.convert(dict(table), kind)
    except msgspec.ValidationError as error:
        raise DeviceConfigError(_explained(error, table, kind)) from error


def _explained(error: msgspec.ValidationError, table: Table, kind: type[msgspec.Struct]) -> str:
    """msgspec ends its message with the place: … - at `$.baud`."""
    found = re.fullmatch(r"(.*) - at `\$\.(\w+)`", str(error))
    if found is None:
        return str(error)
    what, key = found.groups()
    hint = get_type_hints(kind)[key]
    if get_origin(hint) is Literal and what.startswith("Invalid enum value"):
        return f'key "{key}": {table[key]!r} is unknown; {_meant(table[key], get_args(hint))}'
    return f'key "{key}": {what}'


def _meant(wrong: object, known: Iterable[object]) -> str:
    near = difflib.get_close_matches(str(wrong), [str(right) for right in known], n=1)
    return f'did you mean "{near[0]}"?' if near else _one_of(known)


def _one_of(known: Iterable[object]) -> str:
    return "it is one of " + ", ".join(f'"{right}"' for right in known)
