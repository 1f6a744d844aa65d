"""The commands of a station whose wall clock is wrong: real processes under libfaketime, the real server process, TLS
with a certificate of today. What a running station does then is in test_clock_process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from central_server import health
from central_server.database import open_store, reading
from central_server.wire import HealthReport
from demo.enrolment import confirm
from demo.processes import PATIENCE_S, ROOT, Server, run_or_fail
from demo.school import LIBRARY, SAMPLES
from tests.central_server.test_https import made_certificate
from tests.faults.preloaded import preloaded
from tests.faults.test_clock_process import AHEAD, BACK, EPOCH, LIBFAKETIME, SKIPPED

pytestmark = [pytest.mark.slow(20), pytest.mark.long]

WRONG = (EPOCH, BACK, AHEAD)
RUN = """
import sys
from pathlib import Path
import requests.adapters
from devices.host import clock
requests.adapters.DEFAULT_CA_BUNDLE_PATH = {everybody_trusts!r}
known = clock.HostClock.__init__.__kwdefaults__
known["kernel_is_synchronised"] = lambda: {is_synchronised}
known["synchronized_file"] = Path("/nonexistent")
from provisioning.__main__ import main
sys.exit(main())
"""
"""`python -m provisioning` where nobody (or the time sync) vouches for the machine's clock."""


