"""Which keyboards are scanners, for udev: by the same keys of kiosk.toml as the station finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.scanners.keyboard_scanner import KeyboardConfig, KeyboardScanner
from devices.simulated.keyboard_node import KeyboardNode
from kiosk.ports.errors import DeviceLost
from tests.provisioning.chooser.station_root import StationRoot

pytestmark = pytest.mark.slow

NODE = "/dev/input/event3"
LINKS = ("input/by-id/usb-WCH_BarCode-event-kbd", "/dev/input/by-path/pci-0-event-kbd")
SCANNER = (0x1A86, 0xE129, "WCH BarCode Scanner")
KEYBOARD = (0x046D, 0xC31C, "Logitech USB Keyboard")

TABLES = {
    "id": ('id = "1a86:e129"', True),
    "id in capitals": ('id = "1A86:E129"', True),
    "another id": ('id = "1a86:e12a"', False),
    "name": ("name = '.*barcode.*'", True),
    "part of a name": ("name = 'barcode'", False),
    "path": (f'path = "{NODE}"', True),
    "link": (f'path = "/dev/{LINKS[0]}"', True),
    "another link": (f'path = "{LINKS[1]}"', True),
    "another path": ('path = "/dev/input/event4"', False),
    "empty": ('id = ""\nname = ""', False),
    "broken pattern": ("name = '('", False),
    "number": ("id = 5", False),
}


def plugged(station: StationRoot, device: tuple[int, int, str] = SCANNER) -> None:
    about = station.root / "sys/class/input/event3/device"
    (about / "id").mkdir(parents=True)
    (about / "id/vendor").write_text(f"{device[0]:04x}\n")
    (about / "id/product").write_text(f"{device[1]:04x}\n")
    (about / "name").write_text(device[2] + "\n")


def configured(station: StationRoot, text: str) -> None:
    file = station.root / "etc/tram-xanh/kiosk.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def asked(station: StationRoot) -> bool:
    done = station.run("is_scanner.py", NODE, *LINKS)
    assert done.returncode in (0, 1)
    return done.returncode == 0


@pytest.mark.parametrize(("table", "expected"), TABLES.values(), ids=list(TABLES))
def test_is_what_kiosk_toml_says(station: StationRoot, table: str, expected: bool) -> None:
    plugged(station)
    configured(station, f'[[scanner]]\nkind = "keyboard"\n{table}\n')
    assert asked(station) is expected


@pytest.mark.parametrize("table", ["id = '1a86:e129'", "name = '.*barcode.*'", "id = '1a86:e12a'", "name = 'barcode'"])
def test_agrees_with_the_station(station: StationRoot, tmp_path: Path, table: str) -> None:
    plugged(station)
    configured(station, f'[[scanner]]\nkind = "keyboard"\n{table}\n')
    key, _, value = table.partition(" = ")
    config = KeyboardConfig(**{key: value.strip("'")})
    with KeyboardNode(tmp_path / "node", vendor=SCANNER[0], product=SCANNER[1], name=SCANNER[2]) as node:
        scanner = KeyboardScanner(config, nodes=lambda: [NODE], open_node=lambda _: node.open())
        try:
            scanner._open().close()
            found = True
        except DeviceLost:
            found = False
    assert asked(station) is found


@pytest.mark.parametrize(
    "text",
    ["", "[[scanner]]\nkind = 'serial'\n", "scanner = 5\n", "scanner = ['keyboard']\n", "not = toml = at all", "\0"],
    ids=["empty", "serial", "a number", "words", "no toml", "zero"],
)
def test_whatever_kiosk_toml_is_a_keyboard_is_no_scanner(station: StationRoot, text: str) -> None:
    plugged(station, KEYBOARD)
    configured(station, text)
    assert not asked(station)


def test_what_is_gone_again_or_nowhere_configured_is_none(station: StationRoot) -> None:
    assert not asked(station)
    plugged(station)
    assert not asked(station)


def test_a_keyboard_is_not_taken_for_the_scanner_beside_it(station: StationRoot) -> None:
    plugged(station, KEYBOARD)
    configured(station, '[[scanner]]\nkind = "keyboard"\nid = "1a86:e129"\n')
    assert not asked(station)
