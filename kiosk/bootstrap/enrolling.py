"""The thread that speaks to the centre for a blank station, or for one that is enrolled anew: one enrolment after
another, each until it is given up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from central_link.centre_key import CentreKey
from central_link.enrolment import TokenRefused, Told
from central_link.http_line import Distrusted
from central_link.identity import KeyUnusable
from central_link.joining import Enrolled, NothingTold, config_for, enrol, names_of, pauses, settle
from devices.host.network import ask_to_join, is_connected
from devices.host.root_helper import SOCKET
from devices.host.usb_stick import For, StickRefused, usb_stick
from kiosk.config import BlankConfig, check_names, check_station
from kiosk.domain.enrolment_code import FILE_NAME, render
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock
from kiosk.ports.private_file import make_folder, make_private
from kiosk.ports.station_file import ENROLMENT_CODE, kept_code
from kiosk.ports.station_file import NAME as STATION_FILE
from kiosk.ports.tables import TableError
from kiosk.session.enrolment import CAN_BE_TRIED_AGAIN, FOR_GOOD, Confirmed, Enrol, Stuck, WordsKnown
from kiosk.session.states import EnrolProblem

_log = logging.getLogger(__name__)

NETWORK_WITHIN_S = 30.0
"""A machine that was switched on just now, or has just joined a network, is not connected yet."""
_LOOK_AGAIN_S = 2.0
_MOST_BYTES = 4096
_NONE = -1  # of all attempts


class _GivenUp(Exception):
    pass


class _ClockUnsure(Unreachable):
    """The certificate is of another time than this machine's, which nobody vouches for yet."""


