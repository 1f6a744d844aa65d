"""Half a kiosk is worse than none: a bug in any owner ends the process, and a whole one is brought back.

Every thread that a station begins meets a bug in its own work, and so does the window's. In the controls nobody ends
the process: it says which thread met the bug, and lives on without it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.runtime.station import STATION

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
import msgspec
from demo.school import Scanner
from devices.host.end_signals import call_when_told_to_end
from devices.signals import sound_signaller
from kiosk.bootstrap import answers
from kiosk.bootstrap import kiosk as below_the_screen
from kiosk.config import load
from kiosk.ports.devices import Sound
from kiosk.runtime import chores, nightly

def bug(*_, **__):
    raise RuntimeError("a bug")

met = threading.Event()
if sys.argv[2] == "unprotected":
    def nobody_ends_it(args):
        print("a bug in", args.thread.name)
        met.set()
    below_the_screen.end_the_process = nobody_ends_it
config = load(Path(sys.argv[1]))
{first}
kiosk = below_the_screen.Kiosk(config, lambda state: None)
{before}
kiosk.start()
assert kiosk.store.opened.wait(30)
{after}
assert met.wait(30)
print("still here", flush=True)
os._exit(0)
"""

CONFIG = STATION.replace('kind = "simulated"', 'kind = "native_rest"\nurl = "http://127.0.0.1:9"').replace(
    'kind = "none"', 'kind = "alsa"\nprogram = "true"'
)


@dataclass(frozen=True)
class Owner:
    """`thread`: how its name begins. What is done before the station is made, before it begins, and `after`, once its
    store is open."""

    thread: str
    first: str = ""
    before: str = ""
    after: str = ""


LEFT_UNCLEAN = """
chores.CHECK_AFTER_S, opened = 0, kiosk._chores.opened
def left_unclean(store):
    opened(store)
    kiosk._chores._unclean = SimpleNamespace(check=bug)
kiosk._chores.opened = left_unclean
"""
SOMEBODY_ASKS = """
while not met.is_set():
    answers.ask_status(config)
    time.sleep(0.05)
"""
ON_A_LINE = """
line = Scanner()
config = msgspec.structs.replace(config, scanner=[{"kind": "serial", "port": line.device}])
"""
SOMEBODY_SCANS = """
while kiosk._scanners.devices[f"serial {line.device}"] != "ready":
    time.sleep(0.01)
line.scan("HS000123")
"""
BY_CAMERA = """
from devices.scanners import barcode_decoder
barcode_decoder.decode = bug
config = msgspec.structs.replace(config, scanner=[{"kind": "camera", "path": "pictures"}])
"""
OWNERS = {
    "session": Owner("session", after="kiosk.session.post(object())"),
    "store": Owner("store", after="kiosk.store.submit(bug, lambda _: None)"),
    "push": Owner("push", before="kiosk.sync._outbox.push = bug", after="kiosk.sync.wake()"),
    "pull": Owner("pull", before="kiosk._link.changes = bug"),
    "time": Owner("time", before="kiosk.clock.to_keep = bug"),
    "forget": Owner("forget", before="chores.FORGET_EVERY_S, chores.forget_erased = 0, bug"),
    "house": Owner("house", before="kiosk._chores._room.look = bug"),
    "check": Owner("check", before=LEFT_UNCLEAN),
    "mend": Owner("mend", before="chores.MEND_AFTER_S, kiosk.store.is_damaged = 0, bug"),
    "nightly": Owner("nightly", before="nightly.LOOK_EVERY_S, kiosk._nightly._idle = 0, bug"),
    "anew": Owner("anew", before="kiosk._anew._go_on_with_what_is_kept = bug"),
    "status": Owner("status", before="kiosk._status = bug", after=SOMEBODY_ASKS),
    "serial": Owner("serial ", ON_A_LINE, "kiosk.scanned = bug", SOMEBODY_SCANS),
    "camera": Owner("camera ", BY_CAMERA),
    "sound": Owner("sound", before="kiosk._signaller._play_file = bug", after="kiosk._signaller.play(Sound.OK)"),
    "sound_first": Owner("sound", "sound_signaller.write_wav = bug", "kiosk._signaller._thread.join()"),
    "end_signals": Owner("end-signals", "call_when_told_to_end(bug)", after="os.kill(os.getpid(), 15)"),
}
"""Of "sound_first" the thread has ended when the others begin."""

