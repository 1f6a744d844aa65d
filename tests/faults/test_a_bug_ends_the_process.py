"""Half a kiosk is worse than none: a bug in any owner ends the process, and a whole one is brought back."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.station import STATION

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys, threading, time
from pathlib import Path
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load

owner, protected = sys.argv[2], sys.argv[3] == "protected"
kiosk = Kiosk(load(Path(sys.argv[1])), lambda state: None)
def bug(*_):
    raise RuntimeError("a bug")
kiosk.start()
if not protected:
    threading.excepthook = lambda args: None
assert kiosk.store.opened.wait(20)
if owner == "session":
    kiosk.session.post(object())
elif owner == "store":
    kiosk.store.submit(bug, lambda _: None)
elif owner == "push":
    kiosk.sync._outbox.push = bug
    kiosk.sync.wake()
elif owner == "scanner":
    kiosk._spawn("scanner", bug)
time.sleep(3)
print("still here")
"""

CONFIG = STATION.replace('kind = "simulated"', 'kind = "native_rest"\nurl = "http://127.0.0.1:9"')


def run(folder: Path, owner: str, how: str) -> subprocess.CompletedProcess[str]:
    config = folder / "kiosk.toml"
    config.write_text(CONFIG)
    words = [sys.executable, "-c", PROGRAM, str(config), owner, how]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("owner", ["session", "store", "push", "scanner"])
def test_ends_when_an_owner_meets_a_bug(tmp_path: Path, owner: str) -> None:
    done = run(tmp_path, owner, "protected")
    assert done.returncode == 70
    assert "still here" not in done.stdout
    assert "ended by a bug" in done.stderr


@pytest.mark.slow
def test_control_without_the_hook_a_half_dead_kiosk_stays(tmp_path: Path) -> None:
    done = run(tmp_path, "store", "unprotected")
    assert "still here" in done.stdout
