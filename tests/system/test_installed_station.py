"""What the installer made of a bare Debian, booted: it lends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.system.bare import bare_debian, install
from tests.system.bundles import offline_bundle
from tests.system.machine import Machine

pytestmark = pytest.mark.system


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="tram-xanh-installed-", dir="/var/tmp") as name:
        yield Path(name)


def test_a_station_from_the_offline_bundle_boots_and_lends(folder: Path) -> None:
    root = bare_debian(folder / "root")
    done = install(offline_bundle(folder, "amd64"), root)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "life").mkdir()
    there = Machine(root, folder / "life")
    try:
        there.furnish()
        there.boot()
        there.lends()
        assert there.run("systemctl", "--failed", "--no-legend").stdout == ""
        listening = there.run("cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.splitlines()
        assert [line for line in listening if line.split()[3] == "0A"] == []
    finally:
        there.stop()
