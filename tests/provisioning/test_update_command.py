"""What `update` makes of what the station says, and of what was fetched."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.small_release import BAD, GOOD, Publisher, make_wheel, station_with, version_that_runs
from central_link.releases import Offered
from demo.processes import ROOT
from devices.host.status_socket import NAME
from kiosk.config import KioskConfig, load
from provisioning.chooser.choose import Releases, write_releases
from provisioning.fetch_release import _is_wanted
from provisioning.update_command import status_of

pytestmark = pytest.mark.slow

CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = "H"
item = "T"
[central]
kind = "simulated"
"""


@pytest.fixture
def config(tmp_path: Path) -> KioskConfig:
    (tmp_path / "data").mkdir()
    (tmp_path / "kiosk.toml").write_text(CONFIG, encoding="utf-8")
    return load(tmp_path / "kiosk.toml")


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (json.dumps({"screen": "home"}).encode(), {"screen": "home"}),
        (b"", {}),
        (b"{", {}),
        (b"null", {}),
        (b'["home"]', {}),
        (b"[" * 100_000, {}),
    ],
    ids=["ours", "nothing", "half", "null", "a list", "deep"],
)
def test_a_station_that_says_nothing_of_use_runs_all_the_same(
    config: KioskConfig, answer: bytes, heard: dict[str, object]
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(config.data / NAME))
        listening.listen(1)

        def serve() -> None:
            asking, _ = listening.accept()
            with asking:
                while asking.recv(100):
                    pass
                asking.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert status_of(config) == heard
        thread.join()


def test_control_none_runs(config: KioskConfig) -> None:
    assert status_of(config) is None
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(config.data / NAME))
    assert status_of(config) is None


