"""A bare Debian becomes a station from the offline bundle, without a network; again, it changes nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk import __version__
from tests.system.bare import bare_debian, inside, install, provisioning, tree
from tests.system.bundles import offline_bundle

pytestmark = pytest.mark.system

_SAYS = f"tram-xanh {__version__}\n"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not under pytest's own folder, which keeps what it was given."""
    with TemporaryDirectory(prefix="tram-xanh-installs-", dir="/var/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Path:
    """For this kind of machine and Debian 12."""
    return offline_bundle(folder, "amd64")


@pytest.fixture
def root(folder: Path) -> Iterator[Path]:
    yield bare_debian(folder / "root")
    shutil.rmtree(folder / "root")


def _version(root: Path) -> str:
    return inside(root, "/opt/tram-xanh/current/bin/python", "-m", "kiosk", "--version").stdout


def test_installs_without_a_network_and_a_second_time_changes_nothing(bundle: Path, root: Path) -> None:
    before, theirs = tree(root), tree(bundle)
    dry = install(bundle, root, "--dry-run")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert tree(root) == before

    first = install(bundle, root)
    assert first.returncode == 0, first.stdout + first.stderr
    assert _version(root) == _SAYS
    after = tree(root)
    _, owner, _, _, _ = after["var/lib/tram-xanh"]
    assert owner != 0
    assert all(after[name][1:3] == (0, 0) for name in after if name.startswith(("opt/tram-xanh", "etc/tram-xanh")))

    second = install(bundle, root)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Nothing was changed" in second.stdout
    assert tree(root) == after
    assert tree(bundle) == theirs

    # Control: what is not as it should be is seen, by the comparison and by the installer, and put right.
    (root / "etc/systemd/system/kiosk.service").write_text("")
    (root / "var/lib/tram-xanh").chmod(0o755)
    assert tree(root) != after
    third = install(bundle, root)
    assert "Nothing was changed" not in third.stdout
    assert tree(root, times=False) == {name: (*about[:4], None) for name, about in after.items()}


def test_a_removal_leaves_what_was_lent(bundle: Path, root: Path) -> None:
    assert install(bundle, root).returncode == 0
    (root / "var/lib/tram-xanh/store.db").write_text("loans")
    removed = install(bundle, root, "--remove")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert "/var/lib/tram-xanh (loans, keys)" in removed.stdout
    assert (root / "var/lib/tram-xanh/store.db").read_text() == "loans"
    assert not (root / "opt/tram-xanh").exists()
    assert not (root / "etc/systemd/system/kiosk.service").exists()
    assert not (root / "etc/systemd/system/getty@tty1.service").is_symlink()
    assert install(bundle, root).returncode == 0
    assert (root / "var/lib/tram-xanh/store.db").read_text() == "loans"


def test_killed_again_and_again_it_is_finished_by_the_next_run(bundle: Path, root: Path) -> None:
    """At the files, in the middle of dpkg, and while the release is built."""
    for seconds in (2.0, 4.0, 6.0, 8.0, 10.0, 12.0):
        words = ["unshare", "--net", "/usr/bin/python3", str(bundle / "install.py"), "--root", str(root)]
        process = subprocess.Popen(
            [*words, "--display", "offscreen"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = install(bundle, root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _version(root) == _SAYS
    assert "Nothing was changed" in install(bundle, root).stdout


def test_goes_on_where_dpkg_was_cut_off(bundle: Path, root: Path) -> None:
    """What dpkg leaves when the plug is pulled: a change that is noted down and not taken over yet."""
    status = (root / "var/lib/dpkg/status").read_text()
    (root / "var/lib/dpkg/updates/0000").write_text(status[: status.index("\n\n") + 1])
    # Control: apt by itself does nothing more.
    stopped = inside(root, "apt-get", "install", "python3")
    assert stopped.returncode != 0
    assert "dpkg was interrupted" in stopped.stderr
    done = install(bundle, root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "packages that were half installed were finished" in done.stdout
    assert _version(root) == _SAYS


def test_a_bundle_that_was_damaged_or_is_a_strangers_changes_nothing(bundle: Path, root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tram-xanh"
    shutil.copytree(bundle, copy)
    before = tree(root)
    deb = next(copy.glob("debs/libzbar0_*.deb"))
    whole = deb.read_bytes()
    deb.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    refused = install(copy, root)
    assert refused.returncode == 1
    assert f"debs/{deb.name} in the bundle is damaged" in refused.stdout
    assert "Copy the folder" in refused.stdout
    assert tree(root) == before
    deb.write_bytes(whole)

    # A station that believes one publisher takes nothing from another, whatever the folder says.
    provisioning("make-publisher-key", "--out", str(tmp_path / "other.key"))
    (root / "etc/tram-xanh").mkdir()
    shutil.copyfile(tmp_path / "other.pub", root / "etc/tram-xanh/publisher.pub")
    refused = install(copy, root)
    assert refused.returncode == 1
    assert "not signed by our publisher" in refused.stdout
    assert not (root / "opt/tram-xanh/current").exists()
    (root / "etc/tram-xanh/publisher.pub").unlink()
    assert install(copy, root).returncode == 0
