"""The real window with a camera, run as a process of its own: says in JSON on its last line what it saw.

Frames while nothing is fed, while a still scene is fed, and while the page that is shown has no picture; then fifty
changes of the look.
"""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from dataclasses import replace
from typing import Any

from gallery.samples import FOUR_LOANS, PLACE_WITH_CAMERA, RULES, borrowing, finished, my_books, rows
from kiosk.session.states import Look, Resting, State
from screens.app import KioskApp, ScreenConfig
from screens.bridge import UiBridge
from screens.view_models import Presenter

os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
PATIENCE_S = 20.0
DARK, LIGHT = ((320, 200, bytes([shade]) * 64_000) for shade in (30, 220))
SWITCHES = 50
SHOWN = (State(), State(my_books(*FOUR_LOANS)), finished(*rows(3)))

seen: dict[str, Any] = {}
painted: list[State] = []
flips = 0


def flips_in(seconds: float) -> int:
    before = flips
    time.sleep(seconds)
    return flips - before


def show(state: State) -> float:
    """Seconds until its frame was flipped."""
    began = time.monotonic()
    bridge.show(state)
    while (not painted or painted[-1] != state) and time.monotonic() < began + PATIENCE_S:
        time.sleep(0.002)
    return time.monotonic() - began


def rss_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def drive() -> None:
    from kivy.core.window import Window

    def count(*_: object) -> None:
        global flips
        flips += 1

    time.sleep(2.0)  # everything that was put off until after the first frame is done
    Window.bind(on_flip=count)
    seen["idle"] = flips_in(1.0)
    bridge.see(*DARK)
    seen["first_picture"] = flips_in(0.5)
    for _ in range(5):
        bridge.see(*DARK)
    seen["still_scene"] = flips_in(0.5)
    bridge.see(*LIGHT)
    seen["something_moves"] = flips_in(0.5)
    show(State(Resting("K-04", 0.0)))
    time.sleep(0.3)
    bridge.see(*DARK)
    seen["page_without_it"] = flips_in(0.5)
    show(State(borrowing(1), aiming=True))
    time.sleep(0.3)
    bridge.see(*LIGHT)
    seen["large_picture"] = flips_in(0.3)

    seen["rss_usual_mb"] = rss_mb()
    looks = list(Look)
    times = []
    for turn in range(SWITCHES + 12):
        if turn == 12:  # every look was there, with its fonts
            gc.collect()
            seen["rss_before_mb"] = rss_mb()
        times.append(show(replace(SHOWN[turn // 3 % 3], look=looks[(turn + 1) % 3], visit=turn)))
        bridge.see(*(DARK, LIGHT)[turn % 2])
        time.sleep(0.3)
    gc.collect()
    time.sleep(0.5)
    seen["rss_after_mb"] = rss_mb()
    seen["switch_ms"] = round(sorted(times)[len(times) // 2] * 1000)
    app.stop()


bridge = UiBridge(lambda _: None, time.monotonic)
presenter = Presenter(PLACE_WITH_CAMERA, RULES.languages)
app = KioskApp(
    ScreenConfig(motion=False),
    bridge,
    lambda state: presenter.present(replace(state), RULES),
    on_first_frame=lambda: threading.Thread(target=drive, daemon=True).start(),
    on_painted=painted.append,
)
app.run()
print(json.dumps(seen))