def test_a_blank_machine_has_nothing_to_resume(tmp_path: Path) -> None:
    """It asks two minutes after each start, and a unit that fails each time would be shown to staff."""
    (tmp_path / "publisher").mkdir()
    places = station_with(tmp_path / "root", Publisher(tmp_path / "publisher"), "0.1.0")
    (tmp_path / "kiosk.toml").write_text('[station]\ndata = "data"\n', encoding="utf-8")
    words = ["--root", str(places.root), "--config", str(tmp_path / "kiosk.toml"), "--language", "en"]
    command = [sys.executable, "-m", "provisioning", "update"]
    done = subprocess.run([*command, "--resume", *words], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (0, "There is nothing to update.\n"), done.stderr
    done = subprocess.run([*command, "--fetched", *words], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2  # it has no centre that could have sent anything


@pytest.mark.parametrize(("run", "status", "runs"), [(GOOD, 0, "0.2.0"), (BAD, 1, "0.1.0")])
def test_a_blank_machine_takes_a_bundle_from_a_hand(tmp_path: Path, run: str, status: int, runs: str) -> None:
    (tmp_path / "publisher").mkdir()
    publisher = Publisher(tmp_path / "publisher")
    places = station_with(tmp_path / "root", publisher, "0.1.0")
    (tmp_path / "kiosk.toml").write_text('[station]\ndata = "data"\n', encoding="utf-8")
    restart = f"{places.current}/bin/python -I -m kiosk run {places.marks}"
    words = ["--root", str(places.root), "--config", str(tmp_path / "kiosk.toml"), "--restart", restart]
    bundle = ["--bundle", str(publisher.bundle("0.2.0", run)), "--within", "20" if run is GOOD else "0.5"]
    command = [sys.executable, "-m", "provisioning", "update", *bundle, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == status, done.stderr
    assert version_that_runs(places) == runs


NO_PROGRAM = '"""'  # that no Python can read
KILLED = {"dies.pth": "import os, sys; sys.argv[-1:] == ['--version'] and os.kill(os.getpid(), 9)\n"}
"""As the kernel does it when memory is short."""
FULL = "import sys, os, provisioning.self_update as one; one._SPARE_BYTES = 1 << 60"
PROGRAM = """
sys.prefix = os.path.realpath(sys.prefix)
from provisioning.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("what", "status", "goes"),
    [
        ("of a thief", 2, True),
        ("that cannot be built", 1, True),
        ("taken back", 2, True),
        ("on a full disk", 2, False),
        ("for want of memory", 1, False),
        ("while another updates", 1, False),
    ],
)
def test_what_will_never_be_installed_goes_and_is_known_by_its_hash(
    config: KioskConfig, tmp_path: Path, what: str, status: int, goes: bool
) -> None:
    """Else 140 MB would come, or be built, every six hours."""
    (tmp_path / "publisher").mkdir()
    (tmp_path / "thief").mkdir()
    publisher = Publisher(tmp_path / "publisher")
    places = station_with(tmp_path / "root", publisher, "0.1.0")
    maker = Publisher(tmp_path / "thief") if what == "of a thief" else publisher
    more = {make_wheel(tmp_path, "more", "1.0", KILLED): ()} if what == "for want of memory" else {}
    bundle = maker.bundle("0.2.0", NO_PROGRAM if what == "that cannot be built" else GOOD, more)
    with bundle.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    incoming = config.data / "incoming"
    incoming.mkdir()
    shutil.copyfile(bundle, incoming / f"{sha256}.bundle")
    if what == "taken back":
        write_releases(places, Releases("0.1.0", refused=("0.2.0",)))
    begin = FULL if what == "on a full disk" else "import sys, os"
    words = ["--fetched", "--root", str(places.root), "--config", str(config.folder / "kiosk.toml")]
    with (places.kept / "update.lock").open("w") as other:
        if what == "while another updates":
            fcntl.flock(other, fcntl.LOCK_EX)
        command = [sys.executable, "-c", begin + PROGRAM, "update", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == status, done.stderr
    assert any(incoming.iterdir()) is not goes
    assert (places.kept / "unfit").exists() is goes
    offered, known = Offered("0.2.0", bundle.stat().st_size, sha256), Releases("0.1.0")
    assert _is_wanted(offered, known, places) is not goes
    assert _is_wanted(replace(offered, sha256="0" * 64), known, places)  # another build of it
    assert _is_wanted(offered, Releases("0.1.1"), places)  # a newer release may understand it
    assert not _is_wanted(replace(offered, sha256="0" * 64), Releases("0.1.0", refused=("0.2.0",)), places)


COMES_MEANWHILE = """
import os, shutil, sys
from provisioning import self_update
begun = self_update.Updater.update
def update(self, bundle, **said):
    if os.path.exists({there!r}):
        os.rename({there!r}, {here!r})
        os.utime({here!r})
    return begun(self, bundle, **said)
self_update.Updater.update = update
"""


@pytest.mark.long
@pytest.mark.parametrize("first", ["good", "of a thief", "bad", "older"])
def test_an_update_that_comes_while_another_is_at_work_has_its_turn_at_once(
    config: KioskConfig, tmp_path: Path, first: str
) -> None:
    """From a stick, say: systemd begins no unit that is at work. It is neither deleted with the first one, nor held
    for unfit in its place."""
    for name in ("publisher", "thief"):
        (tmp_path / name).mkdir()
    publisher = Publisher(tmp_path / "publisher")
    places = station_with(tmp_path / "root", publisher, "0.1.0")
    maker = Publisher(tmp_path / "thief") if first == "of a thief" else publisher
    incoming = config.data / "incoming"
    incoming.mkdir()
    here, there = incoming / f"{'b' * 64}.bundle", tmp_path / "there"
    version = "0.0.9" if first == "older" else "0.2.0"
    shutil.copyfile(maker.bundle(version, BAD if first == "bad" else GOOD), incoming / f"{'a' * 64}.bundle")
    shutil.copyfile(publisher.bundle("0.3.0"), there)
    begin = COMES_MEANWHILE.format(there=str(there), here=str(here))
    restart = f"{places.current}/bin/python -I -m kiosk run {places.marks}"
    words = ["--fetched", "--root", str(places.root), "--config", str(config.folder / "kiosk.toml")]
    words += ["--restart", restart, "--within", "0.5" if first == "bad" else "20"]
    command = [sys.executable, "-c", begin + PROGRAM, "update", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert version_that_runs(places) == "0.3.0"
    assert not any(incoming.iterdir())
    unfit = places.kept / "unfit"
    assert unfit.exists() is (first == "of a thief")
    assert not unfit.exists() or unfit.read_text() == f"{'a' * 64} 0.1.0"
