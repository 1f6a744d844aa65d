"""The whole station with its window, in this process: for benchmarks that look at frames. One JSON line a run.

python -m benchmarks.window paint CONFIG COUNT FIRST_ITEM FIRST_CARD | idle CONFIG
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

from benchmarks import rig
from demo.school import Scanner
from kiosk.bootstrap.window import make_station
from kiosk.config import load
from kiosk.session.states import Borrowing, State

_SETTLE_S = 3.0
_HAND_S = 0.15
_IDLE_S = 5.0


def paint(config: Path, count: int, first_item: int, first_card: int) -> None:
    """Milliseconds from the first byte at the pty to the flip of the frame that shows the loan, each with the number of
    operations that were still to be sent then."""
    scanner = Scanner()
    text = config.read_text().splitlines()
    text = [f'port = "{scanner.device}"' if line.startswith("port = ") else line for line in text]
    config.write_text("\n".join(text))
    painted: SimpleQueue[tuple[float, State]] = SimpleQueue()
    app, kiosk = make_station(load(config), on_painted=lambda state: painted.put((time.monotonic(), state)))
    times: list[tuple[float, int]] = []

    def hand() -> None:
        try:
            kiosk.store.opened.wait(rig.PATIENCE_S)
            time.sleep(_SETTLE_S)
            print("ready", flush=True)
            for n in range(count):
                if n % 5 == 0:
                    number = rig.card(first_card + n // 5)
                    scanner.scan(number)
                    _until(painted, lambda doing, number=number: doing.patron.card == number)  # type: ignore[misc]
                code = rig.barcode(first_item + n)
                began = time.monotonic()
                scanner.scan(code)
                at, state = _until(
                    painted,
                    lambda doing, code=code: bool(doing.rows) and doing.rows[0].book.barcode == code,  # type: ignore[misc]
                )
                times.append(((at - began) * 1000, state.station.pending))
                time.sleep(_HAND_S * (1 + n % 7 / 10))  # as quick as a hand, and not in step with the frames
        finally:
            app.stop()

    kiosk.start()
    thread = threading.Thread(target=hand)
    thread.start()
    try:
        app.run()
    finally:
        kiosk.stop()
    thread.join()
    print(json.dumps({"times": times}))


def _until(painted: SimpleQueue[tuple[float, State]], reached: Callable[[Borrowing], bool]) -> tuple[float, State]:
    try:
        while True:
            at, state = painted.get(timeout=rig.PATIENCE_S)
            if isinstance(state.doing, Borrowing) and reached(state.doing):
                return at, state
    except Empty:
        raise RuntimeError("nothing was painted") from None


def idle(config: Path) -> None:
    """Flips of the window while nobody is there."""
    app, kiosk = make_station(load(config))
    flips = [0]

    def watch() -> None:
        time.sleep(_SETTLE_S)
        from kivy.core.window import Window  # the other thread has imported it by now

        count = [0]
        Window.bind(on_flip=lambda *_: count.__setitem__(0, count[0] + 1))
        time.sleep(_IDLE_S)
        flips[0] = count[0]
        app.stop()

    kiosk.start()
    threading.Thread(target=watch, daemon=True).start()
    try:
        app.run()
    finally:
        kiosk.stop()
    print(json.dumps({"flips": flips[0]}))


if __name__ == "__main__":
    if sys.argv[1] == "idle":
        idle(Path(sys.argv[2]))
    else:
        paint(Path(sys.argv[2]), *(int(word) for word in sys.argv[3:6]))
