"""Devices from the tables of kiosk.toml, by `kind`. An adapter and the library under it are imported when used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from kiosk.ports.devices import Scanner, Signaller
from kiosk.ports.tables import chosen, convert

Table = Mapping[str, Any]


def make_scanner(table: Table, where: str = "scanner.") -> Scanner:
    """From a `[[scanner]]` table. Opens nothing yet. Raises TableError."""
    return chosen(table, _SCANNERS, where)(table, where)


def make_signaller(table: Table, where: str = "sound.") -> Signaller:
    """From the `[sound]` table. Raises TableError."""
    return chosen(table, _SIGNALLERS, where)(table, where)


def _serial(table: Table, where: str) -> Scanner:
    from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig

    return SerialScanner(convert(table, SerialScannerConfig, where))


def _lines(table: Table, where: str) -> Scanner:
    from devices.simulated.line_scanner import LineScannerConfig, SimulatedScanner

    convert(table, LineScannerConfig, where)
    return SimulatedScanner(sys.stdin)


def _alsa(table: Table, where: str) -> Signaller:
    from devices.signals.sound_signaller import SoundConfig, SoundSignaller

    return SoundSignaller(convert(table, SoundConfig, where))


def _none(table: Table, where: str) -> Signaller:
    from devices.signals.silent import Silent, SilentConfig

    convert(table, SilentConfig, where)
    return Silent()


_SCANNERS: dict[str, Callable[[Table, str], Scanner]] = {"serial": _serial, "lines": _lines}
_SIGNALLERS: dict[str, Callable[[Table, str], Signaller]] = {"alsa": _alsa, "none": _none}
