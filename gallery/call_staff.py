"""Makes the pictures that call staff when nothing can be started, from the real window, in every size and language:
python -m gallery.call_staff. Needs no display."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

from PIL import Image

from gallery.book import save
from gallery.samples import NOW, RULES
from kiosk.i18n import Translator
from kiosk.session.states import Resting, State
from screens.app import KioskApp, ScreenConfig
from screens.bridge import UiBridge
from screens.pictures import Pictures
from screens.png import png
from screens.view_models import Place
from screens.view_models.resting import NOTHING_STARTS, nothing_starts_view
from screens.view_models.views import Shown

FOLDER = Path(__file__).resolve().parent.parent / "provisioning/chooser"
SIZES = ("800x480", "1024x600", "1280x720", "1280x800", "1920x1080")
"""Screens that stations have; another one shows the largest of these that fits, in its middle."""
PLACE = Place("Trạm Xanh", "")
_PATIENCE_S = 60


class _One(Pictures):
    def __init__(self, size: str, language: str) -> None:
        super().__init__(FOLDER)
        self.file = FOLDER / f"call-staff-{size}-{language}.png"
        self.saved = threading.Event()

    def save(self, width: int, height: int, rgb_from_below: bytes) -> None:
        save(Image.open(BytesIO(png(width, height, rgb_from_below))), self.file)
        self.saved.set()


def make(size: str, language: str) -> None:
    """One window has one size, and a process one window."""
    width, height = map(int, size.split("x"))
    picture = _One(size, language)
    view = nothing_starts_view(PLACE, Translator(language))
    bridge = UiBridge(lambda _: None, lambda: NOW)

    def end() -> None:
        bridge.show(State(Resting(NOTHING_STARTS, NOW), language=language))
        picture.saved.wait(_PATIENCE_S)
        app.stop()

    config = ScreenConfig(width, height, fps=200, motion=False, pictures=picture)
    begin = threading.Thread(target=end, daemon=True).start
    app = KioskApp(config, bridge, lambda _: Shown(view), on_first_frame=begin)
    bridge.show(State(Resting("", NOW), language=language))  # the first frame needs something to show
    app.run()
    if not picture.saved.is_set():
        sys.exit(f"no picture of {size} {language}")


def main(arguments: list[str]) -> None:
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    if arguments:
        make(*arguments)
        return
    for size in SIZES:
        for language in RULES.languages:
            words = [sys.executable, "-m", "gallery.call_staff", size, language]
            subprocess.run(words, check=True, timeout=2 * _PATIENCE_S)


if __name__ == "__main__":
    main(sys.argv[1:])
