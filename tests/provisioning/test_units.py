"""The units and the rules of the machine around them, as far as they can be read without a machine."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "systemd"
SERVICES = sorted(path.name for path in (UNITS / "system").glob("*.service"))
DISPLAYS = sorted(path.name for path in (UNITS / "display").glob("*.conf"))
MOST_EXPOSED = 15  # tenths


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root with our units beside those of this machine, and the programs that they start."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    root = tmp_path / "root"
    system = root / "etc/systemd/system"
    shutil.copytree(UNITS / "system", system)
    for place in ("usr/lib/systemd/system", "lib/systemd/system"):
        if Path("/", place).is_dir() and not (root / place).exists():
            shutil.copytree(f"/{place}", root / place, symlinks=True)
    for program in ("usr/bin/python3", "usr/bin/cage", "opt/tram-xanh/current/bin/python"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).write_text("#!/bin/sh\n")
        (root / program).chmod(0o755)
    return root


def analysed(*words: str) -> subprocess.CompletedProcess[str]:
    plain = {**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_LOG_LEVEL": "warning"}
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, env=plain, timeout=120, check=False
    )


def with_display(root: Path, display: str) -> None:
    folder = root / "etc/systemd/system/kiosk.service.d"
    folder.mkdir()
    shutil.copy(UNITS / "display" / display, folder / "display.conf")


def exposure(root: Path, unit: str) -> subprocess.CompletedProcess[str]:
    return analysed(
        "security",
        "--no-pager",
        "--offline=true",
        f"--threshold={MOST_EXPOSED}",
        str(root / "etc/systemd/system" / unit),
    )


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_exposed_little(machine: Path, service: str) -> None:
    looked = exposure(machine, service)
    assert looked.returncode == 0, looked.stdout + looked.stderr


@pytest.mark.slow
@pytest.mark.parametrize("display", DISPLAYS)
def test_so_is_the_station_with_any_screen(machine: Path, display: str) -> None:
    with_display(machine, display)
    looked = exposure(machine, "kiosk.service")
    assert looked.returncode == 0, looked.stdout + looked.stderr


@pytest.mark.slow
def test_control_a_plain_service_is_exposed_much(machine: Path) -> None:
    (machine / "etc/systemd/system/plain.service").write_text("[Service]\nExecStart=/usr/bin/python3\n")
    assert exposure(machine, "plain.service").returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("display", DISPLAYS)
def test_systemd_has_nothing_to_say_of_our_units(machine: Path, display: str) -> None:
    with_display(machine, display)
    units = [str(path) for path in sorted((machine / "etc/systemd/system").glob("*.*")) if path.is_file()]
    said = analysed("verify", f"--root={machine}", *units)
    ours = [line for line in (said.stdout + said.stderr).splitlines() if re.search("kiosk|tram-xanh|tmp.mount", line)]
    assert ours == []


@pytest.mark.slow
def test_control_it_would_say_something(machine: Path) -> None:
    unit = machine / "etc/systemd/system/kiosk.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=10", "WatchDogSec=10\nExecStop=/no/such/program"))
    said = analysed("verify", f"--root={machine}", str(unit))
    assert "WatchDogSec" in said.stdout + said.stderr


def test_a_hang_is_seen_and_ended_in_time() -> None:
    """What the benchmark measures on a machine, as far as the unit decides it: a beat may be five seconds old."""
    unit = read(UNITS / "system/kiosk.service")["Service"]
    assert unit["RestartSec"] == "200ms"
    assert 5 + int(unit["WatchdogSec"]) + int(unit["TimeoutAbortSec"]) < 25 - 5


def test_the_unit_is_started_again_without_end() -> None:
    unit = read(UNITS / "system/kiosk.service")
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"


def test_timers_do_not_ask_the_wall_clock() -> None:
    timers = list((UNITS / "system").glob("*.timer"))
    assert timers
    for timer in timers:
        assert "OnBootSec" in read(timer)["Timer"]
        assert set(read(timer)["Timer"]) <= {"OnBootSec", "OnUnitInactiveSec", "RandomizedDelaySec"}


def test_a_proof_is_noted_down_soon_after_each_start_and_waits_for_no_network() -> None:
    """It lies in memory, and who does not find it at the next start refuses the release."""
    prove, update = (read(UNITS / f"system/tram-xanh-{name}.service") for name in ("prove", "update"))
    assert prove["Service"]["ExecStart"].endswith("update --resume")
    assert not {"Wants", "Requires", "After"} & set(prove["Unit"])
    own = {"ExecStart", "TimeoutStartSec", "IOSchedulingClass", "ReadWritePaths"}
    assert {name: prove["Service"].get(name) for name in set(update["Service"]) - own} == {
        name: value for name, value in update["Service"].items() if name not in own
    }
    timer = read(UNITS / "system/tram-xanh-prove.timer")
    assert timer["Timer"]["OnBootSec"] == "2min"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_every_file_is_named_where_it_is_told_what_goes_where() -> None:
    told = (UNITS / "README.md").read_text("utf-8")
    for path in UNITS.rglob("*"):
        if path.is_file() and path.name != "README.md":
            assert path.relative_to(UNITS).as_posix() in told


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(unit, "utf-8")
    return parser
