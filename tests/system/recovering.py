"""A station is hung or killed from outside, and somebody in front of it waits until it is usable again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devices.host.status_socket import ask_word
from tests.system.freeze import frozen, thread_of
from tests.system.machine import CAMERA, Machine, MachineFailed

HANGS = {"window": "", "session": "session", "store": "store", "camera": CAMERA}
"""Who hangs, and the name of its thread."""
_TRIES = 20
_LETS_GO_S = 0.3


@contextmanager
def hung(there: Machine, who: str) -> Iterator[int]:
    """That thread of the station, and no other; gives the process."""
    process = there.main_process()
    thread = thread_of(process, HANGS[who])
    for _ in range(_TRIES):
        with frozen(thread):
            # It may have been stopped while it had Python's own lock: that would be another hang, of everybody.
            if ask_word(there.data) is not None:
                yield process
                return
        time.sleep(_LETS_GO_S)
    raise MachineFailed(f"{who} cannot be hung alone")


def hang_to_usable(there: Machine, who: str) -> float:
    """Seconds, by the systemd of the machine. It was well before."""
    there.was_well()
    with hung(there, who) as process:
        began = time.monotonic()
        there.until("it is another process", lambda: not Path(f"/proc/{process}").exists())
        there.wait_until_usable()
        return time.monotonic() - began


def kill_to_usable(there: Machine) -> float:
    """Seconds. It was well before."""
    there.was_well()
    if not there.kill():
        raise MachineFailed("there was nothing to kill")
    began = time.monotonic()
    there.wait_until_usable()
    return time.monotonic() - began


def kill_again_and_again(there: Machine, kills: int, dice: random.Random) -> int:
    """At any moment: while it is chosen, starts, runs, or calls staff. How often the unit was found dead."""
    dead = killed = 0
    while killed < kills:
        with suppress(OSError):
            killed += bool(there.kill())
        time.sleep(dice.choice((0.0, 0.05, dice.uniform(0, 1.5))))
        if there.about("ActiveState") == "failed":
            dead += 1
            there.run("systemctl", "reset-failed")
            there.run("systemctl", "start", "--no-block", "kiosk.service")
    return dead
