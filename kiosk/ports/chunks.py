"""How much one unit of work takes, so that a loan never waits longer than 20 ms for sync."""

from __future__ import annotations

LONGEST_HOLD_S = 0.020
LARGEST_CHUNK = 100
_AIM_S = LONGEST_HOLD_S / 2  # a disk that is slower this time than last still keeps the promise
_FIRST_CHUNK = 25


class Chunks:
    """How many rows one unit of work takes, from how long the last one held the store."""

    def __init__(self, largest: int = LARGEST_CHUNK) -> None:
        self.size = min(_FIRST_CHUNK, largest)
        self._largest = largest

    def took(self, rows: int, applying_s: float, committing_s: float) -> None:
        """Shrinks at once, grows by doubling. A commit costs the same however little is in it: where it alone uses up
        the time, smaller chunks would only mean more of them."""
        if not rows:
            return
        budget = max(_AIM_S - committing_s, _AIM_S / 4)
        fits = int(rows * budget / applying_s) if applying_s > 0 else self._largest
        self.size = max(1, min(fits, self.size * 2, self._largest))
