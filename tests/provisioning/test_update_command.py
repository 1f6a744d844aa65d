"""What `update` makes of what the station says, and of what was fetched."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.small_release import Publisher, station_with
from demo.processes import ROOT
from devices.host.status_socket import NAME
from kiosk.config import KioskConfig, load
from provisioning.update_command import _status_of

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
        assert _status_of(config) == heard
        thread.join()


def test_control_none_runs(config: KioskConfig) -> None:
    assert _status_of(config) is None
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(config.data / NAME))
    assert _status_of(config) is None


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
    assert done.returncode == 2  # it is none that could prove itself
