"""The real program of the window, run as a process of its own: says in JSON on its last line what it saw.

app_rig.py WIDTHxHEIGHT fullscreen|window [FOLDER for pictures]
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.session.states import Home, Resting, State
from screens.app import KioskApp, ScreenConfig
from screens.bridge import UiBridge
from screens.pictures import Pictures
from screens.view_models.views import Countdown, Shown
from tests.screens import sample_views as views

os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
THREADS, STATES = 3, 1_000
PATIENCE_S = 20.0
STARTED = time.monotonic()

seen: dict[str, Any] = {"beats": 0, "painted": [], "touched": 0}
order = threading.Lock()
last_visit = 0


def present(state: State) -> Shown:
    match state.doing:
        case Resting():
            return Shown(views.resting())
        case _ if state.visit % 5 == 0:
            return Shown(views.home(english=state.language == "en"))
        case _:
            view = replace(views.borrow(state.visit % 5), countdown=Countdown(STARTED + 30.0, 30.0))
            return Shown(view, views.idle() if state.request else None)


def beat() -> None:
    seen["beats"] += 1


def first_frame() -> None:
    seen["first_frame_thread"] = threading.current_thread() is threading.main_thread()
    threading.Thread(target=drive, daemon=True).start()


def wait_for(visit: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while visit not in seen["painted"] and time.monotonic() < end:
        time.sleep(0.005)


def show(state: State) -> None:
    """Until it stands still."""
    bridge.show(state)
    wait_for(state.visit)
    time.sleep(0.4)
    while pictures and pictures.waiting:
        time.sleep(0.005)


def drive() -> None:
    """What the session thread would do, and what a curious hand at a keyboard."""
    from kivy.clock import Clock
    from kivy.core.window import Window

    flips = 0

    def count(*_: object) -> None:
        nonlocal flips
        flips += 1

    time.sleep(1.2)  # everything that was put off until after the first frame is done
    if not rest:
        Window.bind(on_flip=count)
        time.sleep(1.1)
        seen["idle_flips"] = flips
    show(State(visit=1))
    if not rest:
        before = flips
        time.sleep(1.3)
        seen["borrow_flips"] = flips - before  # its ring moves

    asked: dict[str, Any] = {}
    done = threading.Event()

    def ask(_: float) -> None:
        asked["close_refused"] = bool(Window.dispatch("on_request_close"))
        for name, key, modifiers in (
            ("escape", 27, []),
            ("f1", 282, []),
            ("ctrl_c", 99, ["ctrl"]),
            ("f4", 285, ["alt"]),
        ):
            asked[name] = bool(Window.dispatch("on_keyboard", key, 0, "", modifiers))
        asked["children"] = len(Window.children)
        done.set()

    Clock.schedule_once(ask, 0)
    done.wait(PATIENCE_S)
    seen["asked"] = asked

    show(State(visit=2, request=1))  # with the idle warning
    show(State(Resting("K-03", 0.0), visit=3))
    show(State(Home(), visit=5, language="en"))

    shown: list[int] = []

    def many(thread: int) -> None:
        for i in range(STATES // THREADS):
            with order:
                visit = 1_000 + thread * STATES + i
                bridge.show(State(visit=visit))
                shown.append(visit)

    threads = [threading.Thread(target=many, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(shown[-1])
    seen["last_shown"], seen["last_painted"] = shown[-1], seen["painted"][-1]
    seen["times_painted"] = len([visit for visit in seen["painted"] if visit >= 1_000])
    seen["window"] = [int(side) for side in Window.size]
    app.stop()


size, mode, *rest = sys.argv[1:]
width, height = map(int, size.split("x"))
bridge = UiBridge(lambda _: None, time.monotonic)
pictures = Pictures(Path(rest[0])) if rest else None
app = KioskApp(
    ScreenConfig(width, height, fullscreen=mode == "fullscreen", pictures=pictures),
    bridge,
    present,
    on_first_frame=first_frame,
    on_beat=beat,
    on_painted=lambda state: seen["painted"].append(state.visit),
)
kivy_before = "kivy" in sys.modules
app.run()
seen["kivy_before_run"] = kivy_before
print(json.dumps(seen))
