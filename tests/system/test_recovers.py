"""The station's units in a real systemd: whatever hangs, dies or is gone, somebody in front of it is served again."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from demo.processes import ROOT
from tests.system.machine import UNIT, Machine
from tests.system.recovering import (
    HANGS,
    hang_to_usable,
    hung,
    kill_again_and_again,
    kill_to_usable,
)

pytestmark = pytest.mark.system

KILLS = 200
_QUICK = 8
_LONGER_THAN_ANY_WATCHDOG_S = 40.0
_STAFF = "staff are called"
KILL_CAGE = """for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm")" = cage ] && kill -KILL "${process#/proc/}" && exit
done; false"""


def test_starts_and_lends_by_a_scan(there: Machine) -> None:
    there.boot()
    there.lends()
    assert there.about("ActiveState") == "active"


def test_is_usable_again_after_the_hang_of_any_owner(there: Machine) -> None:
    there.boot()
    there.lends()
    for hangs, who in enumerate(HANGS, 1):
        hang_to_usable(there, who)
        assert there.journal().count("Watchdog timeout") == hangs, who
    there.lends()


@pytest.mark.parametrize("who", ["window", "camera"])
def test_control_without_the_watchdog_a_hang_stays(there: Machine, who: str) -> None:
    there.drop_in("control", "[Service]\nWatchdogSec=0\n")
    there.boot()
    there.lends()
    with hung(there, who) as process:
        time.sleep(_LONGER_THAN_ANY_WATCHDOG_S)
        assert there.main_process() == process


def test_is_usable_again_after_a_kill(there: Machine) -> None:
    there.boot()
    there.lends()
    for _ in range(3):
        kill_to_usable(there)
    there.lends()


def test_however_often_it_is_killed_the_unit_is_never_dead(there: Machine) -> None:
    there.boot()
    assert kill_again_and_again(there, KILLS, random.Random(1)) == 0
    there.lends()  # at most after the minute in which staff are called


def test_control_with_the_usual_limit_of_starts_some_kills_leave_a_dead_unit(there: Machine) -> None:
    there.drop_in("control", "[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=5\n")
    there.boot()
    assert kill_again_and_again(there, _QUICK, random.Random(1)) > 0


def test_releases_may_be_deleted_and_crash_and_staff_are_called_when_none_is_left(there: Machine) -> None:
    buffer = _with_a_screen(there)
    there.install_release("0.2.0")
    releases = there.root / "opt/tram-xanh/releases"
    there.boot()
    there.lends()
    assert "release 0.2.0, start 1" in there.journal()

    kept = there.root / "opt/kept"
    (releases / "0.2.0").rename(kept)
    there.kill()
    there.lends()
    assert "release 0.1.0, start 2" in there.journal()

    shutil.rmtree(releases / "0.1.0")
    there.kill()
    there.until("staff are called", lambda: _STAFF in there.journal())
    there.until("the picture is drawn", lambda: any(buffer.read_bytes()))
    assert there.about("ActiveState") == "active", "what calls staff feeds the watchdog"

    kept.rename(releases / "0.2.0")
    there.kill()  # else after a minute
    there.lends()


def test_a_release_that_crashes_gives_way_to_the_other(there: Machine) -> None:
    there.install_release("0.2.0")
    (packages,) = (there.root / "opt/tram-xanh/releases/0.2.0").glob("lib/python3.*/site-packages")
    (packages / "kiosk/__main__.py").write_text("raise SystemExit(1)\n")
    there.boot()
    there.lends()
    said = there.journal()
    assert [f"release 0.2.0, start {n}" in said for n in (1, 2, 3)] == [True] * 3
    assert "release 0.1.0, start 4" in said


def test_lends_in_a_compositor_and_is_usable_again_when_either_of_them_is_killed(there: Machine) -> None:
    cage = (ROOT / "systemd/display/cage.conf").read_text()
    # No graphics card, no seat: the compositor draws in memory, too.
    without_a_card = "Environment=WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman\n"
    there.drop_in("display", cage + without_a_card)
    there.boot()
    there.lends()
    kill_to_usable(there)
    process = there.main_process()
    assert there.run("sh", "-c", KILL_CAGE).returncode == 0
    there.until("it is another process", lambda: there.main_process() not in (0, process))
    there.lends()
    there.run("systemctl", "stop", UNIT)
    assert there.about("Result") == "success", "a compositor that is asked to end first would take it along"


def _with_a_screen(there: Machine) -> Path:
    """A frame buffer at its device node, and its geometry: files, for a container has no screen."""
    stand_in = there.root / "stand-in"
    about = stand_in / "sys/class/graphics/fb0"
    about.mkdir(parents=True)
    (stand_in / "dev").mkdir()
    for name, text in {"virtual_size": "800,480", "bits_per_pixel": "32", "stride": "3200"}.items():
        (about / name).write_text(text + "\n")
    buffer = stand_in / "dev/fb0"
    buffer.write_bytes(bytes(3200 * 480))
    buffer.chmod(0o666)
    for name in ("etc", "opt", "run", "var"):
        (stand_in / name).symlink_to(f"/{name}")
    start = "/usr/bin/python3 -I -S /opt/tram-xanh/chooser/start.py --root /stand-in"
    there.drop_in("screen", f"[Service]\nExecStart=\nExecStart={start}\nReadWritePaths=/stand-in\n")
    return buffer