class EnrolmentWorker:
    """`requests`: the station's folder under /run, None without one. `post` is told what became of each attempt; a
    server that cannot be reached is tried again for `network_within_s`. `beside`: the data folder of the station that
    works meanwhile; a network that it has is not changed, and only its own centre counts."""

    def __init__(
        self,
        config: BlankConfig,
        clock: StationClock,
        requests: Path | None,
        post: Callable[[WordsKnown | Confirmed | Stuck], None],
        network_within_s: float = NETWORK_WITHIN_S,
        *,
        beside: Path | None = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._requests = requests
        self._post = post
        self._network_within_s = network_within_s
        self._beside = beside
        self._kept = config.data / ENROLMENT_CODE
        self._asked: SimpleQueue[Enrol | None] = SimpleQueue()
        self._wanted = threading.Condition()
        self._attempt = 0
        self._has_settled = False

    def begin(self, effect: Enrol) -> None:
        """From any thread."""
        self._want(effect.attempt)
        self._asked.put(effect)

    def give_up(self) -> None:
        """From any thread: on return no attempt goes on or comes back, and this is no station by one."""
        with self._wanted:
            self._want(_NONE)
            self.forget()
            if self._has_settled:  # while whoever stopped it still read that it waits
                with suppress(OSError):
                    (self._config.data / STATION_FILE).unlink(missing_ok=True)

    def kept(self) -> str | None:
        return kept_code(self._config.data)

    def forget(self) -> None:
        """It is over, whatever became of it. A card that cannot be written is somebody else's problem."""
        with suppress(OSError):
            self._kept.unlink(missing_ok=True)

    def stop(self) -> None:
        """What goes on does so at the next start."""
        self._want(_NONE)
        self._asked.put(None)

    def run(self) -> None:
        while (effect := self._asked.get()) is not None:
            for pause_s in pauses():
                problem = self._tried(effect)
                if problem is None:
                    break
                if not effect.alone or problem in FOR_GOOD:
                    self._stuck(effect, problem)
                    break
                if not self._pause(effect.attempt, pause_s):
                    break

    def _tried(self, effect: Enrol) -> EnrolProblem | None:
        """What it is stuck at; None when it is over."""
        try:
            check_names(names_of(effect.code), self._config)
            with self._while_wanted(effect):
                if self.kept() != render(effect.code):
                    make_folder(self._config.data)
                    make_private(self._kept, render(effect.code).encode())
            return self._enrol(effect)
        except _GivenUp:
            return None
        except TableError:
            return EnrolProblem.OTHER_STATION
        except (TokenRefused, Unreachable, NothingTold, KeyUnusable, OSError) as error:
            problem = _problem(error)
            # Its own text may hold what a person typed: the kind is what a log needs.
            _log.warning("not enrolled: %s", type(error).__name__)
            return problem

    def _enrol(self, effect: Enrol) -> EnrolProblem | None:
        code, data = effect.code, self._config.data
        pause = partial(self._pause, effect.attempt)
        keeps_its_network = self._beside is not None and is_connected()
        if code.wifi is not None and not keeps_its_network and not self._joins(effect) and not is_connected():
            return EnrolProblem.NO_WIFI
        enrolled = self._reached(effect)
        if enrolled.standing is Standing.PENDING:  # else it was decided before, and nobody compares any more
            self._post(WordsKnown(effect.attempt, tuple(enrolled.words)))
        standing = enrolled.wait(pause, lambda: self._attempt == effect.attempt)
        if standing is Standing.PENDING:
            return None  # given up
        if standing is not Standing.ACTIVE:
            return EnrolProblem.REVOKED
        told = self._told(enrolled, pause)
        with self._while_wanted(effect):
            settle(code, data, told, partial(check_station, machine=self._config))
            self._has_settled = True
            self.forget()
            self._post(Confirmed(effect.attempt))
        return None

    def _told(self, enrolled: Enrolled, pause: Callable[[float], bool]) -> Told:
        """The key before is shut out by now, and who compared the words may have gone: a lost answer is asked for
        again. Raises _GivenUp."""
        pauses_s = pauses()
        while True:
            try:
                return enrolled.enroller.told()
            except Unreachable as error:
                if not pause(next(pauses_s)):
                    raise _GivenUp from error

    def _reached(self, effect: Enrol) -> Enrolled:
        """Raises what the steps raise."""
        code, until = effect.code, self._clock.monotonic() + (0.0 if effect.alone else self._network_within_s)
        known = self._centre()
        while True:
            try:
                config = config_for(code, self._config.data)
                with self._while_wanted(effect):
                    pass
                return enrol(config, code.token, code.token_text, again=True, clock=self._clock, known=known)
            except Unreachable as error:
                # Who has just joined a network will hear from it soon what time it is.
                unsure = isinstance(error, Distrusted) and error.by_an_unsure_clock
                if isinstance(error, Distrusted) and not unsure:
                    raise
                if self._clock.monotonic() >= until or not self._pause(effect.attempt, _LOOK_AGAIN_S):
                    raise (_ClockUnsure("the time is not known") if unsure else error) from error

    def _centre(self) -> CentreKey | None:
        """Of the station that works meanwhile: whoever holds its service pass may have made the code, and their server
        would confirm it. Raises KeyUnusable or OSError."""
        try:
            return CentreKey.pinned_in(self._beside) if self._beside is not None else None
        except ValueError as error:
            raise KeyUnusable("centre.pub is no key of a centre") from error

    def _stuck(self, effect: Enrol, problem: EnrolProblem) -> None:
        if problem not in CAN_BE_TRIED_AGAIN:
            self.forget()
        self._post(Stuck(effect.attempt, problem))

    def _joins(self, effect: Enrol) -> bool:
        assert effect.code.wifi is not None
        if self._requests is None:
            return False
        return ask_to_join(effect.code.wifi, self._requests, partial(self._pause, effect.attempt))

    def _want(self, attempt: int) -> None:
        """Of all that goes on, only `attempt` is still wanted."""
        with self._wanted:
            self._attempt = attempt
            self._wanted.notify_all()

    @contextmanager
    def _while_wanted(self, effect: Enrol) -> Iterator[None]:
        """Nobody gives it up meanwhile. Raises _GivenUp."""
        with self._wanted:
            if self._attempt != effect.attempt:
                raise _GivenUp
            yield

    def _pause(self, attempt: int, seconds: float) -> bool:
        """False: nobody waits for `attempt` any more."""
        with self._wanted:
            return not self._wanted.wait_for(lambda: self._attempt != attempt, seconds)


def code_on_stick(name: str, at: Path = SOCKET) -> str | None:
    """Of a partition that was plugged in. What is on it stays there: it is mounted to be read only."""
    try:
        with usb_stick(For.IMPORT, name, at) as folder:
            return read_code(folder / FILE_NAME)
    except (StickRefused, OSError) as error:
        _log.info("no enrolment code on a stick: %s", type(error).__name__)
        return None


def read_code(path: Path) -> str:
    """Raises OSError."""
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode("utf-8-sig", errors="replace")


def _problem(error: Exception) -> EnrolProblem:
    match error:
        case TokenRefused():
            return EnrolProblem.TOKEN_REFUSED
        case Distrusted():
            return EnrolProblem.DISTRUSTED
        case _ClockUnsure():
            return EnrolProblem.CLOCK_UNSURE
        case Unreachable():
            return EnrolProblem.UNREACHABLE if is_connected() else EnrolProblem.NO_NETWORK
        case NothingTold():
            return EnrolProblem.NOTHING_TOLD
        case _:
            return EnrolProblem.NOT_KEPT
