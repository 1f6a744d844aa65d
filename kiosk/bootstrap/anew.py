"""Enrolling an enrolled station anew, beside its work: what kiosk.session.anew asks for, in a folder of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devices.host.network import is_connected
from devices.host.root_helper import SOCKET
from devices.host.systemd_notify import runtime_folder
from devices.host.usb_stick import BLOCKS, NewSticks
from kiosk.config import ConfigError, KioskConfig, as_blank
from kiosk.domain import enrolment_code
from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.ports.anew import FOLDER, forget_anew
from kiosk.ports.devices import RawScan
from kiosk.ports.host import StationClock
from kiosk.ports.station_file import kept_code
from kiosk.session.anew import Resumed, Told, wants_code
from kiosk.session.enrolment import Asks, Begin, CodeSeen, Enrol, GiveUp, LookAtNetwork, NetworkSeen, Stuck
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import EnrolProblem, Home, Resting, State

if TYPE_CHECKING:
    from kiosk.bootstrap.enrolling import EnrolmentWorker

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
_SHOW_THE_END_S = 2.0


class Anew:
    """`perform`, `takes` and `shown` are called from any thread and return at once; `run` is a thread's own. `leave`
    ends the process in good order, when nobody's visit is cut by it, nor what `is_busy` with: the next one is the
    station that was confirmed. `blocks`, `helper`: where USB sticks are seen, and asked for."""

    def __init__(
        self,
        config: KioskConfig,
        clock: StationClock,
        post: Callable[[Told], None],
        leave: Callable[[], None],
        is_busy: Callable[[], bool],
        *,
        blocks: Path = BLOCKS,
        helper: Path = SOCKET,
    ) -> None:
        self._config = config
        self._clock = clock
        self._post = post
        self._leave = leave
        self._is_busy = is_busy
        self._blocks = blocks
        self._helper = helper
        self._lock = threading.Lock()
        self._worker: EnrolmentWorker | None = None
        self._wants_code = False
        self._may_leave = True
        self._confirmed = threading.Event()

    def perform(self, effect: Asks) -> None:
        match effect:
            case Enrol(attempt, code):
                if self._is_ours(code) and (worker := self._working()) is not None:
                    worker.begin(effect)
                else:
                    self._post(Stuck(attempt, EnrolProblem.OTHER_STATION))
            case GiveUp():
                if self._worker is not None:
                    self._worker.give_up()
            case Begin():
                self._confirmed.set()
            case LookAtNetwork():
                self._post(NetworkSeen(is_connected()))

    def takes(self, raw: RawScan) -> bool:
        """An enrolment code is read where a maintainer has asked for it, and nowhere else."""
        if not (self._wants_code and enrolment_code.is_enrolment_code(raw.text)):
            return False
        self._post(CodeSeen(raw.text, raw.scanned_at))
        return True

    def shown(self, state: State) -> None:
        self._wants_code = wants_code(state)
        self._may_leave = isinstance(state.doing, Home | Resting | Maintaining)

    def run(self, stop: threading.Event) -> None:
        self._go_on_with_what_is_kept()
        sticks = NewSticks(self._blocks)
        while not stop.wait(_LOOK_S):
            if self._confirmed.is_set() and self._is_free():
                if not stop.wait(_SHOW_THE_END_S) and self._is_free():  # still: somebody may have come meanwhile
                    _log.info("the station is enrolled anew, and starts again")
                    self._leave()
                    return
                continue
            if not self._wants_code:
                sticks = NewSticks(self._blocks)  # one that is there already is looked at, too
                continue
            for name in sticks.look():
                from kiosk.bootstrap.enrolling import code_on_stick

                text = code_on_stick(name, self._helper)
                if text is not None:
                    self._post(CodeSeen(text, self._clock.monotonic()))

    def stop(self) -> None:
        """What goes on does so at the next start."""
        with self._lock:
            if self._worker is not None:
                self._worker.stop()

    def _is_free(self) -> bool:
        return self._may_leave and not self._is_busy()

    def _go_on_with_what_is_kept(self) -> None:
        folder = self._config.data / FOLDER
        if not folder.exists():
            return
        code = enrolment_code.read(kept_code(folder) or "")
        if isinstance(code, EnrolmentCode):
            self._post(Resumed(code))
        else:
            forget_anew(self._config.data)

    def _is_ours(self, code: EnrolmentCode) -> bool:
        return (code.library, code.device) == (self._config.station.library, self._config.station.device)

    def _working(self) -> EnrolmentWorker | None:
        """The one worker, imported and begun when it is first needed; None: kiosk.toml cannot be read any more."""
        from kiosk.bootstrap.enrolling import EnrolmentWorker

        with self._lock:
            if self._worker is None:
                try:
                    blank = as_blank(self._config, self._config.data.resolve() / FOLDER)
                except ConfigError as error:
                    _log.error("enrolment anew: %s", error)
                    return None
                requests = runtime_folder(os.environ)
                beside = self._config.data
                self._worker = EnrolmentWorker(blank, self._clock, requests, self._post, beside=beside)
                threading.Thread(target=self._worker.run, name="enrol", daemon=True).start()
            return self._worker
