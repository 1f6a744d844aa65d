"""The only crossing between other threads and Kivy's: states and the camera's pictures come in, touches go out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from kiosk.domain.findings import Part
from kiosk.domain.operations import OperationId
from kiosk.session.desk_states import Act
from kiosk.session.inputs import (
    ActTouched,
    Button,
    Input,
    LineTouched,
    PartTouched,
    RenewTouched,
    TakeOffTouched,
    Touched,
    Typed,
)
from kiosk.session.states import State


@dataclass(frozen=True, slots=True)
class Seen:
    """What the camera sees: `luminance` is width × height bytes, top row first, 0 is black. `read_at`: monotonic
    seconds when it last read a code."""

    width: int
    height: int
    luminance: bytes
    read_at: float = -math.inf


class UiBridge:
    """Keeps the newest state and picture only: the screen shows what is, not what was. `monotonic`: seconds, for
    touches and rings."""

    def __init__(self, post: Callable[[Input], None], monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._post = post
        self._lock = Lock()
        self._newest: State | None = None
        self._wake: Callable[[], object] | None = None
        self._seen: Seen | None = None
        self._unlooked = False
        self._read_at = -math.inf
        self._wake_eyes: Callable[[], object] | None = None

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

    def see(self, width: int, height: int, luminance: bytes, *, read: bool = False) -> None:
        """From any thread; returns at once. 0 × 0: the camera sees nothing any more. `read`: a code was read in it.
        ValueError when the size does not fit. The newest picture stays in memory until the next, and is never written
        anywhere."""
        if len(luminance) != width * height:
            raise ValueError(f"{len(luminance)} bytes are not {width}×{height} px")
        with self._lock:
            if read:
                self._read_at = self.monotonic()
            if not luminance:
                self._read_at = -math.inf
            seen = Seen(width, height, luminance, self._read_at) if luminance else None
            if seen == self._seen:
                return  # a still scene wakes nobody
            first, self._seen, self._unlooked = not self._unlooked, seen, True
            wake = self._wake_eyes
        if first and wake is not None:
            wake()

    def watch(self, wake: Callable[[], object] | None) -> None:
        """While a page shows the picture, `wake` makes the UI thread call `look` soon for each newer one, and once for
        the one that is there. None: no page shows it, and nobody is woken."""
        with self._lock:
            self._wake_eyes = wake
            self._unlooked = self._seen is not None
            waiting = self._unlooked
        if waiting and wake is not None:
            wake()

    def look(self) -> Seen | None:
        """What the camera sees now; None: nothing."""
        with self._lock:
            self._unlooked = False
            return self._seen

    def touched(self, button: Button) -> None:
        self._post(Touched(button, self.monotonic()))

    def take_off_touched(self, operation: OperationId) -> None:
        self._post(TakeOffTouched(operation, self.monotonic()))

    def renew_touched(self, barcode: str) -> None:
        self._post(RenewTouched(barcode, self.monotonic()))

    def part_touched(self, part: Part) -> None:
        self._post(PartTouched(part, self.monotonic()))

    def act_touched(self, act: Act, value: str) -> None:
        self._post(ActTouched(act, self.monotonic(), value))

    def line_touched(self, line: str) -> None:
        self._post(LineTouched(line, self.monotonic()))

    def typed(self, name: str) -> None:
        self._post(Typed(name, self.monotonic()))
