import ctypes
from pathlib import Path

from devices.host.memory import give_back

_BLOCKS, _SIZE = 600, 100_000  # 60 MB, in blocks that glibc does not map one by one


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def test_gives_back_what_was_freed_and_kept() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    blocks = [libc.malloc(_SIZE) for _ in range(_BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, _SIZE)
    for block in blocks[:-1]:  # the last one lies above the others
        libc.free(block)
    kept = resident_mb()
    give_back()
    assert kept - resident_mb() > 40
    libc.free(blocks[-1])
