"""The board and what belongs to it: screen, touch, disk, temperature, power, versions, units of systemd."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from devices.host.checks.reading import line_in, number_in, told_by
from kiosk.domain import findings as f
from kiosk.domain.findings import Finding, Part, State

HOT_C = 80.0
"""A Raspberry Pi slows down from here on."""
SLOW_SYNC_MS = 200.0
_SYNCS = 5
_ABS_MT_POSITION_X = 0x35
_GIB = 1024**3
_MB = 1_000_000

_LOW_NOW, _LOW_SINCE = 1 << 0, 1 << 16
_SLOWED = {1 << 1: "capped", 1 << 2: "throttled", 1 << 3: "hot"}


def look_at_screen(root: Path) -> Finding:
    outputs = sorted((root / "sys/class/drm").glob("card*-*"))
    connected = [output for output in outputs if line_in(output / "status") == "connected"]
    sizes = [size for output in connected if (size := line_in(output / "modes").partition("\n")[0])]
    buffer = line_in(root / "sys/class/graphics/fb0/virtual_size").replace(",", "x")
    facts = {"outputs": [output.name for output in connected], "modes": sizes, "frame_buffer": buffer or None}
    if not connected and not buffer:
        do = f.text("Check the screen's cable and its own power, then start the machine again.")
        return Finding(Part.SCREEN, State.LOOK, f.text("No screen was found"), do=do, facts=facts)
    size = (sizes[0] if sizes else buffer).replace("x", " × ")
    name = connected[0].name.partition("-")[2] if connected else "fb0"
    return Finding(Part.SCREEN, State.GOOD, f.as_is(size or name), f.as_is(name), facts=facts)


def look_at_touch(root: Path) -> Finding:
    names = [
        line_in(event / "device/name") or event.name
        for event in sorted((root / "sys/class/input").glob("event*"))
        if _has_bit(line_in(event / "device/capabilities/abs"), _ABS_MT_POSITION_X)
    ]
    if names:
        return Finding(Part.TOUCH, State.GOOD, f.as_is(names[0]), facts={"names": names})
    do = f.text("Check the touch cable (USB). Everything can be done with the scanner alone meanwhile.")
    return Finding(Part.TOUCH, State.LOOK, f.text("No touch was found"), do=do, facts={"names": []})


def _has_bit(capabilities: str, bit: int) -> bool:
    """The kernel writes its bits in words of the machine, the highest first."""
    word = 64 if platform.architecture()[0] == "64bit" else 32
    words = capabilities.split()
    place = len(words) - 1 - bit // word
    try:
        return 0 <= place < len(words) and bool(int(words[place], 16) >> bit % word & 1)
    except ValueError:
        return False


class DiskFigures(Protocol):
    """Of os.statvfs."""

    @property
    def f_bavail(self) -> int: ...
    @property
    def f_blocks(self) -> int: ...
    @property
    def f_frsize(self) -> int: ...
    @property
    def f_flag(self) -> int: ...


def look_at_disk(
    folder: Path,
    root: Path,
    warn_below_mb: int,
    *,
    statvfs: Callable[[Path], DiskFigures] = os.statvfs,
    sync_ms: Callable[[Path], float | None] | None = None,
) -> Finding:
    """Of the data folder, or the nearest above it that is there. `sync_ms` writes: only where that is asked for."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        figures = statvfs(folder)
    except OSError as error:
        head = f.text("It cannot be read")
        return Finding(Part.DISK, State.BAD, head, f.as_is(error.strerror or ""), _ANOTHER_CARD, {"error": error.errno})
    free, whole = figures.f_bavail * figures.f_frsize, figures.f_blocks * figures.f_frsize
    took_ms = sync_ms(folder) if sync_ms else None
    facts: dict[str, object] = {"free_mb": free // _MB, "whole_mb": whole // _MB, "sync_ms": took_ms}
    facts |= {"wear_percent": _wear(root), "read_only": bool(figures.f_flag & os.ST_RDONLY)}
    head = f.text("{free} GB of {whole} free", free=f"{free / _GIB:.1f}", whole=f"{whole / _GIB:.0f}")
    if figures.f_flag & os.ST_RDONLY:
        return Finding(Part.DISK, State.BAD, f.text("It can only be read"), head, _ANOTHER_CARD, facts)
    if free < warn_below_mb * _MB:
        do = f.text("Find out what fills it: python -m kiosk status says how much is free.")
        return Finding(Part.DISK, State.LOOK, f.text("Nearly full"), head, do, facts)
    if took_ms is not None and took_ms > SLOW_SYNC_MS:
        slow = f.text("slow: {ms} ms for one record", ms=round(took_ms))
        return Finding(Part.DISK, State.LOOK, head, slow, _ANOTHER_CARD, facts)
    worn = facts["wear_percent"]
    detail = f.text("{n} percent worn", n=worn) if isinstance(worn, int) else f.NOTHING
    if isinstance(worn, int) and worn >= 90:
        return Finding(Part.DISK, State.LOOK, head, f.text("{n} percent worn", n=worn), _ANOTHER_CARD, facts)
    detail = f.text("{n} percent worn", n=worn) if isinstance(worn, int) else f.NOTHING
    return Finding(Part.DISK, State.GOOD, head, detail, facts=facts)


_ANOTHER_CARD = f.text("Put in another memory card: the old one may still hold what was not sent, so keep it.")


def measure_sync(folder: Path) -> float | None:
    """Milliseconds that a small write takes until it is on the disk, the middle of a few; None: it cannot be tried."""
    file = folder / ".sync-test"
    took: list[float] = []
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            for _ in range(_SYNCS):
                began = time.perf_counter()
                os.pwrite(handle, os.urandom(4096), 0)
                os.fdatasync(handle)
                took.append((time.perf_counter() - began) * 1000)
        finally:
            os.close(handle)
            file.unlink(missing_ok=True)
    except OSError:
        return None
    return round(sorted(took)[_SYNCS // 2], 2)


def _wear(root: Path) -> int | None:
    """Percent, as an eMMC tells it in steps of ten; cards of the SD kind do not."""
    for told in sorted((root / "sys/block").glob("mmcblk*/device/life_time")):
        try:
            return min(100, max(int(one, 16) for one in line_in(told).split()) * 10)
        except ValueError:
            continue
    return None


def look_at_temperature(root: Path) -> Finding:
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    told = [number for zone in zones if (number := number_in(zone)) is not None]
    if not told:
        return Finding(Part.TEMPERATURE, State.NOT_USED, f.text("Not measured"), facts={"celsius": None})
    celsius = max(told) / 1000
    head = f.text("{n} degrees", n=round(celsius))
    facts = {"celsius": round(celsius, 1)}
    if celsius >= HOT_C:
        do = f.text("Give the box shade and air; the machine slows down when it is so hot.")
        return Finding(Part.TEMPERATURE, State.LOOK, head, f.text("too hot"), do, facts)
    return Finding(Part.TEMPERATURE, State.GOOD, head, facts=facts)


def look_at_power(root: Path, ask: Callable[[Sequence[str]], str | None] = told_by) -> Finding:
    """As a Raspberry Pi's firmware tells it."""
    bits = number_in(root / "sys/devices/platform/soc/soc:firmware/get_throttled", 16)
    if bits is None and (root / "dev/vcio").exists():
        try:
            bits = int((ask(["vcgencmd", "get_throttled"]) or "").strip().partition("=")[2], 16)
        except ValueError:
            bits = None
    if bits is None:
        return Finding(Part.POWER, State.NOT_USED, f.text("Not measured"), facts={"low_voltage": None, "slowed": []})
    slowed = [name for bit, name in _SLOWED.items() if bits & bit]
    facts = {"low_voltage": bool(bits & _LOW_NOW), "was_low": bool(bits & _LOW_SINCE), "slowed": slowed}
    do = f.text("Use the power supply that belongs to the board, and a short, thick cable.")
    if bits & _LOW_NOW:
        return Finding(Part.POWER, State.LOOK, f.text("Too weak now"), do=do, facts=facts)
    if bits & _LOW_SINCE:
        detail = f.text("since it was switched on")
        return Finding(Part.POWER, State.LOOK, f.text("It was too weak"), detail, do, facts)
    if slowed:
        detail, cool = f.text("the machine is slowed down"), f.text("Give the box shade and air.")
        return Finding(Part.POWER, State.LOOK, f.text("Steady"), detail, cool, facts)
    return Finding(Part.POWER, State.GOOD, f.text("Steady"), facts=facts)


def look_at_version(root: Path, version: str, schema: str, releases: Path) -> Finding:
    """`releases`: what the release chooser knows (docs/decisions/0029)."""
    os_name = line_in(root / "etc/os-release").partition('PRETTY_NAME="')[2].partition('"')[0]
    facts: dict[str, object] = {
        "version": version,
        "schema": schema,
        "python": platform.python_version(),
        "system": os_name or None,
        "kernel": line_in(root / "proc/sys/kernel/osrelease") or None,
        "model": line_in(root / "proc/device-tree/model") or None,
    }
    chosen = read_releases(releases)
    facts["releases"] = chosen or None
    detail = f.as_is(str(facts["model"] or facts["system"] or ""))
    if crashes := chosen.get("crashes"):
        head = f.text("{version}, ended {n} times by itself", version=version, n=crashes)
        do = f.text("Send the support bundle to whoever looks after the program.")
        return Finding(Part.VERSION, State.LOOK, head, detail, do, facts)
    if chosen.get("trial"):
        detail = f.text("new, being tried")
    elif chosen.get("refused"):
        detail = f.text("an update was taken back")
    return Finding(Part.VERSION, State.GOOD, f.as_is(version), detail, facts=facts)


def read_releases(file: Path) -> dict[str, object]:
    """Empty where there is none, or none that can be read."""
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def look_at_units(root: Path, ask: Callable[[Sequence[str]], str | None] = told_by) -> Finding:
    if not (root / "run/systemd/system").exists():
        return Finding(Part.UNITS, State.NOT_USED, f.text("No systemd here"))
    told = ask(["systemctl", "list-units", "--all", "--plain", "--no-legend", "kiosk*", "tram-xanh*"])
    units: dict[str, str] = {}
    for line in (told or "").splitlines():
        words = line.split()
        if len(words) >= 4:
            units[words[0]] = words[2]
    facts: dict[str, object] = {"units": units}
    failed = sorted(name for name, active in units.items() if active == "failed")
    see = f.text("systemctl status {unit} says more.", unit=failed[0] if failed else "kiosk.service")
    if units.get("kiosk.service", "") not in ("active", "activating", ""):
        return Finding(Part.UNITS, State.BAD, f.text("The station does not run"), do=see, facts=facts)
    if failed:
        return Finding(Part.UNITS, State.LOOK, f.text("{unit} has failed", unit=failed[0]), do=see, facts=facts)
    if not units:
        do = f.text("Install it as a service: docs/operations.md says how.")
        return Finding(Part.UNITS, State.LOOK, f.text("Not installed as a service"), do=do, facts=facts)
    return Finding(Part.UNITS, State.GOOD, f.plural("{n} unit", "{n} units", len(units)), facts=facts)
