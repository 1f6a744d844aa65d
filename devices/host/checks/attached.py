"""What is plugged in: scanners, a camera, the network."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from devices.host.checks.reading import line_in
from kiosk.domain import findings as f
from kiosk.domain.findings import Finding, Part, State

Table = Mapping[str, Any]

_WAITING = "waiting"
_READY = "ready"


@dataclass(frozen=True, slots=True)
class _Tries:
    """How devices are looked at. `open_them`: nobody else has them open."""

    root: Path
    open_them: bool
    may_read: Callable[[Path], bool]

    def under(self, path: str) -> Path:
        return self.root / path.lstrip("/")


@dataclass(frozen=True, slots=True)
class Reader:
    """One [[scanner]] table, looked at. `problem`: what keeps it from reading, `do`: what helps."""

    name: str
    is_camera: bool
    problem: f.Sentence = f.NOTHING
    do: f.Sentence = f.NOTHING


def may_be_read(node: Path) -> bool:
    return os.access(node, os.R_OK)


def look_at_readers(
    tables: Sequence[Table],
    root: Path,
    running: Mapping[str, str] | None,
    last_scan_s_ago: float | None = None,
    may_read: Callable[[Path], bool] = may_be_read,
) -> tuple[Finding, Finding]:
    """The scanners and the camera. `running`: what the running station says of its devices, by their names; None: none
    runs, so that the devices themselves are tried. Only where none of all can read nothing can be lent."""
    tries = _Tries(root, running is None, may_read)
    readers = [_told(_look(table, tries), running) for table in tables]
    some_read = any(not reader.problem for reader in readers)
    scanners = [reader for reader in readers if not reader.is_camera]
    cameras = [reader for reader in readers if reader.is_camera]
    detail = f.NOTHING if last_scan_s_ago is None else f.text("last scan {ago} ago", ago=ago(last_scan_s_ago))
    facts: dict[str, object] = {"last_scan_s_ago": last_scan_s_ago}
    return (
        _finding(Part.SCANNER, scanners, some_read or bool(cameras), some_read, detail, facts),
        _finding(Part.CAMERA, cameras, True, some_read, f.NOTHING, {}),
    )


def ago(seconds: float) -> f.Sentence:
    if seconds < 90:
        return f.text("{n} s", n=round(seconds))
    if seconds < 5400:
        return f.text("{n} min", n=round(seconds / 60))
    return f.text("{n} h", n=round(seconds / 3600))


def _finding(
    part: Part, readers: list[Reader], may_lack: bool, some_read: bool, detail: f.Sentence, facts: dict[str, object]
) -> Finding:
    facts = facts | {"devices": {one.name: one.problem.msgid or "well" for one in readers}}
    if not readers:
        if may_lack:
            return Finding(part, State.NOT_USED, f.text("None"), facts=facts)
        do = f.text("Plug in a scanner and name it in kiosk.toml: a table [[scanner]].")
        return Finding(part, State.BAD, f.text("kiosk.toml names none"), do=do, facts=facts)
    lost = [one for one in readers if one.problem]
    if not lost:
        head = f.as_is(readers[0].name) if len(readers) == 1 else f.plural("{n} ready", "{n} ready", len(readers))
        return Finding(part, State.GOOD, head, detail, facts=facts)
    state = State.LOOK if some_read else State.BAD
    return Finding(part, state, lost[0].problem, f.as_is(lost[0].name), lost[0].do, facts)


_CABLE = f.text("Check its cable, and try another socket.")


def _told(reader: Reader, running: Mapping[str, str] | None) -> Reader:
    """The station that has it open knows best."""
    if running is None:
        return reader
    said = running.get(reader.name)
    if said == _READY:
        return replace(reader, problem=f.NOTHING)
    if said == _WAITING and not reader.problem:
        return replace(reader, problem=f.text("Not tried yet"), do=f.text("Wait a moment."))
    if reader.problem:
        return reader
    return replace(reader, problem=f.text("It does not answer"), do=_CABLE)


def _look(table: Table, tries: _Tries) -> Reader:
    kind = str(table.get("kind", ""))
    if kind == "serial":
        port = str(table.get("port", "/dev/ttyACM0"))
        return _node(Reader(f"serial {port}", False), tries.under(port), tries)
    if kind == "keyboard":
        return _keyboard(table, tries)
    if kind == "camera":
        return _camera(table, tries)
    return Reader(kind, False)


def _node(reader: Reader, node: Path, tries: _Tries) -> Reader:
    if not node.exists():
        return replace(reader, problem=f.text("It is not there"), do=_CABLE)
    if not tries.may_read(node):
        do = f.text("This account may not read it: add it to the group of the device, or install the udev rules.")
        return replace(reader, problem=f.text("It may not be read"), do=do)
    if tries.open_them:
        try:
            os.close(os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
        except OSError:
            return replace(reader, problem=f.text("It does not answer"), do=_CABLE)
    return reader


def _keyboard(table: Table, tries: _Tries) -> Reader:
    wanted = str(table.get("id") or table.get("name") or table.get("path"))
    reader = Reader(f"keyboard {wanted}", False)
    if table.get("path"):
        return _node(reader, tries.under(wanted), tries)
    for event in sorted((tries.root / "sys/class/input").glob("event*")):
        identity = ":".join(line_in(event / "device/id" / part).rjust(4, "0") for part in ("vendor", "product"))
        name = line_in(event / "device/name")
        try:
            fits = (
                identity.lower() == wanted.lower()
                if table.get("id")
                else re.fullmatch(wanted, name, re.IGNORECASE) is not None
            )
        except re.error:
            fits = False
        if fits:
            return _node(reader, tries.root / "dev/input" / event.name, tries)
    return replace(reader, problem=f.text("It is not there"), do=_CABLE)


def _camera(table: Table, tries: _Tries) -> Reader:
    device, path = table.get("device", ""), str(table.get("path", ""))
    reader = Reader(f"camera {path if device == '' else device}", True)
    if path:
        return reader  # pictures of a folder, for trying
    if device == "picamera":
        if not any((tries.root / "dev").glob("media*")):
            return replace(reader, problem=f.text("It is not there"), do=f.text("Check its ribbon cable."))
        if not tries.under(str(table.get("python", "/usr/bin/python3"))).exists():
            do = f.text("Install python3-picamera2.")
            return replace(reader, problem=f.text("Picamera2 is missing"), do=do)
        return reader
    node = f"/dev/video{device}" if str(device).isdecimal() else str(device)
    return _node(reader, tries.under(node), tries)


def look_at_printer() -> Finding:
    return Finding(Part.PRINTER, State.NOT_USED, f.text("None"), f.text("codes on screen instead"))


def look_at_network(root: Path) -> Finding:
    """What the kernel knows; whether the centre is reached is another question."""
    interfaces = [one for one in sorted((root / "sys/class/net").glob("*")) if one.name != "lo"]
    up = [one.name for one in interfaces if line_in(one / "operstate") in ("up", "unknown")]
    default = _default_interface(root)
    addresses = [*_addresses4(root), *_addresses6(root)]
    names = [line.split()[1] for line in _lines(root / "etc/resolv.conf") if line.startswith("nameserver ")]
    signal = _signal(root, default) if default else None
    facts: dict[str, object] = {
        "up": up,
        "default": default,
        "addresses": addresses,
        "name_servers": len(names),
        "signal_percent": signal,
    }
    is_wireless = bool(default) and (root / "sys/class/net" / str(default) / "wireless").exists()
    head = f.text("Wi-Fi {name}", name=default) if is_wireless else f.as_is(str(default or ""))
    offline = f.text("Lending goes on without it. Check the cable, or the name and password of the Wi-Fi.")
    if not up:
        return Finding(Part.NETWORK, State.LOOK, f.text("Not connected"), do=offline, facts=facts)
    if not addresses:
        return Finding(Part.NETWORK, State.LOOK, f.text("No address yet"), f.as_is(up[0]), offline, facts)
    if default is None:
        do = f.text("It reaches this room only: check the school's router.")
        return Finding(Part.NETWORK, State.LOOK, f.text("No way out"), f.as_is(addresses[0]), do, facts)
    if not names:
        do = f.text("No server tells it names: check the router, or write one into the settings of the network.")
        return Finding(Part.NETWORK, State.LOOK, head, f.text("no name server (DNS)"), do, facts)
    if signal is not None and signal < 30:
        do = f.text("Move the station or the access point nearer.")
        return Finding(Part.NETWORK, State.LOOK, head, f.text("signal {n} %", n=signal), do, facts)
    detail = f.as_is(addresses[0]) if signal is None else f.text("signal {n} %", n=signal)
    return Finding(Part.NETWORK, State.GOOD, head, detail, facts=facts)


def _lines(path: Path) -> list[str]:
    return line_in(path).splitlines()


def _default_interface(root: Path) -> str | None:
    for line in _lines(root / "proc/net/route")[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == "00000000" and words[7] == "00000000":
            return words[0]
    for line in _lines(root / "proc/net/ipv6_route"):
        words = line.split()
        if len(words) == 10 and set(words[0]) == {"0"} and words[1] == "00" and words[9] != "lo":
            return words[9]
    return None


def _addresses4(root: Path) -> Iterator[str]:
    """The kernel's tree of routes has each own address as a leaf, with what it is in the line below."""
    found: set[str] = set()
    lines = [line.strip(" |-+") for line in _lines(root / "proc/net/fib_trie")]
    for line, below in pairwise(lines):
        if below == "/32 host LOCAL" and not line.startswith("127."):
            found.add(line)
    yield from sorted(found)


def _addresses6(root: Path) -> Iterator[str]:
    """Those that are good beyond the cable."""
    for line in _lines(root / "proc/net/if_inet6"):
        words = line.split()
        if len(words) == 6 and words[3] == "00":
            yield str(ipaddress.IPv6Address(bytes.fromhex(words[0])))


def _signal(root: Path, name: str) -> int | None:
    """Percent of the best link quality that the kernel counts, 70."""
    for line in _lines(root / "proc/net/wireless"):
        words = line.replace(".", " ").split()
        if len(words) > 2 and words[0] == f"{name}:" and words[2].isdecimal():
            return min(100, round(int(words[2]) * 100 / 70))
    return None
