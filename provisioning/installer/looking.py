"""kiosk.toml for this machine, by looking at what is plugged in."""

from __future__ import annotations

import re
from pathlib import Path

from provisioning.installer.machine import Machine

CONFIG = "/etc/tram-xanh/kiosk.toml"
_NO_SCANNER = "# No scanner was found. Plug one in and run the installer again: it looks again while this line is here."
_SCANNER_NAME = re.compile(r"scan|bar ?code|symbol|honeywell|zebra|datalogic|newland|netum|eyoyo|tera", re.IGNORECASE)
_PI_SENSORS = ("ov5647", "imx219", "imx477", "imx708", "imx296", "imx290", "imx500")
_MODE = re.compile(r"(\d{3,4})x(\d{3,4})")


def write_config(machine: Machine) -> None:
    """Never over a file that a person wrote, nor over one in which a scanner was found once."""
    there = machine.content(CONFIG)
    if there is None or _NO_SCANNER in there.splitlines():
        machine.file(CONFIG, config_of(machine))


def config_of(machine: Machine) -> str:
    parts = ["# What this machine is. All keys: docs/architecture.md. Whose station it is, enrolment writes elsewhere."]
    parts.append('[station]\ndata = "/var/lib/tram-xanh"')
    scanners = [*_serial(machine), *_keyboards(machine), *_cameras(machine)]
    parts += [f"[[scanner]]\n{table}" for table in scanners] or [
        f'{_NO_SCANNER}\n#[[scanner]]\n#kind = "serial"\n#port = "/dev/serial/by-id/…"'
    ]
    width, height = _screen(machine)
    parts.append(f"[screen]\nwidth = {width}\nheight = {height}")
    parts.append('[sound]\nkind = "alsa"' if _has_sound(machine) else '[sound]\nkind = "none"')
    return "\n\n".join(parts) + "\n"


def _serial(machine: Machine) -> list[str]:
    """By its name in by-id, which stays the same whichever socket it is put in. A modem's several lines: the first."""
    found: dict[str, str] = {}
    for path in sorted(_children(machine, "/dev/serial/by-id")):
        found.setdefault(path.name.rpartition("-if")[0] or path.name, path.name)
    return [f'kind = "serial"\nport = {_quoted(f"/dev/serial/by-id/{name}")}' for name in found.values()]


def _keyboards(machine: Machine) -> list[str]:
    """Keyboards whose name says that they scan. Every other one stays what it is: a person's."""
    found = {}
    for device in sorted(_children(machine, "/sys/class/input")):
        name = _line(device / "device/name")
        if device.name.startswith("event") and name and _SCANNER_NAME.search(name) and _has_letters(device):
            found[f"{_line(device / 'device/id/vendor')}:{_line(device / 'device/id/product')}"] = name
    return [f'kind = "keyboard"  # {_plain(name)}\nid = {_quoted(number)}' for number, name in found.items()]


def _cameras(machine: Machine) -> list[str]:
    """A Raspberry Pi's own, else the first on USB."""
    for sensor in _PI_SENSORS:
        if any(
            re.fullmatch(r"\d+-[0-9a-f]{4}", path.name) for path in _children(machine, f"/sys/bus/i2c/drivers/{sensor}")
        ):
            return ['kind = "camera"\ndevice = "picamera"']
    usb = sorted(path.name for path in _children(machine, "/dev/v4l/by-id") if path.name.endswith("-video-index0"))
    return [f'kind = "camera"\ndevice = {_quoted(f"/dev/v4l/by-id/{usb[0]}")}'] if usb else []


def _screen(machine: Machine) -> tuple[int, int]:
    """The first mode of the first connected screen; 1280 × 720 where none is seen."""
    for connector in sorted(_children(machine, "/sys/class/drm")):
        mode = _MODE.match(_line(connector / "modes"))
        if _line(connector / "status") == "connected" and mode:
            return int(mode[1]), int(mode[2])
    return 1280, 720


def _has_sound(machine: Machine) -> bool:
    return any(re.fullmatch(r"pcmC\d+D\d+p", path.name) for path in _children(machine, "/dev/snd"))


def _has_letters(device: Path) -> bool:
    """Whether it has the keys 1 to 0 at least: a scanner's second interface often has none."""
    words = _line(device / "device/capabilities/key").split()
    return bool(words) and int(words[-1], 16) & 0xFFC == 0xFFC


def _children(machine: Machine, name: str) -> list[Path]:
    try:
        return list(machine.path(name).iterdir())
    except OSError:
        return []


def _line(path: Path) -> str:
    """Its first line, "" where it cannot be read."""
    try:
        return path.read_text("utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def _quoted(text: str) -> str:
    """A string of TOML. What a device calls itself is anybody's text."""
    escaped = (f"\\u{ord(one):04x}" if one in '"\\' or not one.isprintable() else one for one in text)
    return f'"{"".join(escaped)}"'


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
