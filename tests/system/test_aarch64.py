"""On the kind of machine that a Raspberry Pi is, emulated: the bundle installs without a network, all of it runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk import __version__
from tests.system.bare import bare_debian, inside, install
from tests.system.bundles import offline_bundle

pytestmark = pytest.mark.system


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="tram-xanh-aarch64-", dir="/var/tmp") as name:
        yield Path(name)


def test_the_locked_wheels_install_and_everything_runs(folder: Path) -> None:
    """With --require-hashes: provisioning.release_folder installs in no other way."""
    root = bare_debian(folder / "root", architecture="arm64")
    assert inside(root, "uname", "-m").stdout == "aarch64\n"
    done = install(offline_bundle(folder, "arm64"), root)
    assert done.returncode == 0, done.stdout + done.stderr
    python = "/opt/tram-xanh/current/bin/python"
    assert inside(root, python, "-m", "kiosk", "--version").stdout == f"tram-xanh {__version__}\n"
    shutil.copyfile(Path(__file__).parent / "heavy.py", root / "tmp/heavy.py")
    ran = inside(root, python, "/tmp/heavy.py")
    assert ran.stdout.endswith("every heavy package works\n"), ran.stderr[-2000:]


def test_control_the_bundle_of_another_kind_of_machine_is_refused(folder: Path) -> None:
    root = bare_debian(folder / "root", architecture="arm64")
    refused = install(offline_bundle(folder, "amd64"), root)
    assert refused.returncode == 1
    assert "the bundle is for bookworm on amd64, this machine is bookworm on arm64" in refused.stdout
