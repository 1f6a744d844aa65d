"""Being told to end: by systemd, or by a person's Ctrl+C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable


def call_when_told_to_end(end: Callable[[], None]) -> None:
    """Calls `end` on a thread of its own at SIGTERM or SIGINT. From the main thread only.

    Never in the handler itself: that runs between two steps of the main thread, which may hold the very lock (of
    Kivy's clock, say) that ending needs, and then nothing ends any more.
    """
    hear, tell = os.pipe()  # not an Event: its lock is no safer in a handler, where a second signal may come

    def wait() -> None:
        os.read(hear, 1)
        end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(tell, b"."))
    threading.Thread(target=wait, name="end-signals", daemon=True).start()
