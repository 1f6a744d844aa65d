"""What lies under releases/ on a station; and whose fault it is when a release cannot be built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.small_release import Publisher, make_wheel
from demo.processes import ROOT
from provisioning.bundle import open_bundle, read_manifest, unpack
from provisioning.release_folder import releases_in, remove_release
from tests.faults.station_on_a_disk import SmallDisk

BUILDS = """
import pathlib, resource, sys
from provisioning.release_folder import CannotBuild, build_release
if limit := int(sys.argv[3]):
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    build_release(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    print("built")
except (CannotBuild, OSError) as error:
    print(type(error).__name__, error)
"""
LARGE = {"large.py": "#" * 2_000_000}
DIES = "import os, sys; sys.argv[-1:] == ['--version'] and os.kill(os.getpid(), {signal})\n"


@pytest.mark.parametrize("version", ["", ".", "..", "../0.2.0", "0.2", "0.2.0/..", "0.2.0\n"])
def test_only_a_version_is_ever_removed(tmp_path: Path, version: str) -> None:
    for there in ("0.1.0", "0.2.0"):
        (tmp_path / there).mkdir()
    with pytest.raises(ValueError, match="three numbers"):
        remove_release(tmp_path, version)
    assert releases_in(tmp_path) == ["0.1.0", "0.2.0"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk", 1)
    yield disk
    disk.close()


def unpacked(folder: Path, run: str = "", more: Mapping[str, str] | None = None) -> Path:
    """Of a bundle that brings a wheel with the files `more` besides."""
    wheels: dict[Path, Collection[str]] = {make_wheel(folder, "more", "1.0", dict(more)): ()} if more else {}
    to = folder / "unpacked"
    to.mkdir()
    with open_bundle(Publisher(folder).bundle("0.2.0", run, wheels)) as file:
        unpack(file, read_manifest(file, lambda _content, _signature: True), to)
    return to


def built(unpacked: Path, releases: Path, *inside: str, memory: int = 0) -> str:
    command = [*inside, sys.executable, "-c", BUILDS, str(unpacked), str(releases), str(memory)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("is_filled", [True, False], ids=["before it begins", "while it is installed"])
def test_a_full_disk_is_no_fault_of_the_bundle(tmp_path: Path, disk: SmallDisk, is_filled: bool) -> None:
    if is_filled:
        disk.fill()
    said = built(unpacked(tmp_path, more=LARGE), tmp_path / "disk", *disk.inside)
    assert said == "OSError [Errno 28] No space left on device"


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [16, 24, 32, 40])
def test_nor_is_memory_that_is_not_there(tmp_path: Path, megabytes: int) -> None:
    said = built(unpacked(tmp_path), tmp_path / "releases", memory=megabytes * 1_000_000)
    assert said.startswith("OSError [Errno 12]"), said


@pytest.mark.slow
def test_nor_that_somebody_ended_it(tmp_path: Path) -> None:
    """The kernel when memory is short, or the machine that is switched off."""
    said = built(unpacked(tmp_path, more={"dies.pth": DIES.format(signal=9)}), tmp_path / "releases")
    assert said == "InterruptedError [Errno 4] ended by signal 9"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "more", "spoilt"),
    [('"""', {}, False), ("", {"dies.pth": DIES.format(signal=11)}, False), ("", LARGE, True)],
    ids=["no program", "a fault of its own code", "a wheel that the lock does not name"],
)
def test_control_what_is_the_bundles_own_fault(tmp_path: Path, run: str, more: dict[str, str], spoilt: bool) -> None:
    folder = unpacked(tmp_path, run, more)
    if spoilt:
        wheel = next((folder / "wheels").glob("more*"))
        wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    assert built(folder, tmp_path / "releases").startswith("CannotBuild")
