"""The session thread of a blank station: owns the state, takes one input after another, hands effects out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue

from kiosk.ports.devices import Signaller
from kiosk.runtime.loop import Beat
from kiosk.session.effects import Play
from kiosk.session.enrolment import Begin, CodeSeen, Effect, Enrol, GiveUp, Input, LookAtNetwork, beginning, step
from kiosk.session.states import Enrolling, SessionRules, State

_log = logging.getLogger(__name__)


class EnrolmentLoop:
    """`show` and `perform` must return at once. `alive` is called for each beat of the window's clock. A text that
    `take_out` takes is the station's own, and nobody's here."""

    def __init__(
        self,
        rules: SessionRules,
        show: Callable[[State], None],
        signaller: Signaller,
        perform: Callable[[Enrol | GiveUp | Begin | LookAtNetwork], None],
        alive: Callable[[], None],
        take_out: Callable[[object], bool] = lambda _: False,
    ) -> None:
        self._inbox: SimpleQueue[Input | Beat | None] = SimpleQueue()
        self._rules = rules
        self._show = show
        self._signaller = signaller
        self._perform = perform
        self._alive = alive
        self._take_out = take_out

    def post(self, happened: Input | Beat) -> None:
        """From any thread."""
        self._inbox.put(happened)

    def stop(self) -> None:
        self._inbox.put(None)

    def run(self) -> None:
        state = beginning(self._rules.language)
        self._show(state)
        while (happened := self._inbox.get()) is not None:
            if isinstance(happened, Beat):
                self._alive()
                continue
            if isinstance(happened, CodeSeen) and self._take_out(happened.text):
                continue
            following, effects = step(state, happened, self._rules)
            _tell_what_changed(state, following)
            if following is not state:
                state = following
                self._show(state)
            for effect in effects:
                self._do(effect)

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Play):
            self._signaller.play(effect.sound)
        else:
            self._perform(effect)


def _tell_what_changed(before: State, after: State) -> None:
    """Never a code, a word or a network."""
    was, now = before.doing, after.doing
    assert isinstance(was, Enrolling)
    assert isinstance(now, Enrolling)
    if (was.stage, was.problem) != (now.stage, now.problem):
        problem = now.problem.name if now.problem else None
        _log.info("enrolment", extra={"act": now.stage.name, "code": problem})
