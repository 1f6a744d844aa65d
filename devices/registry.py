"""Devices from the tables of kiosk.toml, by `kind`. An adapter and the library under it are imported when used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kiosk.ports.devices import Preview, Scanner, Signaller
from kiosk.ports.tables import TableError, chosen, convert

Table = Mapping[str, Any]


See = Callable[[Preview], None]


def make_scanner(table: Table, where: str = "scanner.", *, see: See = lambda _: None, folder: Path = Path()) -> Scanner:
    """From a `[[scanner]]` table. Opens nothing yet. `see` is given what a camera sees, on its thread; relative paths
    count from `folder`. Raises TableError."""
    return chosen(table, _SCANNERS, where)(table, where, see, folder)


def make_signaller(table: Table, where: str = "sound.") -> Signaller:
    """From the `[sound]` table. Raises TableError."""
    return chosen(table, _SIGNALLERS, where)(table, where)


def _serial(table: Table, where: str, *_: object) -> Scanner:
    from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig

    return SerialScanner(convert(table, SerialScannerConfig, where))


def _keyboard(table: Table, where: str, *_: object) -> Scanner:
    from devices.scanners.keyboard_scanner import KeyboardConfig, KeyboardScanner

    config = convert(table, KeyboardConfig, where)
    if find_spec("evdev") is None:
        raise TableError(f'key "{where}kind": for "keyboard" the package evdev is missing: pip install "evdev>=1.7"')
    return KeyboardScanner(config)


def _camera(table: Table, where: str, see: See, folder: Path) -> Scanner:
    from devices.scanners.camera_scanner import CameraConfig, CameraScanner

    return CameraScanner(convert(table, CameraConfig, where), see, folder=folder)


def _lines(table: Table, where: str, *_: object) -> Scanner:
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


_SCANNERS: dict[str, Callable[[Table, str, See, Path], Scanner]] = {
    "serial": _serial,
    "keyboard": _keyboard,
    "camera": _camera,
    "lines": _lines,
}
_SIGNALLERS: dict[str, Callable[[Table, str], Signaller]] = {"alsa": _alsa, "none": _none}
