from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devices.registry import make_scanner, make_signaller
from devices.scanners.keyboard_scanner import KeyboardScanner
from devices.scanners.serial_scanner import SerialScanner
from devices.signals.silent import Silent
from devices.signals.sound_signaller import SoundSignaller
from devices.simulated.line_scanner import SimulatedScanner
from devices.simulated.serial_line import SerialLine
from kiosk.ports.tables import TableError
from tests.devices.scanner_rig import Running


def table(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def test_makes_a_serial_scanner_that_follows_its_table(tmp_path: Path) -> None:
    with SerialLine(tmp_path / "scanner") as line:
        where = f'kind = "serial"\nport = "{line.path}"\nbaud = 115200\n'
        scanner = make_scanner(table(where + 'end = "cr"\nprefix = "\\u0002"\nsilence_ms = 1000'))
        assert isinstance(scanner, SerialScanner)
        assert scanner.name == f"serial {line.path}"
        with Running(scanner) as at_work:
            at_work.next_lost()
            line.send(b"\x02TK\n123\r")
            assert at_work.texts(1) == ["TK\n123"]


@pytest.fixture
def no_evdev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)


@pytest.fixture
def evdev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is there, and not imported: that fails."""
    (tmp_path / "evdev.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "evdev", raising=False)


@pytest.mark.usefixtures("evdev")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('id = "1A86:e129"\nsilence_ms = 60\nprefix = "*"\nsuffix = "#"\nend = "tab"', "keyboard 1A86:e129"),
        ('name = "WCH.*"', "keyboard WCH.*"),
        ('path = "/dev/input/by-id/usb-x-event-kbd"', "keyboard /dev/input/by-id/usb-x-event-kbd"),
    ],
)
def test_makes_a_keyboard_without_importing_what_reads_it(text: str, name: str) -> None:
    scanner = make_scanner(table(f'kind = "keyboard"\n{text}'))
    assert isinstance(scanner, KeyboardScanner)
    assert scanner.name == name


@pytest.mark.usefixtures("no_evdev")
def test_says_which_package_a_keyboard_lacks() -> None:
    with pytest.raises(TableError) as refused:
        make_scanner(table('kind = "keyboard"\nid = "1a86:e129"'))
    assert str(refused.value) == (
        'key "scanner.kind": for "keyboard" the package evdev is missing: pip install "evdev>=1.7"'
    )


def test_makes_every_other_kind() -> None:
    assert make_scanner(table('kind = "serial"')).name == "serial /dev/ttyACM0"
    assert make_scanner(table('kind = "camera"\ndevice = "/dev/video0"')).name == "camera /dev/video0"
    assert make_scanner(table('kind = "camera"\ndevice = 0')).name == "camera 0"
    assert make_scanner(table('kind = "camera"\npath = "cards"')).name == "camera cards"
    assert isinstance(make_scanner(table('kind = "lines"')), SimulatedScanner)
    assert isinstance(make_signaller(table('kind = "none"')), Silent)
    sound = make_signaller(table('kind = "alsa"\ndevice = "plughw:1,0"\nprogram = "/usr/bin/aplay"\nvolume = 0.3'))
    assert isinstance(sound, SoundSignaller)
    sound.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind = "serail"', """key "scanner.kind": 'serail' is unknown; did you mean "serial"?"""),
        (
            'kind = "xyz"',
            """key "scanner.kind": 'xyz' is unknown; it is one of "serial", "keyboard", "camera", "lines\"""",
        ),
        ("kind = 3", """key "scanner.kind": 3 is unknown; it is one of "serial", "keyboard", "camera", "lines\""""),
        ("baud = 9600", 'key "scanner.kind" is missing: it is one of "serial", "keyboard", "camera", "lines"'),
        ('kind = "serial"\nprot = "/dev/ttyS0"', 'unknown key "scanner.prot"; did you mean "scanner.port"?'),
        ('kind = "lines"\nxyz = 1', 'unknown key "scanner.xyz"; it is one of "kind"'),
        ('kind = "serial"\nend = "crfl"', """key "scanner.end": 'crfl' is unknown; did you mean "crlf"?"""),
        ('kind = "serial"\nbaud = 9601', """key "scanner.baud": 9601 is unknown; did you mean "9600"?"""),
        ('kind = "serial"\nbaud = "9600"', 'key "scanner.baud": Expected `int`, got `str`'),
        ('kind = "serial"\nsilence_ms = 1', 'key "scanner.silence_ms": Expected `int` >= 10'),
        ('kind = "camera"', 'scanner: it needs one of the keys "device" and "path"'),
        ('kind = "camera"\ndevice = 0\npath = "x"', 'scanner: it needs one of the keys "device" and "path"'),
        ('kind = "camera"\ndevise = 0', 'unknown key "scanner.devise"; did you mean "scanner.device"?'),
        ('kind = "camera"\ndevice = 0\nfps = 500', 'key "scanner.fps": Expected `float` <= 120.0'),
        ('kind = "camera"\ndevice = 0\nwidth = "1280"', 'key "scanner.width": Expected `int`, got `str`'),
        ('kind = "camera"\ndevice = -1', 'key "scanner.device": Expected `int` >= 0'),
        ('kind = "keyboard"', 'scanner: it needs one of the keys "id", "name" and "path"'),
        (
            'kind = "keyboard"\nid = "1a86:e129"\nname = "x"',
            'scanner: it needs one of the keys "id", "name" and "path"',
        ),
        (
            'kind = "keyboard"\nid = "1a86-e129"',
            """scanner: the key "id" is vendor and product as in "1a86:e129", not '1a86-e129'""",
        ),
        (
            'kind = "keyboard"\nname = "(x"',
            'scanner: the key "name" is no pattern: missing ), unterminated subpattern at position 0',
        ),
        ('kind = "keyboard"\nid = "1a86:e129"\nsilence_ms = 5', 'key "scanner.silence_ms": Expected `int` >= 20'),
        (
            'kind = "keyboard"\nid = "1a86:e129"\nend = "entre"',
            """key "scanner.end": 'entre' is unknown; did you mean "enter"?""",
        ),
        ('kind = "keyboard"\npaht = "/dev/input/event0"', 'unknown key "scanner.paht"; did you mean "scanner.path"?'),
        ('kind = "serial"\nport = 3', 'key "scanner.port": Expected `str`, got `int`'),
    ],
)
def test_says_which_key_of_a_scanner_is_wrong(text: str, message: str) -> None:
    with pytest.raises(TableError) as refused:
        make_scanner(table(text))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind = "asla"', """key "sound.kind": 'asla' is unknown; did you mean "alsa"?"""),
        ('kind = "alsa"\nvolum = 0.3', 'unknown key "sound.volum"; did you mean "sound.volume"?'),
        ('kind = "alsa"\nvolume = 3', 'key "sound.volume": Expected `float` <= 1.0'),
        ('kind = "none"\ndevice = "x"', 'unknown key "sound.device"; it is one of "kind"'),
    ],
)
def test_says_which_key_of_the_sound_is_wrong(text: str, message: str) -> None:
    with pytest.raises(TableError) as refused:
        make_signaller(table(text))
    assert str(refused.value) == message


def test_imports_an_adapter_only_when_it_is_used() -> None:
    program = """
import sys
from devices.registry import make_scanner, make_signaller
make_scanner({"kind": "lines"})
make_signaller({"kind": "none"})
assert "serial" not in sys.modules
assert "devices.signals.sound_signaller" not in sys.modules
make_scanner({"kind": "serial"})
assert "serial" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
