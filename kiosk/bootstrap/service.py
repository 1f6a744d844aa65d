"""What is behind the maintainer's screen: service passes, the looks at the machine, and what is asked for there."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from kiosk import __version__
from kiosk.bootstrap.checkup import Checkup
from kiosk.bootstrap.stores import diary_of
from kiosk.config import KioskConfig
from kiosk.domain.service_pass import PassFault, is_pass
from kiosk.ports.central import CentralLink
from kiosk.ports.devices import RawScan
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock
from kiosk.runtime.passes import HasSigned, Passes
from kiosk.session.effects import Serve
from kiosk.session.inputs import FindingsTold, PassShown, ServiceDone
from kiosk.session.maintenance import Maintaining, Outcome, Service
from kiosk.session.states import State

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
COUNT_EVERY_S = 60.0
_STICK_WITHIN_S = 600.0
_LOOK_WHETHER_IT_ENDS_S = 0.25
_WITH_STICK = {
    Service.UPDATE_FROM_STICK: ("stick-update",),
    Service.BUNDLE_ON_STICK: ("support-bundle", "--stick"),
    Service.BACKUP_ON_STICK: ("backup", "--stick"),
}


class ServiceDesk:
    """`run` and `end_passes` are a thread's each; everything else is called from any thread and returns at once, but
    for `is_pass`, which looks at a signature. `leave` ends the process in good order."""

    def __init__(
        self,
        config: KioskConfig,
        clock: StationClock,
        link: CentralLink,
        checkup: Checkup,
        *,
        post: Callable[[PassShown | FindingsTold | ServiceDone], None],
        send_now: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._link = link
        self._checkup = checkup
        self._post = post
        self._send_now = send_now
        self._leave = leave
        self._asked: SimpleQueue[Serve | None] = SimpleQueue()
        self._ended: SimpleQueue[str | None] = SimpleQueue()
        self._undone = 0
        self._undone_lock = threading.Lock()
        self._is_open = False
        self._language: str = config.session.language
        self._passes = Passes(
            config.data / "passes.json", config.station.library, config.station.device, clock, self._centre
        )

    def is_pass(self, raw: RawScan) -> bool:
        """A service pass goes to the session as one, and never further."""
        if not is_pass(raw.text):
            return False
        shown = self._passes.show(raw.text)
        if isinstance(shown, PassFault):
            _log.warning("a service pass was refused: %s", shown.value)
            self._post(PassShown("", shown, raw.scanned_at))
        else:
            self._post(PassShown(shown, None, raw.scanned_at))
        return True

    def serve(self, effect: Serve) -> None:
        if effect.service is Service.END_PASS:  # it opens nothing from now on; soon no disk forgets that either
            self._passes.forbid(effect.pass_id)
            self._ended.put(effect.pass_id)
        else:
            self._count(1)
            self._asked.put(effect)

    def is_busy(self) -> bool:
        """Something that was asked for is not over, perhaps behind a locked screen."""
        return self._undone > 0

    def shown(self, state: State) -> None:
        self._language = state.language
        is_open = isinstance(state.doing, Maintaining)
        if is_open is not self._is_open:
            self._is_open = is_open
            self._asked.put(None)  # look at once, or not any more

    def run(self, stop: threading.Event) -> None:
        """Whoever sets `stop` should `wake` it."""
        while not stop.is_set():
            if self._is_open:
                self._post(FindingsTold(tuple(self._checkup.findings())))
            self._passes.count()
            try:
                asked = self._asked.get(timeout=LOOK_EVERY_S if self._is_open else COUNT_EVERY_S)
            except Empty:
                continue
            if asked is not None:
                self._do(asked, stop)
                self._count(-1)

    def end_passes(self, stop: threading.Event) -> None:
        """Never behind what else was asked for: a bundle may be on its way for half a minute, and the plug be pulled
        meanwhile. Whoever sets `stop` should `wake` it."""
        while not stop.is_set():
            if (pass_id := self._ended.get()) is not None:
                self._passes.end(pass_id)

    def wake(self) -> None:
        self._asked.put(None)
        self._ended.put(None)

    def close(self) -> None:
        """Once nobody asks any more: a pass that was to end does not open the screen of the next process."""
        with suppress(Empty):
            while True:
                if (pass_id := self._ended.get_nowait()) is not None:
                    self._passes.end(pass_id)

    def _count(self, more: int) -> None:
        with self._undone_lock:
            self._undone += more

    def _do(self, asked: Serve, stop: threading.Event) -> None:
        well, without_log = True, False
        match asked.service:
            case Service.SEND_NOW:
                self._send_now()
            case Service.SUPPORT_BUNDLE:
                bundle, lacks = self._bundle()
                if lacks:
                    _log.warning("support bundle: its log is not whole, or missing (%s)", lacks)
                try:
                    self._link.send_support(bundle)
                except Unreachable as error:
                    _log.warning("support bundle: the centre has not taken it (%s)", error)
                    well = False
                without_log = well and bool(lacks)
            case Service.UPDATE_FROM_STICK | Service.BUNDLE_ON_STICK | Service.BACKUP_ON_STICK:
                self._post(ServiceDone(self._with_stick(asked.service, stop)))
                return
            case Service.RESTART:
                _log.info("the station is started again from the maintainer's screen")
                self._leave()
                return
        self._post(ServiceDone(Outcome(asked.service, well, without_log)))

    def _with_stick(self, service: Service, stop: threading.Event) -> Outcome:
        """The command that a person types for it, in a process of its own; its last sentence is shown."""
        config = self._config
        options = ["-I"] if sys.flags.isolated else []
        words = [*_WITH_STICK[service], "--config", str(config.folder / config.file), "--language", self._language]
        try:
            begun = subprocess.Popen(
                [sys.executable, *options, "-m", "provisioning", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            _log.error("%s was not begun: %s", service.name, error.strerror)
            return Outcome(service, False)
        with begun:
            said = _heard(begun, stop)
        _log.info("with a stick", extra={"act": service.name, "value": begun.returncode})
        lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("{")]
        is_sentence = bool(lines) and "Traceback" not in said
        return Outcome(service, begun.returncode == 0, said="\n".join(lines[-2:]) if is_sentence else "")

    def _bundle(self) -> tuple[bytes, str]:
        """And why its log is not whole ("": it is). Imports what makes it only now: the first frame does not wait."""
        import msgspec

        from devices.host.checks.machine import read_releases
        from devices.host.checks.together import RELEASES
        from devices.host.clock import machine_clock_s
        from devices.host.logs import read_log
        from kiosk.upkeep.checked import as_json
        from kiosk.upkeep.support_bundle import Material, about_the_bundle, make_bundle

        config = self._config
        log = read_log(config.folder / config.log.file if config.log.file else None)
        material = Material(
            about_the_bundle(self._clock.now(), machine_clock_s(), __version__),
            self._checkup.status(),
            as_json(self._checkup.findings()),
            diary_of(config).read(),
            read_releases(RELEASES),
            msgspec.to_builtins(config, enc_hook=str),
            log.lines,
            config.codes.formats(),
            log.lacks,
        )
        return make_bundle(material), log.lacks

    def _centre(self) -> HasSigned | None:
        from central_link.centre_key import CentreKey

        try:
            key = CentreKey.pinned_in(self._config.data)
        except (OSError, ValueError):
            return None
        return key.has_signed if key else None


def _heard(begun: subprocess.Popen[str], stop: threading.Event) -> str:
    """All that it says. Told to end, it unmounts the stick: after its time, and when the station ends, which would take
    it along."""
    ends = time.monotonic() + _STICK_WITHIN_S
    while not stop.is_set() and time.monotonic() < ends:
        with suppress(subprocess.TimeoutExpired):
            return begun.communicate(timeout=_LOOK_WHETHER_IT_ENDS_S)[0]
    begun.send_signal(signal.SIGINT)
    return begun.communicate()[0]
