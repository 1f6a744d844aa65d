"""Each part of a machine, as it is looked at: well, and otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devices.host.checks import attached, machine, station
from kiosk.domain.findings import Finding, Part, State
from kiosk.i18n import Translator
from tests.devices.checks.board import board

Changes = dict[str, str | None]
GOOD, LOOK, BAD, NOT_USED = State.GOOD, State.LOOK, State.BAD, State.NOT_USED
GIB = 1024**3


def said(finding: Finding) -> str:
    english = Translator("en")
    return " | ".join(english.say(one) for one in (finding.head, finding.detail, finding.do))


def silent(_: object) -> None:
    return None


Look = Callable[[Path], Finding]
CASES: dict[str, tuple[Look, Changes, State, str]] = {
    "a network": (attached.look_at_network, {}, GOOD, "Wi-Fi wlan0 | signal 63 % | "),
    "a weak signal": (
        attached.look_at_network,
        {"proc/net/wireless": "a\nb\n wlan0: 0000   12.  -80.  -256\n"},
        LOOK,
        "signal 17 %",
    ),
    "a cable": (
        attached.look_at_network,
        {"sys/class/net/wlan0/wireless/.there": None, "proc/net/wireless": None},
        GOOD,
        "wlan0 | 192.168.1.20",
    ),
    "no cable": (attached.look_at_network, {"sys/class/net/wlan0/operstate": "down"}, LOOK, "Not connected"),
    "no address": (attached.look_at_network, {"proc/net/fib_trie": None}, LOOK, "No address yet"),
    "no way out": (attached.look_at_network, {"proc/net/route": "Iface\n"}, LOOK, "No way out"),
    "a way out by IPv6": (
        attached.look_at_network,
        {
            "proc/net/route": "Iface\n",
            "proc/net/ipv6_route": f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 00000400 1 0 3 wlan0\n",
        },
        GOOD,
        "wlan0",
    ),
    "no name server": (attached.look_at_network, {"etc/resolv.conf": "# none\n"}, LOOK, "no name server"),
    "a screen": (machine.look_at_screen, {}, GOOD, "1024 × 600 | HDMI-A-1"),
    "a frame buffer alone": (
        machine.look_at_screen,
        {"sys/class/drm/card0-HDMI-A-1/status": "disconnected", "sys/class/graphics/fb0/virtual_size": "800,480"},
        GOOD,
        "800 × 480 | fb0",
    ),
    "no screen": (
        machine.look_at_screen,
        {"sys/class/drm/card0-HDMI-A-1/status": "disconnected"},
        LOOK,
        "No screen was found",
    ),
    "touch": (machine.look_at_touch, {}, GOOD, "ILITEK Multi-Touch"),
    "no touch": (machine.look_at_touch, {"sys/class/input/event2/device/capabilities/abs": "3"}, LOOK, "No touch"),
    "capabilities that are none": (
        machine.look_at_touch,
        {"sys/class/input/event2/device/capabilities/abs": "?"},
        LOOK,
        "No touch",
    ),
    "warm": (machine.look_at_temperature, {}, GOOD, "61 degrees"),
    "hot": (machine.look_at_temperature, {"sys/class/thermal/thermal_zone0/temp": "82500"}, LOOK, "too hot"),
    "unmeasured": (machine.look_at_temperature, {"sys/class/thermal/thermal_zone0/temp": None}, NOT_USED, ""),
    "power": (machine.look_at_power, {}, GOOD, "Steady"),
    "too weak": (
        machine.look_at_power,
        {"sys/devices/platform/soc/soc:firmware/get_throttled": "50005"},
        LOOK,
        "Too weak now",
    ),
    "was too weak": (
        machine.look_at_power,
        {"sys/devices/platform/soc/soc:firmware/get_throttled": "50000"},
        LOOK,
        "It was too weak | since",
    ),
    "slowed": (
        machine.look_at_power,
        {"sys/devices/platform/soc/soc:firmware/get_throttled": "4"},
        LOOK,
        "slowed down",
    ),
    "no firmware": (
        machine.look_at_power,
        {"sys/devices/platform/soc/soc:firmware/get_throttled": None},
        NOT_USED,
        "",
    ),
    "no firmware, but vcgencmd": (
        lambda root: machine.look_at_power(root, lambda _: "throttled=0x50000\n"),
        {"sys/devices/platform/soc/soc:firmware/get_throttled": None, "dev/vcio": ""},
        LOOK,
        "It was too weak",
    ),
    "vcgencmd that fails": (
        lambda root: machine.look_at_power(root, silent),
        {"sys/devices/platform/soc/soc:firmware/get_throttled": None, "dev/vcio": ""},
        NOT_USED,
        "",
    ),
    "no systemd": (machine.look_at_units, {}, NOT_USED, ""),
    **{
        name: (
            lambda root, told=told: machine.look_at_units(root, lambda _: told),
            {"run/systemd/system/x": ""},
            *is_so,
        )
        for name, told, *is_so in (
            (
                "units",
                "kiosk.service loaded active running Station\ntram-xanh-health.timer loaded active w\n",
                GOOD,
                "2",
            ),
            ("a dead station", "kiosk.service loaded failed failed Station\n", BAD, "The station does not run"),
            ("a stopped station", "kiosk.service loaded inactive dead Station\n", BAD, "does not run"),
            ("a failed chore", "kiosk.service loaded active r\nkiosk-backup.service loaded failed f\n", LOOK, "backup"),
            ("no units", "", LOOK, "Not installed as a service"),
        )
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_part_is_told_as_it_is(tmp_path: Path, case: str) -> None:
    look, changes, state, words = CASES[case]
    finding = look(board(tmp_path, changes))
    assert (finding.state, words in said(finding)) == (state, True), said(finding)
    assert bool(finding.do) == (state in (LOOK, BAD)), "whoever must look is told what to do, and nobody else"


# ---- what reads codes

SERIAL = {"kind": "serial", "port": "/dev/ttyACM0"}
KEYBOARD = {"kind": "keyboard", "id": "05E0:1200"}
CAMERA = {"kind": "camera", "device": 0}
Readers = list[dict[str, Any]]
READERS: dict[str, tuple[Readers, Changes, dict[str, str] | None, State, State]] = {
    "none": ([], {}, None, BAD, NOT_USED),
    "a serial line": ([SERIAL], {}, None, GOOD, NOT_USED),
    "unplugged": ([SERIAL], {"dev/ttyACM0": None}, None, BAD, NOT_USED),
    "a keyboard by its id": ([KEYBOARD], {}, None, GOOD, NOT_USED),
    "a keyboard by its name": ([{"kind": "keyboard", "name": "zebra.*"}], {}, None, GOOD, NOT_USED),
    "a keyboard by its path": ([{"kind": "keyboard", "path": "/dev/input/event5"}], {}, None, GOOD, NOT_USED),
    "another keyboard": ([KEYBOARD], {"sys/class/input/event5/device/id/product": "1201"}, None, BAD, NOT_USED),
    "a name that is no pattern": ([{"kind": "keyboard", "name": "("}], {}, None, BAD, NOT_USED),
    "a camera alone": ([CAMERA], {}, None, NOT_USED, GOOD),
    "a camera alone, gone": ([CAMERA], {"dev/video0": None}, None, NOT_USED, BAD),
    "one of two gone": ([SERIAL, CAMERA], {"dev/video0": None}, None, GOOD, LOOK),
    "the other gone": ([SERIAL, CAMERA], {"dev/ttyACM0": None}, None, LOOK, GOOD),
    "the Pi's camera": (
        [{"kind": "camera", "device": "picamera"}],
        {"dev/media0": "", "usr/bin/python3": ""},
        None,
        NOT_USED,
        GOOD,
    ),
    "the Pi's camera without its package": (
        [{"kind": "camera", "device": "picamera"}],
        {"dev/media0": ""},
        None,
        NOT_USED,
        BAD,
    ),
    "the Pi's camera without its ribbon": ([{"kind": "camera", "device": "picamera"}], {}, None, NOT_USED, BAD),
    "the station has it": ([SERIAL], {}, {"serial /dev/ttyACM0": "ready"}, GOOD, NOT_USED),
    "the station has lost it": ([SERIAL], {}, {"serial /dev/ttyACM0": "lost"}, BAD, NOT_USED),
    "the station waits for it": ([SERIAL], {}, {"serial /dev/ttyACM0": "waiting"}, BAD, NOT_USED),
    "the station runs with other settings": ([SERIAL], {}, {"serial /dev/ttyS0": "ready"}, BAD, NOT_USED),
}


@pytest.mark.parametrize("case", READERS)
def test_readers_are_told_as_they_are(tmp_path: Path, case: str) -> None:
    tables, changes, running, scanner_is, camera_is = READERS[case]
    scanner, camera = attached.look_at_readers(tables, board(tmp_path, changes), running)
    assert (scanner.state, camera.state) == (scanner_is, camera_is), (said(scanner), said(camera))
    assert all(bool(one.do) == (one.state in (LOOK, BAD)) for one in (scanner, camera))


def test_a_line_that_answers_and_one_that_was_hung_up(tmp_path: Path) -> None:
    """A real pty: its other end is closed, so that the node is there and opens no more."""
    main, line = os.openpty()
    node = os.ttyname(line)
    tables = [{"kind": "serial", "port": node}]
    assert attached.look_at_readers(tables, Path("/"), None)[0].state is GOOD
    os.close(line)
    os.close(main)
    assert attached.look_at_readers(tables, Path("/"), None)[0].state is BAD


def test_a_node_that_this_account_may_not_read(tmp_path: Path) -> None:
    found, _ = attached.look_at_readers([SERIAL], board(tmp_path), None, may_read=lambda _: False)
    assert (found.state, "may not be read" in said(found)) == (BAD, True)


# ---- disk


def figures(free: int, flags: int = 0) -> Any:
    return SimpleNamespace(f_bavail=free, f_blocks=32 * GIB, f_frsize=1, f_flag=flags)


@pytest.mark.parametrize(
    ("free", "flags", "sync_ms", "changes", "state", "words"),
    [
        (21 * GIB, 0, 4.0, {}, GOOD, "21.0 GB of 32 free | 20 percent worn"),
        (21 * GIB, 0, None, {"sys/block/mmcblk0/device/life_time": None}, GOOD, "21.0 GB"),
        (GIB // 4, 0, 4.0, {}, LOOK, "Nearly full"),
        (21 * GIB, os.ST_RDONLY, 4.0, {}, BAD, "It can only be read"),
        (21 * GIB, 0, 900.0, {}, LOOK, "slow: 900 ms"),
        (21 * GIB, 0, 4.0, {"sys/block/mmcblk0/device/life_time": "0x0a 0x01"}, LOOK, "100 percent"),
    ],
)
def test_the_disk(
    tmp_path: Path, free: int, flags: int, sync_ms: float | None, changes: Changes, state: State, words: str
) -> None:
    finding = machine.look_at_disk(
        tmp_path / "not" / "yet",
        board(tmp_path, changes),
        500,
        statvfs=lambda _: figures(free, flags),
        sync_ms=lambda _: sync_ms,
    )
    assert (finding.state, words in said(finding)) == (state, True), said(finding)


def test_a_disk_that_cannot_be_asked(tmp_path: Path) -> None:
    def broken(_: Path) -> Any:
        raise OSError(5, "Input/output error")

    assert machine.look_at_disk(tmp_path, tmp_path, 500, statvfs=broken).state is BAD


def test_a_real_disk_is_measured_and_left_as_it_was(tmp_path: Path) -> None:
    took = machine.measure_sync(tmp_path)
    assert took is not None
    assert took > 0
    assert list(tmp_path.iterdir()) == []
    assert machine.measure_sync(tmp_path / "nowhere") is None


# ---- the station's own


@pytest.mark.parametrize(
    ("trusted", "by", "expected", "changes", "state", "words"),
    [
        (True, "time_sync", False, {}, GOOD, "09:42 | by the network's time"),
        (True, "centre", False, {"sys/class/rtc/rtc0/name": None}, GOOD, "by the centre"),
        (False, None, False, {}, LOOK, "Nobody vouches for it"),
        (True, "centre", True, {"sys/class/rtc/rtc0/name": None}, LOOK, "battery clock is missing"),
    ],
)
def test_the_clock(
    tmp_path: Path, trusted: bool, by: str | None, expected: bool, changes: Changes, state: State, words: str
) -> None:
    finding = station.look_at_clock(board(tmp_path, changes), trusted, by, expected, "09:42")
    assert (finding.state, words in said(finding)) == (state, True), said(finding)


def test_a_clock_that_shows_a_time_that_is_over_is_wrong(tmp_path: Path) -> None:
    finding = station.look_at_clock(board(tmp_path), False, None, False, "00:01 01/01/1970", is_past=True)
    assert finding.state is LOOK
    assert "Its time is wrong | 00:01 01/01/1970" in said(finding)


@pytest.mark.parametrize(
    ("why", "words"),
    [("name", "Its name is unknown"), ("clock", "clock is not right"), ("certificate", "not trusted"), ("x", "reach")],
)
def test_why_the_centre_could_not_be_asked(why: str, words: str) -> None:
    finding = station.look_at_centre({"standing": "unreachable", "sync_s_ago": None, "why": why}, None)
    assert finding.state is LOOK
    assert words in said(finding)


def keys(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"x")
        (folder / name).chmod(0o600)
    return folder


def test_keys(tmp_path: Path) -> None:
    data = keys(tmp_path, "device.key", "store.key", "store.db", "centre.pub")
    assert station.look_at_keys(data, "tram-1", "active").state is GOOD
    assert station.look_at_keys(data, "tram-1", "unreachable").state is GOOD
    for standing, words in (("pending", "Waits"), ("revoked", "Shut out"), ("not_enrolled", "Not enrolled")):
        finding = station.look_at_keys(data, "tram-1", standing)
        assert (finding.state, words in said(finding)) == (LOOK, True)
    (data / "store.key").chmod(0o644)
    open_to_all = station.look_at_keys(data, "tram-1", "active")
    assert (open_to_all.state, "chmod 600 store.key" in said(open_to_all)) == (LOOK, True)
    (data / "store.key").unlink()
    assert station.look_at_keys(data, "tram-1", "active").state is BAD
    (data / "store.db").unlink()
    assert station.look_at_keys(data, "tram-1", "active").state is GOOD  # it is made at the first start
    (data / "device.key").unlink()
    assert station.look_at_keys(data, "tram-1", None).state is LOOK


@pytest.mark.parametrize(
    ("centre", "state", "words"),
    [
        ({"standing": "active", "sync_s_ago": 12.0}, GOOD, "reached 12 s ago | 3 records to send"),
        ({"standing": "active", "sync_s_ago": 7300.0}, GOOD, "reached 2 h ago"),
        ({"standing": "unreachable", "sync_s_ago": 12.0}, LOOK, "Out of reach"),
        ({"standing": "unreachable", "why": "name"}, LOOK, "Its name is unknown"),
        ({"standing": "unreachable", "why": "certificate"}, LOOK, "certificate is not trusted"),
        ({"standing": "revoked"}, LOOK, "Shut out"),
        ({}, LOOK, "Not asked yet"),
    ],
)
def test_the_centre(centre: dict[str, object], state: State, words: str) -> None:
    finding = station.look_at_centre(centre, 3)
    assert (finding.state, words in said(finding)) == (state, True), said(finding)


@pytest.mark.parametrize(
    ("releases", "state", "words"),
    [
        (None, GOOD, "0.2.0 | Raspberry Pi 5"),
        ('{"current": "0.2.0", "crashes": 0, "trial": null, "refused": []}', GOOD, "0.2.0 | Raspberry Pi 5"),
        ('{"trial": {"version": "0.2.0", "starts": 1}, "crashes": 0}', GOOD, "being tried"),
        ('{"refused": ["0.2.0"], "crashes": 0}', GOOD, "taken back"),
        ('{"crashes": 2}', LOOK, "ended 2 times by itself"),
        ("[1]", GOOD, "0.2.0"),
        ("{", GOOD, "0.2.0"),
    ],
)
def test_the_version(tmp_path: Path, releases: str | None, state: State, words: str) -> None:
    file = tmp_path / "releases.json"
    if releases is not None:
        file.write_text(releases)
    finding = machine.look_at_version(board(tmp_path), "0.2.0", "0008", file)
    assert (finding.state, words in said(finding)) == (state, True), said(finding)
    assert finding.facts["kernel"] == "6.12.25+rpt-rpi-2712"


def test_every_part_has_a_title() -> None:
    from kiosk.domain.findings import STATES, TITLES

    assert set(TITLES) == set(Part)
    assert set(STATES) == set(State)