@dataclass
class School:
    """A centre by https, and machines whose clock is turned by `env`."""

    server: Server
    authority: Path
    waits: Path

    def command(self, *words: str, is_synchronised: bool = False) -> list[str]:
        return [
            sys.executable,
            "-c",
            RUN.format(everybody_trusts=str(self.authority), is_synchronised=is_synchronised),
            *words,
        ]

    def env(self, wall: str | Path) -> dict[str, str]:
        """`wall`: as libfaketime takes it, or the file that says it, and may say otherwise later."""
        where = {"FAKETIME": wall} if isinstance(wall, str) else {"FAKETIME_TIMESTAMP_FILE": str(wall)}
        preload = {"LD_PRELOAD": f"{self.waits} {LIBFAKETIME}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return {**os.environ, **preload, **where, "FAKETIME_CACHE_DURATION": "1"}

    def run(self, wall: str, *words: str, is_synchronised: bool = False) -> subprocess.CompletedProcess[str]:
        asked = self.command(*words, is_synchronised=is_synchronised)
        return subprocess.run(
            asked, cwd=ROOT, env=self.env(wall), capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    def code(self, folder: Path, device: str, *more: str) -> Path:
        """A file with a new code for `device`."""
        file = folder / "code.txt"
        asked = ("enrol-token", *self.server.where, "--library", LIBRARY, "--device", device)
        run_or_fail("central_server", *asked, "--url", self.server.url, "--qr", str(file), *more)
        return file

    def enrol(self, machine: Path, device: str, wall: str, *more: str) -> int:
        """With somebody at the centre who compares the words."""
        words = ("enrol", "--code", str(machine.parent / "code.txt"), "--config", str(machine), "--json", *more)
        with subprocess.Popen(
            self.command(*words), cwd=ROOT, env=self.env(wall), stdout=subprocess.PIPE, text=True
        ) as asked:
            assert asked.stdout is not None
            shown = asked.stdout.readline()
            assert shown, asked.wait()
            confirm(self.server, LIBRARY, device, json.loads(shown)["words"])
            return asked.wait(PATIENCE_S)

    def told(self, device: str) -> HealthReport:
        store = open_store(self.server.data, create=False)
        try:
            with reading(store) as connection:
                known = {one.device.name: one.report for one in health.known(connection, LIBRARY)}
        finally:
            store.close()
        report = known[device]
        assert report is not None
        return report


def machine_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "kiosk.toml"
    file.write_text('[station]\ndata = "data"\n[log]\nfile = "station.log"\n')
    return file


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    if LIBFAKETIME is None:
        pytest.skip(SKIPPED)
    folder = tmp_path_factory.mktemp("school")
    certificate, key = made_certificate(folder)  # good from an hour ago until tomorrow
    data = folder / "centre"
    data.mkdir()
    named = ("--data", str(data), "--library", LIBRARY, "--library-name", "Hoa Sen")
    run_or_fail("central_server", "import", *named, "--kind", "station", str(SAMPLES / "station.toml"))
    server = Server(data, "--certificate", str(certificate), "--key", str(key), "--ca", str(certificate))
    server.start()
    yield School(server, certificate, preloaded("unturned_waits.c", folder))
    server.stop()


@pytest.fixture(scope="module")
def enrolled(school: School, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kiosk.toml of a machine that is tram-1, with its centre's authority pinned, to be copied."""
    machine = machine_in(tmp_path_factory.mktemp("enrolled"))
    school.code(machine.parent, "tram-1", "--ca", str(school.authority))
    assert school.enrol(machine, "tram-1", "+0d") == 0
    return machine


def copy_of(machine: Path, folder: Path, *, pinned: bool = True) -> Path:
    copy = Path(shutil.copytree(machine.parent, folder / "machine")) / machine.name
    station = copy.parent / "data" / "station.toml"
    if not pinned:
        kept = [line for line in station.read_text().splitlines() if not line.startswith("ca_file")]
        station.write_text("\n".join(kept))
    return copy


def parts(school: School, wall: str, machine: Path, is_synchronised: bool = False) -> dict[str, Any]:
    done = school.run(wall, "check", "--json", "--config", str(machine), is_synchronised=is_synchronised)
    found: dict[str, Any] = json.loads(done.stdout)["parts"]
    return found


@pytest.mark.parametrize("wall", WRONG)
def test_the_check_says_that_the_clock_is_what_is_wrong(
    school: School, enrolled: Path, tmp_path: Path, wall: str
) -> None:
    """With a pinned authority the centre is reached all the same."""
    machine = copy_of(enrolled, tmp_path)
    found = parts(school, wall, machine)
    assert (found["centre"]["state"], found["centre"]["facts"]["standing"]) == ("good", "active")
    assert found["clock"]["state"] == "look"
    assert found["clock"]["what"].startswith("Nobody vouches for it" if wall == AHEAD else "Its time is wrong")
    station = machine.parent / "data" / "station.toml"
    station.write_text("".join(line for line in station.open() if not line.startswith("ca_file")))
    (machine.parent / "data" / "device.key").rename(tmp_path / "device.key")
    for _ in range(2):  # one that is not enrolled yet, and one that is
        found = parts(school, wall, machine)
        assert (found["centre"]["facts"]["why"], found["centre"]["state"]) == ("clock", "look")
        assert found["centre"]["what"].startswith("This machine's clock is not right")
        if not (machine.parent / "data" / "device.key").exists():
            (tmp_path / "device.key").rename(machine.parent / "data" / "device.key")


def test_control_with_a_clock_that_somebody_vouches_for_it_is_the_certificate(
    school: School, enrolled: Path, tmp_path: Path
) -> None:
    found = parts(school, AHEAD, copy_of(enrolled, tmp_path, pinned=False), is_synchronised=True)
    assert found["centre"]["facts"]["why"] == "certificate"


@pytest.mark.parametrize("wall", WRONG)
def test_a_machine_enrols_and_tells_by_a_wrong_clock(school: School, tmp_path: Path, wall: str) -> None:
    """With the centre's authority in its code."""
    device = f"tram-{WRONG.index(wall) + 11}"
    machine = machine_in(tmp_path / "machine")
    school.code(machine.parent, device, "--ca", str(school.authority))
    assert school.enrol(machine, device, wall) == 0
    assert (machine.parent / "data" / "station.toml").exists()

    done = school.run(wall, "health", "--config", str(machine), "--language", "en")
    assert "The centre was told." in done.stdout, done
    told = school.told(device)
    assert (told.running, told.clock_trusted, told.parts["clock"]) == (False, False, "look")


def test_the_clock_jumps_while_somebody_compares_the_words_and_it_gets_a_new_key(
    school: School, tmp_path: Path
) -> None:
    machine = machine_in(tmp_path / "machine")
    code, clock = school.code(machine.parent, "tram-21", "--ca", str(school.authority)), tmp_path / "clock"
    clock.write_text("+0d\n")
    words = ("enrol", "--code", str(code), "--config", str(machine), "--json")
    with subprocess.Popen(
        school.command(*words), cwd=ROOT, env=school.env(clock), stdout=subprocess.PIPE, text=True
    ) as asked:
        assert asked.stdout is not None
        shown = json.loads(asked.stdout.readline())
        clock.write_text(f"{EPOCH}\n")
        confirm(school.server, LIBRARY, "tram-21", shown["words"])
        assert asked.wait(PATIENCE_S) == 0

    (machine.parent / "code.txt").unlink()
    school.code(machine.parent, "tram-21", "--ca", str(school.authority), "--replace")
    before = (machine.parent / "data" / "device.key").read_bytes()
    assert school.enrol(machine, "tram-21", AHEAD, "--again") == 0
    assert (machine.parent / "data" / "device.key").read_bytes() != before


@pytest.mark.parametrize("wall", [EPOCH, AHEAD])
def test_without_a_pin_enrolling_says_that_the_clock_is_wrong_and_goes_on_when_it_is_right(
    school: School, tmp_path: Path, wall: str
) -> None:
    machine, device = machine_in(tmp_path / "machine"), f"tram-{WRONG.index(wall) + 31}"
    asked = ("enrol", "--code", str(school.code(machine.parent, device)), "--config", str(machine), "--language", "en")
    done = school.run(wall, *asked)
    assert done.returncode == 1
    assert "clock" in done.stderr, done.stderr
    assert "certificate" not in done.stderr
    assert school.enrol(machine, device, "+0d") == 0


@pytest.mark.parametrize("wall", WRONG)
def test_a_support_bundle_says_of_which_time_it_is(school: School, enrolled: Path, tmp_path: Path, wall: str) -> None:
    machine, stick = copy_of(enrolled, tmp_path), tmp_path / "stick"
    stick.mkdir()
    asked = ("support-bundle", "--out", str(stick), "--config", str(machine))
    for _ in range(2):
        assert school.run(wall, *asked).returncode == 0
    assert sorted(one.name for one in stick.iterdir()) == ["tram-1-undated-2.tar.gz", "tram-1-undated.tar.gz"]
    with tarfile.open(stick / "tram-1-undated.tar.gz") as bundle:
        about = bundle.extractfile("support/about.json")
        assert about is not None
        made = json.load(about)["made"]
    assert made["time"] is None
    assert made["machine_clock"][:4] == {EPOCH: "1970"}.get(wall, made["machine_clock"][:4])
    assert school.run(wall, "support-bundle", "--send", "--config", str(machine)).returncode == 0


def test_a_support_bundle_is_dated_by_a_clock_that_somebody_vouches_for(
    school: School, enrolled: Path, tmp_path: Path
) -> None:
    machine, stick = copy_of(enrolled, tmp_path), tmp_path / "stick"
    stick.mkdir()
    asked = ("support-bundle", "--out", str(stick), "--config", str(machine))
    assert school.run("+0d", *asked, is_synchronised=True).returncode == 0
    (file,) = stick.iterdir()
    assert file.name.startswith("tram-1-20")
    with tarfile.open(file) as bundle:
        about = bundle.extractfile("support/about.json")
        assert about is not None
        made = json.load(about)["made"]
    assert made["time"] == made["machine_clock"]
    assert made["time"].endswith("+07:00")
