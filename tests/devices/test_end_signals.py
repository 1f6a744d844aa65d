"""In a process of its own: signal handlers belong to a whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The main thread is told to end while it holds a lock that ending needs.
PROGRAM = """
import os, signal, sys, threading
from devices.host.end_signals import call_when_told_to_end

lock, ended = threading.Lock(), threading.Event()

def end():
    with lock:
        ended.set()

{arm}
with lock:
    os.kill(os.getpid(), signal.SIGTERM)
sys.exit(0 if ended.wait(1) else 1)
"""


def ends(arm: str) -> bool:
    try:
        done = subprocess.run([sys.executable, "-c", PROGRAM.format(arm=arm)], cwd=ROOT, timeout=1.5, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def test_ends_though_the_main_thread_holds_the_lock_that_ending_needs() -> None:
    assert ends("call_when_told_to_end(end)")


@pytest.mark.slow
def test_a_handler_that_ends_by_itself_would_wait_for_ever() -> None:
    assert not ends("signal.signal(signal.SIGTERM, lambda *_: end())")
