"""The station with its window: what `python -m kiosk run` runs."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devices.host.end_signals import call_when_told_to_end
from devices.host.memory import give_back
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import BlankConfig, ConfigError, KioskConfig
from kiosk.session.states import State
from kiosk.upkeep.logs import set_up as set_up_logs

if TYPE_CHECKING:
    from screens.app import KioskApp, ScreenConfig

_log = logging.getLogger(__name__)

_STARTED_AFTER_S = 3.0
_SWITCH_INTERVAL_S = 0.0005


def make_station(
    config: KioskConfig, pictures: Path | None = None, on_painted: Callable[[State], None] | None = None
) -> tuple[KioskApp, Kiosk]:
    """The window and what is below it, joined but not started. Raises ConfigError. Imports no Kivy yet."""
    from screens.app import KioskApp
    from screens.bridge import UiBridge
    from screens.view_models.place import Place
    from screens.view_models.present import Presenter

    kiosk = Kiosk(
        config,
        lambda state: bridge.show(state),
        see=lambda seen: bridge.see(seen.width, seen.height, seen.luminance, read=seen.read),
        painted=threading.Event(),
    )
    bridge = UiBridge(kiosk.session.post, kiosk.clock.monotonic)
    place = Place(config.station.brand, config.station.place, config.codes.item_example, kiosk.camera)
    presenter = Presenter(place, kiosk.rules.languages)

    def first_frame() -> None:
        _log.info("first frame", extra={"figure": "first_frame_s", "value": round(_process_age_s(), 3)})
        kiosk.watchdog.ready()
        kiosk.painted.set()
        started = threading.Timer(_STARTED_AFTER_S, give_back)  # what reading all the code took, about 10 MB
        started.daemon = True
        started.start()

    app = KioskApp(
        screen_config(config, pictures),
        bridge,
        lambda state: presenter.present(state, kiosk.rules),
        on_first_frame=first_frame,
        on_beat=kiosk.beat,
        on_painted=on_painted,
    )
    return app, kiosk


def screen_config(config: KioskConfig | BlankConfig, pictures: Path | None) -> ScreenConfig:
    from screens.app import ScreenConfig
    from screens.pictures import Pictures

    return ScreenConfig(
        width=config.screen.width,
        height=config.screen.height,
        fullscreen=config.screen.fullscreen,
        motion=config.screen.motion,
        pictures=Pictures(pictures) if pictures else None,
    )


def begin_logs(config: KioskConfig | BlankConfig) -> None:
    """Raises ConfigError."""
    try:
        set_up_logs(config.log.level, config.folder / config.log.file if config.log.file else None)
    except OSError as error:
        raise ConfigError(f'key "log.file" cannot be written: {error.strerror}') from error


def run_station(config: KioskConfig, pictures: Path | None) -> int:
    """The whole station, until it is told to stop. Raises ConfigError before anything has begun."""
    begin_logs(config)
    app, kiosk = make_station(config, pictures)

    def told_to_end() -> None:
        kiosk.watchdog.was_well()
        app.stop()

    call_when_told_to_end(told_to_end)
    kiosk.leave = told_to_end
    # A scan crosses four threads. With the interpreter's own 5 ms each would wait that long for a busy window.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")  # s; a camera that hangs would hold us for 10
    kiosk.start()
    try:
        app.run()
    finally:
        kiosk.stop()
    return 0


def _process_age_s() -> float:
    with open("/proc/self/stat", encoding="ascii", errors="replace") as stat:
        started_ticks = int(stat.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")
