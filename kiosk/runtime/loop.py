"""The session thread: owns the state, takes one input after another, hands effects out and states on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import get_args

from kiosk.domain.staff import Staff
from kiosk.ports.devices import Signaller
from kiosk.ports.host import Clock
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.effects import Play, Serve, StoreEffect
from kiosk.session.enrolment import Asks
from kiosk.session.inputs import Answer, Scanned, Tick
from kiosk.session.leaving import who_left
from kiosk.session.machine import Effect, Input, step, wakes_at
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import Notice, staff_codes
from kiosk.session.states import Enrolling, Finished, Proving, SessionRules, State

_log = logging.getLogger("kiosk.acts")

_ANSWERS: tuple[type, ...] = get_args(Answer)
_ASK_NO_STORE: tuple[type, ...] = (Play, Serve, *get_args(Asks))
_MOST_TIMED = 200


@dataclass(frozen=True, slots=True)
class Beat:
    """From the frame clock. The session passes it to the store thread, and only its return feeds the watchdog."""

    at: float


class SessionLoop:
    """`ask(effect)` hands a question to the store thread, which posts the answer. `show`, `serve`, `enrol` and
    `left_desk` (somebody's desk was locked) must return at once. A scan whose code `take_out` takes is the station's
    own, and nobody's here."""

    def __init__(
        self,
        rules: SessionRules,
        clock: Clock,
        ask: Callable[[StoreEffect], None],
        show: Callable[[State], None],
        signaller: Signaller,
        pass_on_beat: Callable[[Beat], None],
        take_out: Callable[[object], bool] = lambda _: False,
        serve: Callable[[Serve], None] = lambda _: None,
        enrol: Callable[[Asks], None] = lambda _: None,
        left_desk: Callable[[Staff], None] = lambda _: None,
    ) -> None:
        self._inbox: SimpleQueue[Input | Beat | SessionRules | None] = SimpleQueue()
        self._rules = rules
        self._clock = clock
        self._ask = ask
        self._show = show
        self._signaller = signaller
        self._pass_on_beat = pass_on_beat
        self._take_out = take_out
        self._serve = serve
        self._enrol = enrol
        self._left_desk = left_desk
        self._timed: dict[int, float] = {}

    def post(self, happened: Input | Beat) -> None:
        """From any thread."""
        self._inbox.put(happened)

    def go_by(self, rules: SessionRules) -> None:
        """From now on; a visit that goes on keeps the language that it began with. From any thread."""
        self._inbox.put(rules)

    def stop(self) -> None:
        self._inbox.put(None)

    def run(self) -> None:
        state, seen = State(language=self._rules.language), True
        self._show(state)
        while True:
            wake = wakes_at(state, self._rules)
            try:
                happened = self._inbox.get(timeout=None if wake is None else max(0.0, wake - self._clock.monotonic()))
            except Empty:
                happened = Tick(self._clock.monotonic())
            if happened is None:
                return
            if isinstance(happened, Beat):
                self._pass_on_beat(happened)
                continue
            if isinstance(happened, SessionRules):
                self._rules = happened
                self._show(state)  # what counts down counts by them
                continue
            if isinstance(happened, Scanned) and self._take_out(happened.code):
                continue
            following, effects = step(state, happened, self._rules)
            for effect in effects:
                self._perform(effect, happened)
            if staff := who_left(state, happened, following):
                self._left_desk(staff)
            if following is not state:
                _tell_what_changed(state, following)
                state, seen = following, False
            # What was just asked is answered in a moment, and only then is there something new to see: a window that
            # draws meanwhile would only keep the store waiting for the interpreter. The answer itself may say nothing
            # new.
            if not seen and all(isinstance(effect, _ASK_NO_STORE) for effect in effects):
                self._show(state)
                seen = True
            if isinstance(happened, _ANSWERS):
                self._tell_how_long(happened)

    def _perform(self, effect: Effect, cause: Input) -> None:
        if isinstance(effect, Play):
            self._signaller.play(effect.sound)
            return
        if isinstance(effect, Serve):
            self._serve(effect)
            return
        if isinstance(effect, Asks):
            self._enrol(effect)
            return
        if isinstance(cause, Scanned):
            if len(self._timed) >= _MOST_TIMED:
                self._timed.clear()
            self._timed[effect.request] = cause.at
        self._ask(effect)

    def _tell_how_long(self, answer: Input) -> None:
        """`ms` from the scan; an answer that followed from something else (a scan that was held, a touch) has none."""
        began = self._timed.pop(getattr(answer, "request", -1), None)
        took_ms = None if began is None else round((self._clock.monotonic() - began) * 1000, 3)
        _log.info("answered", extra={"act": type(answer).__name__, "ms": took_ms})


def _tell_what_changed(before: State, after: State) -> None:
    """For staff: that somebody began or was refused something and why, never who or which book."""
    if after.visit != before.visit:
        _log.info("now", extra={"act": type(after.doing).__name__})
    was, now = before.anew, after.anew
    if now is not None and (was is None or (was.stage, was.problem) != (now.stage, now.problem)):
        problem = now.problem.name if now.problem else None
        _log.info("enrolment anew", extra={"act": now.stage.name, "code": problem})
    notice = _notice(after)
    if notice is not None and notice != _notice(before):
        _log.info("notice", extra={"act": type(notice).__name__, "code": " ".join(staff_codes(notice))})


def _notice(state: State) -> Notice | None:
    doing = state.doing
    return (
        None
        if isinstance(doing, Enrolling | Finished | Maintaining | Entering | Supervising | Proving)
        else doing.notice
    )
