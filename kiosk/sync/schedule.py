"""When to try again: exponential back-off with full jitter, so that a hundred stations do not come back as one."""

from __future__ import annotations

from random import Random

BASE_S = 1.0
CAP_S = 300.0


class Schedule:
    def __init__(self, random: Random, base_s: float = BASE_S, cap_s: float = CAP_S) -> None:
        self._random = random
        self._base_s = base_s
        self._cap_s = cap_s
        self._ceiling_s = base_s

    def next_s(self) -> float:
        """Seconds to wait after one more failure: anything up to the base, then up to twice that … up to the cap."""
        wait = self._random.uniform(0.0, self._ceiling_s)
        self._ceiling_s = min(self._ceiling_s * 2, self._cap_s)
        return wait

    def reset(self) -> None:
        self._ceiling_s = self._base_s
