"""The kiosk's window. Importing this module imports no Kivy: that happens in `run`, on the thread that calls it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from kiosk.session.states import State
from screens.bridge import UiBridge
from screens.pictures import Pictures
from screens.view_models.views import Shown


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    """`width`, `height`: px of the window; fullscreen takes the display's own. `motion` false: nothing slides.
    `pictures`: saves the pages that were shown."""

    width: int = 1024
    height: int = 600
    fullscreen: bool = False
    fps: int = 30
    motion: bool = True
    pictures: Pictures | None = None


def prepare_kivy(config: ScreenConfig) -> None:
    """Before the first import of Kivy, which reads its environment and settings then, once per process."""
    if "kivy.core.window" in sys.modules:
        return
    os.environ.update(
        {
            "KIVY_NO_ARGS": "1",
            "KIVY_NO_CONFIG": "1",
            "KIVY_NO_ENV_CONFIG": "1",
            "KIVY_NO_FILELOG": "1",
            "KIVY_NO_CONSOLELOG": "1",
            "KIVY_LOG_MODE": "PYTHON",
            "KIVY_METRICS_DENSITY": "1",
            "KIVY_METRICS_FONTSCALE": "1",
            "KIVY_DPI": "96",
            # The only providers that are used: looking for others costs start-up time.
            "KIVY_WINDOW": "sdl2",
            "KIVY_TEXT": "sdl2",
            "KIVY_IMAGE": "sdl2",
        }
    )
    log = logging.getLogger("kivy")
    log.disabled = True  # it tells at length about settings that are replaced below
    from kivy.config import Config
    from kivy.logger import Logger

    Logger.setLevel(logging.WARNING)
    log.addFilter(lambda record: "MTDev" not in record.getMessage())  # not asked for, missed loudly
    log.disabled = False
    for name in list(Config.options("input")):
        Config.remove_option("input", name)  # the default reads /dev/input by itself: every tap would come twice
    Config.set("input", "mouse", "mouse,disable_multitouch")
    settings: dict[str, dict[str, int | str]] = {
        "kivy": {
            "exit_on_escape": 0,
            "pause_on_minimize": 0,
            "log_level": "warning",
            # A state that arrives between two frames need not wait for the next one.
            "kivy_clock": "interrupt",
        },
        "graphics": {
            "width": config.width,
            "height": config.height,
            "fullscreen": "auto" if config.fullscreen else 0,
            "borderless": int(config.fullscreen),
            "resizable": 0,
            "show_cursor": int(not config.fullscreen),
            "allow_screensaver": 0,
            "maxfps": config.fps,
            "multisamples": 0,
        },
    }
    for section, values in settings.items():
        for key, value in values.items():
            Config.set(section, key, value)
    for module in list(Config.options("modules")):
        Config.remove_option("modules", module)


class KioskApp:
    """`present` turns a state into what is shown. `on_first_frame`: the first usable frame is on the screen. `on_beat`:
    once a second while frames can be made. `on_painted`: right after the frame that shows a state was flipped. All are
    called on the UI thread, which is the one that calls `run`."""

    def __init__(
        self,
        config: ScreenConfig,
        bridge: UiBridge,
        present: Callable[[State], Shown],
        *,
        on_first_frame: Callable[[], None] = lambda: None,
        on_beat: Callable[[], None] = lambda: None,
        on_painted: Callable[[State], None] | None = None,
    ) -> None:
        self._config = config
        self._bridge = bridge
        self._present = present
        self._on_first_frame = on_first_frame
        self._on_beat = on_beat
        self._on_painted = on_painted
        self._lock = Lock()
        self._stage: Any = None
        self._stopped = False

    def run(self) -> None:
        """Shows states until `stop`, or until the window is closed where that is allowed. An exception in a frame or in
        a callback comes out of here."""
        prepare_kivy(self._config)
        from screens.stage import Stage

        stage = Stage(
            self._bridge,
            self._present,
            fullscreen=self._config.fullscreen,
            motion=self._config.motion,
            pictures=self._config.pictures,
            on_first_frame=self._on_first_frame,
            on_beat=self._on_beat,
            on_painted=self._on_painted,
        )
        with self._lock:
            if self._stopped:
                return
            self._stage = stage
        stage.run()

    def stop(self) -> None:
        """From any thread; `run` returns soon after."""
        with self._lock:
            self._stopped = True
            stage = self._stage
        if stage is not None:
            stage.ask_to_stop()
