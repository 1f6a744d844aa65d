"""A machine that is no library's station yet, with its window: it shows how to enrol it, and becomes the station."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from devices.host.clock import HostClock
from devices.host.end_signals import call_when_told_to_end
from devices.host.network import is_connected
from devices.host.systemd_notify import runtime_folder, systemd_watchdog
from devices.host.usb_stick import NewSticks
from devices.registry import make_signaller
from kiosk import __version__
from kiosk.bootstrap.ending import end_the_process
from kiosk.bootstrap.enrolling import EnrolmentWorker, code_on_stick, read_code
from kiosk.bootstrap.proof import Proof
from kiosk.bootstrap.scanners import Scanners
from kiosk.bootstrap.window import begin_logs, screen_config
from kiosk.config import BUILD_MS, BlankConfig, ConfigError
from kiosk.domain.enrolment_code import FILE_NAME
from kiosk.ports.devices import Preview, RawScan
from kiosk.ports.station_file import is_enrolled
from kiosk.ports.tables import TableError
from kiosk.runtime.enrolment_loop import EnrolmentLoop
from kiosk.runtime.loop import Beat
from kiosk.session.enrolment import Begin, CodeSeen, Enrol, GiveUp, LookAtNetwork, NetworkSeen
from kiosk.session.states import SessionRules, State

if TYPE_CHECKING:
    from screens.app import KioskApp

_log = logging.getLogger(__name__)

_LOOK_FOR_FILES_S = 1.0
_STOP_WAIT_S = 5.0
_SHOW_THE_END_S = 2.0


class BlankStation:
    """The running parts below the screen; `show` and `see` as of a Kiosk. `begin` is called once there is a
    station.toml, whoever wrote it: an enrolment from a terminal counts as well."""

    def __init__(
        self,
        config: BlankConfig,
        show: Callable[[State], None],
        see: Callable[[Preview], None],
        begin: Callable[[], None],
    ) -> None:
        self._config = config
        self._begin = begin
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.painted = threading.Event()
        self.clock = HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS)
        self.rules = SessionRules(language=config.session.language)
        self.watchdog = systemd_watchdog(os.environ)
        self._run_folder = runtime_folder(os.environ)
        threading.excepthook = end_the_process
        try:
            self._scanners = Scanners(
                config.scanner,
                config.folder,
                see,
                lambda told: self.loop.post(told),
                self.clock.monotonic,
                self.painted,
                self._stop,
            )
            self._signaller = make_signaller(config.sound)
        except TableError as error:
            raise ConfigError(str(error)) from error
        self.camera = self._scanners.camera
        run = self._run_folder
        self._proof = Proof(run, __version__, lambda text: text, lambda then: then()) if run else None
        take_out = self._proof.takes if self._proof else lambda _: False
        self.loop = EnrolmentLoop(self.rules, show, self._signaller, self._perform, self.watchdog.alive, take_out)
        self._worker = EnrolmentWorker(config, self.clock, self._run_folder, self.loop.post)

    def start(self) -> None:
        self._spawn("session", self.loop.run)
        self._spawn("enrol", self._worker.run)
        self._spawn("files", self._look_for_files)
        if self._proof is not None:
            self._spawn("proof", partial(self._prove, self._proof))
        for name, job in self._scanners.jobs(self._scanned):
            self._spawn(name, job)

    def beat(self) -> None:
        self.loop.post(Beat(self.clock.monotonic()))

    def stop(self) -> None:
        self._stop.set()
        self.painted.set()
        self._worker.stop()
        self.loop.stop()
        for thread in self._threads:
            thread.join(_STOP_WAIT_S)
        self._signaller.close()

    def _perform(self, effect: Enrol | GiveUp | Begin | LookAtNetwork) -> None:
        match effect:
            case Enrol():
                self._worker.begin(effect)
            case GiveUp():
                self._worker.give_up()
            case Begin():
                self._begin()
            case LookAtNetwork():
                self.loop.post(NetworkSeen(is_connected()))

    def _scanned(self, raw: RawScan) -> None:
        self.loop.post(CodeSeen(raw.text, raw.scanned_at))

    def _prove(self, proof: Proof) -> None:
        self.painted.wait()
        proof.run(self._scanned, self._stop)

    def _look_for_files(self) -> None:
        """The code may come in a file, put into the data folder or that under /run, e.g. from a USB stick. It is taken
        away at once: there is a token in it."""
        kept = self._worker.kept()
        if kept is not None:
            self.loop.post(CodeSeen(kept, self.clock.monotonic()))
        folders = [folder for folder in (self._config.data, self._run_folder) if folder is not None]
        sticks = NewSticks()
        while not self._stop.wait(_LOOK_FOR_FILES_S):
            if is_enrolled(self._config.data):
                self._begin()
                return
            found = [_take(folder / FILE_NAME) for folder in folders]
            found += [code_on_stick(name) for name in sticks.look()]
            for text in found:
                if text is not None:
                    self.loop.post(CodeSeen(text, self.clock.monotonic()))

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


def make_blank(config: BlankConfig, pictures: Path | None, begin: Callable[[], None]) -> tuple[KioskApp, BlankStation]:
    """The window and what is below it, joined but not started. Raises ConfigError. Imports no Kivy yet."""
    from screens.app import KioskApp
    from screens.bridge import UiBridge
    from screens.view_models.place import Place
    from screens.view_models.present import Presenter

    blank = BlankStation(
        config,
        lambda state: bridge.show(state),
        lambda seen: bridge.see(seen.width, seen.height, seen.luminance, read=seen.read),
        begin,
    )
    # Only touches come from it, and an enrolment has none of the others' keys.
    bridge = UiBridge(lambda touch: blank.loop.post(touch), blank.clock.monotonic)  # type: ignore[arg-type]
    presenter = Presenter(Place(config.station.brand, "", camera=blank.camera), blank.rules.languages)

    def first_frame() -> None:
        blank.watchdog.ready()
        blank.painted.set()

    app = KioskApp(
        screen_config(config, pictures),
        bridge,
        lambda state: presenter.present(state, blank.rules),
        on_first_frame=first_frame,
        on_beat=blank.beat,
    )
    return app, blank


def run_blank(config: BlankConfig, pictures: Path | None) -> int:
    """Until it is told to stop, or until it is enrolled: then this process becomes the station, as if it were started
    anew by the same command. Raises ConfigError."""
    begin_logs(config)
    enrolled = threading.Event()

    def begin() -> None:
        if not enrolled.is_set():
            enrolled.set()
            later = threading.Timer(_SHOW_THE_END_S, lambda: app.stop())
            later.daemon = True
            later.start()

    app, blank = make_blank(config, pictures, begin)

    def told_to_end() -> None:
        blank.watchdog.was_well()
        app.stop()

    call_when_told_to_end(told_to_end)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    blank.start()
    try:
        app.run()
    finally:
        blank.stop()
    if enrolled.is_set():
        _become_the_station()
    return 0


def _become_the_station() -> None:
    """The same process, so that systemd goes on to watch it; nothing that was opened goes along."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            with suppress(OSError):  # that of the listing itself
                os.set_inheritable(int(name), False)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _take(path: Path) -> str | None:
    try:
        text = read_code(path)
        path.unlink()  # one that stayed would be read again and again
    except OSError:
        return None
    return text
