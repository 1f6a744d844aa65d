"""The whole station in its real window, with a Raspberry Pi's camera of which only Picamera2 is a stand-in; run as a
process of its own: says in JSON on its last line what the home screen said, and how long after what.

python -m tests.screens.camera_rig FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from demo.camera_pictures import barcode, scene
from kiosk.bootstrap.window import make_station
from kiosk.config import load
from kiosk.session.states import Home
from tests.devices.pi_rig import Pi
from tests.runtime.station import STATION

os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
PATIENCE_S = 30.0
SIZE = {"width": 640, "height": 360}
CARD = scene(barcode("HS250001", scale=2), **SIZE)
SMEAR = scene(barcode("HS250001", scale=2), blurred=5, **SIZE)
SPOILED = ("freezes", "black", "dies")

seen: dict[str, Any] = {"lost_after_s": {}, "back": []}


def texts() -> list[str]:
    """All words that can be seen in the window, from the thread that draws it."""
    from kivy.clock import Clock
    from kivy.core.window import Window

    from tests.screens.window_rig import shown_widgets

    found: list[str] = []
    done = threading.Event()

    def look(_: float) -> None:
        for top in Window.children:
            found.extend(" ".join(part.lines) for part in shown_widgets(top) if type(part).__name__ == "Text")
        done.set()

    Clock.schedule_once(look, 0)
    assert done.wait(PATIENCE_S)
    return found


def until_said(words: str, there: bool = True) -> float:
    """Seconds until the window says `words`, or no more."""
    began = time.monotonic()
    while any(words in text for text in texts()) is not there:
        if time.monotonic() > began + PATIENCE_S:
            raise TimeoutError(f"{words!r} {'never came' if there else 'stays'}: {texts()}")
        time.sleep(0.02)
    return time.monotonic() - began


def drive() -> None:
    try:
        while "ready" not in kiosk._scanners.devices.values():
            time.sleep(0.02)
        seen["at_first"] = any("Máy ảnh đang nghỉ" in text for text in texts())
        for spoiled in SPOILED:
            pi.does(spoiled)
            seen["lost_after_s"][spoiled] = round(until_said("Máy ảnh đang nghỉ"), 2)
            pi.does("moves")
            until_said("Máy ảnh đang nghỉ", there=False)
            seen["back"].append(spoiled)
        time.sleep(4.0)  # until all is still
        pi.sees(SMEAR)
        seen["hint_after_s"] = round(until_said("giữ yên nhé"), 2)
        pi.sees(CARD)
        while not (isinstance(kiosk._state.doing, Home) and kiosk._state.doing.notice):  # nobody's card here
            time.sleep(0.02)
        end = time.monotonic() + PATIENCE_S
        while kiosk._state.station.hint and time.monotonic() < end:
            time.sleep(0.02)
        seen["hint_stays"] = kiosk._state.station.hint is not None
    except BaseException as error:
        seen["error"] = repr(error)
    finally:
        app.stop()


folder = Path(sys.argv[1])
pi = Pi(folder / "pi")
camera = f'[[scanner]]\nkind = "camera"\ndevice = "picamera"\npython = "{pi.python}"\nwidth = 640\nheight = 360\n'
(folder / "kiosk.toml").write_text(STATION + camera)
app, kiosk = make_station(load(folder / "kiosk.toml"))
threading.Thread(target=drive, daemon=True).start()
kiosk.start()
try:
    app.run()
finally:
    kiosk.stop()
print(json.dumps(seen))
