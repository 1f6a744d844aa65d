"""One window of one size, which shows every sample and keeps a picture of each.

python -m gallery.window WIDTHxHEIGHT FOLDER [LOOK …]
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gallery.camera import label_before_a_camera
from gallery.samples import LOOKS, NOW, PLACE, PLACE_WITH_CAMERA, RULES, samples
from kiosk.session.states import Look, Resting, State
from screens.app import KioskApp, ScreenConfig
from screens.bridge import UiBridge
from screens.pictures import Pictures
from screens.png import png
from screens.view_models import Presenter
from screens.view_models.views import Shown

_PATIENCE_S = 20.0
_SETTLE_FLIPS = 3


class _Named(Pictures):
    """Saves each picture under the name that was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _SETTLE_FLIPS)
        self.folder = folder
        self.wanted = ""
        self.saved = threading.Event()

    def save(self, width: int, height: int, rgb_from_below: bytes) -> None:
        if self.wanted:
            (self.folder / f"{self.wanted}.png").write_bytes(png(width, height, rgb_from_below))
            self.saved.set()


class _Show:
    def __init__(self, size: tuple[int, int], folder: Path, looks: Sequence[Look]) -> None:
        self._looks = looks
        self._pictures = _Named(folder)
        self._presenters = {place: Presenter(place, RULES.languages) for place in (PLACE, PLACE_WITH_CAMERA)}
        self._place = PLACE
        self._bridge = UiBridge(lambda _: None, lambda: NOW)
        config = ScreenConfig(*size, fps=200, motion=False, pictures=self._pictures)
        self._app = KioskApp(config, self._bridge, self._present, on_first_frame=self._begin)
        self._error: BaseException | None = None

    def run(self) -> None:
        self._app.run()
        if self._error:
            raise self._error

    def _present(self, state: State) -> Shown:
        return self._presenters[self._place].present(state, RULES)

    def _begin(self) -> None:
        threading.Thread(target=self._drive, daemon=True).start()

    def _drive(self) -> None:
        try:
            self._bridge.show(State(Resting("", NOW)))  # else the first picture would have been painted already
            for look in self._looks:
                for language in RULES.languages:
                    for name, sample in samples():
                        self._place = sample.place
                        self._bridge.see(0, 0, b"")  # what was seen and read before is forgotten
                        self._bridge.see(*label_before_a_camera(sample.state.station.hint), read=sample.read)
                        state = replace(sample.state, language=language, look=look)
                        self._take("-".join(filter(None, (name, language, LOOKS[look]))), state)
        except BaseException as error:
            self._error = error
        finally:
            self._app.stop()

    def _take(self, name: str, state: State) -> None:
        self._pictures.wanted = name
        self._pictures.saved.clear()
        self._bridge.show(state)
        if not self._pictures.saved.wait(_PATIENCE_S):
            raise TimeoutError(f"no picture of {name}")


def main(arguments: list[str]) -> None:
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    size, folder, *looks = arguments
    width, height = map(int, size.split("x"))
    _Show((width, height), Path(folder), [Look[look] for look in looks] or list(Look)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
