"""From the start of the process to the first usable frame, and what the station costs while nobody is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import camera, rig
from benchmarks.report import Report, median, options
from demo.processes import ROOT, Kiosk
from demo.school import Scanner

_SETTLE_S = 4.0
_IDLE_S = 10.0


def main() -> None:
    chosen = options(__doc__)
    report = Report("start_up")
    size, rounds = (rig.QUICK, 2) if chosen.quick else (rig.SCHOOL, 7)
    frames, rss, cpu = [], [], []
    with rig.work_folder() as folder:
        rig.fill(folder, size)
        scanner = Scanner()
        config = rig.config_for(folder, scanner, patient=False).folder / "kiosk.toml"
        config.write_text(config.read_text().replace('level = "warning"', f'level = "info"\nfile = "{folder}/log"'))
        for turn in range(rounds + 1):
            kiosk = Kiosk(config, folder / "log", None)
            try:
                frame = kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")["value"]
                if turn == 0:
                    continue  # cold
                frames.append(frame)
                if turn == rounds:
                    time.sleep(_SETTLE_S)
                    before = kiosk.cpu_s()
                    time.sleep(_IDLE_S)
                    cpu.append((kiosk.cpu_s() - before) / _IDLE_S * 100)
                    rss.append(kiosk.rss_mb())
            finally:
                kiosk.stop()
        report.figure("first_frame_s", median(frames), "s", 1.2)
        report.figure("rss_without_camera_mb", rss[0], "MB")
        report.figure("idle_cpu_percent", cpu[0], "%", 2)
        report.figure("idle_flips", _idle_flips(config), "", 0)
        config.write_text(config.read_text() + "[session]\nwarn_after_s = 1.0\nend_after_warning_s = 1.0\n")
        camera.measure(folder, config, report, cards=3 if chosen.quick else 10)
    report.context |= {"bare_kivy_first_frame_s": _bare_kivy_s(), "warm_starts": rounds}
    report.show(chosen.json)


def _offscreen() -> dict[str, str]:
    return dict(os.environ) | {"SDL_VIDEODRIVER": "offscreen"}


def _idle_flips(config: Path) -> int:
    """In a process of its own that counts the flips of the real window."""
    words = [sys.executable, "-m", "benchmarks.window", "idle", str(config)]
    done = subprocess.run(words, cwd=ROOT, env=_offscreen(), check=True, capture_output=True, text=True)
    return int(json.loads(done.stdout.splitlines()[-1])["flips"])


_BARE_KIVY = """
import os, time
started = time.perf_counter()
os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_CONFIG="1", KIVY_NO_FILELOG="1", KIVY_NO_CONSOLELOG="1")
from kivy.app import App
from kivy.core.window import Window
from kivy.uix.label import Label
def flipped(*_):
    print(round(time.perf_counter() - started, 3), flush=True)
    os._exit(0)
Window.bind(on_flip=flipped)
App.build = lambda self: Label(text="x")
App().run()
"""


def _bare_kivy_s() -> float:
    """A window with one word in it: the limit."""
    times = []
    for _ in range(4):
        words = [sys.executable, "-c", _BARE_KIVY]
        done = subprocess.run(words, env=_offscreen(), capture_output=True, text=True, check=True)
        times.append(float(done.stdout.split()[-1]))
    return median(times[1:])


if __name__ == "__main__":
    main()
