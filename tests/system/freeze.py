"""One thread of somebody else's process stands still, and all others run on: what a hang is, made from outside.

A signal stops all of a process; what is traced is stopped thread by thread.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Until the end, or until its process is killed. Enter and leave it on one thread: the kernel traces by thread."""
    for request in (_SEIZE, _INTERRUPT):
        if _libc.ptrace(request, thread, None, None):
            raise OSError(ctypes.get_errno(), f"thread {thread} cannot be stopped")
    os.waitpid(thread, _WALL)  # it stands
    over = threading.Event()
    burying = threading.Thread(target=_bury, args=(thread, over))
    burying.start()
    try:
        yield
    finally:
        over.set()
        burying.join()
        _libc.ptrace(_DETACH, thread, None, None)


def _bury(thread: int, over: threading.Event) -> None:
    """Its parent does not hear that it was killed before we do."""
    while not over.wait(0.005):
        try:
            if os.waitpid(thread, _WALL | os.WNOHANG) != (0, 0):
                return
        except ChildProcessError:
            return


def thread_of(process: int, name: str) -> int:
    """`name` as the kernel has it, 15 bytes at most; "" is the main thread. Raises LookupError."""
    if not name:
        return process
    tasks = Path(f"/proc/{process}/task").iterdir()
    found = [task for task in tasks if (task / "comm").read_bytes().rstrip(b"\n") == name.encode()[:15]]
    if not found:
        raise LookupError(f"no thread {name!r}")
    return int(min(found, key=_began).name)  # those that it began itself inherit its name


def _began(task: Path) -> int:
    return int((task / "stat").read_text().rpartition(")")[2].split()[19])
