"""The only crossing between the session's thread and Kivy's: states come in from any thread, touches go out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from kiosk.domain.operations import OperationId
from kiosk.session.inputs import Button, Input, RenewTouched, TakeOffTouched, Touched
from kiosk.session.states import State


class UiBridge:
    """Keeps the newest state only: the screen shows what is, not what was. `monotonic`: seconds, for touches, rings."""

    def __init__(self, post: Callable[[Input], None], monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._post = post
        self._lock = Lock()
        self._newest: State | None = None
        self._wake: Callable[[], object] | None = None

    def show(self, state: State) -> None:
        """From any thread; returns at once. Shown with the next frame, unless a newer one comes first."""
        with self._lock:
            first, self._newest = self._newest is None, state
            wake = self._wake
        # While a state waits to be taken, the frame that takes it is on its way already.
        if first and wake is not None:
            wake()

    def attach(self, wake: Callable[[], object]) -> None:
        """`wake` makes the UI thread call `take` soon; it may be called from any thread."""
        with self._lock:
            self._wake = wake
            waiting = self._newest is not None
        if waiting:
            wake()

    def take(self) -> State | None:
        """The newest state that was not taken yet."""
        with self._lock:
            state, self._newest = self._newest, None
        return state

    def touched(self, button: Button) -> None:
        self._post(Touched(button, self.monotonic()))

    def take_off_touched(self, operation: OperationId) -> None:
        self._post(TakeOffTouched(operation, self.monotonic()))

    def renew_touched(self, barcode: str) -> None:
        self._post(RenewTouched(barcode, self.monotonic()))