WITH_ITS_WINDOW = """
import os, sys, threading
from pathlib import Path
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.bootstrap.window import run_station
from kiosk.config import load
from screens.view_models.present import Presenter

def bug(*_):
    raise RuntimeError("a bug")

if sys.argv[2] == "unprotected":
    from screens import app
    prepare = app.prepare_kivy
    def end():
        print("still here", flush=True)
        os._exit(0)
    def nobody_ends_it(config):
        prepare(config)
        from kivy.base import ExceptionHandler, ExceptionManager
        class GoOn(ExceptionHandler):
            def handle_exception(self, error):
                print("a bug in", threading.current_thread().name)
                threading.Timer(1, end).start()
                return ExceptionManager.PASS
        ExceptionManager.add_handler(GoOn())
    app.prepare_kivy = nobody_ends_it
{bug}
sys.exit(run_station(load(Path(sys.argv[1])), None))
"""
ON_THE_UI_THREAD = {"beat": "Kiosk.beat = bug", "page": "Presenter.present = bug"}


def run(folder: Path, program: str, how: str) -> subprocess.CompletedProcess[str]:
    config, pictures = folder / "kiosk.toml", folder / "pictures"
    config.write_text(CONFIG)
    pictures.mkdir()
    Image.new("L", (320, 180), 200).save(pictures / "1.png")
    words = [sys.executable, "-c", program, str(config), how]
    without_a_display = {**os.environ, "SDL_VIDEODRIVER": "offscreen"}
    return subprocess.run(
        words, cwd=ROOT, env=without_a_display, capture_output=True, text=True, timeout=120, check=False
    )


def below_the_screen(owner: Owner) -> str:
    return PROGRAM.format(first=owner.first, before=owner.before, after=owner.after)


@pytest.mark.parametrize("owner", OWNERS.values(), ids=list(OWNERS))
def test_ends_when_an_owner_meets_a_bug(tmp_path: Path, owner: Owner) -> None:
    done = run(tmp_path, below_the_screen(owner), "protected")
    assert done.returncode == 70, done.stderr
    assert "still here" not in done.stdout
    assert re.search(f"^thread {owner.thread}.* ended by a bug$", done.stderr, re.MULTILINE), done.stderr


@pytest.mark.parametrize("name", ["store", "push", "camera", "sound_first"])
def test_control_without_the_hook_a_half_dead_kiosk_stays(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, below_the_screen(OWNERS[name]), "unprotected")
    assert f"a bug in {OWNERS[name].thread}" in done.stdout, done.stderr
    assert "still here" in done.stdout


@pytest.mark.parametrize("bug", ON_THE_UI_THREAD.values(), ids=list(ON_THE_UI_THREAD))
def test_ends_when_a_callback_of_the_window_meets_a_bug(tmp_path: Path, bug: str) -> None:
    done = run(tmp_path, WITH_ITS_WINDOW.format(bug=bug), "protected")
    assert done.returncode == 1, done.stderr
    assert "RuntimeError: a bug" in done.stderr


def test_control_with_a_window_that_takes_no_notice_a_half_dead_kiosk_stays(tmp_path: Path) -> None:
    done = run(tmp_path, WITH_ITS_WINDOW.format(bug=ON_THE_UI_THREAD["beat"]), "unprotected")
    assert "a bug in MainThread" in done.stdout, done.stderr
    assert "still here" in done.stdout
