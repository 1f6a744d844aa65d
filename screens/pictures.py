"""A picture of every page that was shown, from the real window, for looking at."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

from screens.png import png

MOST = 40
MOST_OF_ONE = 8
SETTLE_FLIPS = 10  # frames: longer than a new row slides


class Pictures:
    """Saves a page once it has stood still for some frames. One kind of page in one language: `MOST_OF_ONE` at most."""

    def __init__(self, folder: Path, settle_flips: int = SETTLE_FLIPS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settle_flips = settle_flips
        self._name = ""
        self._flips_left = 0
        self._seen: dict[str, set[int]] = {}

    def painted(self, name: str) -> None:
        """Something new is painted on the page of this `name`."""
        self._name, self._flips_left = name, self._settle_flips + 1

    def due(self) -> bool:
        """Once per frame: whether to save this one."""
        if self._flips_left == 0:
            return False
        self._flips_left -= 1
        return self._flips_left == 0

    @property
    def waiting(self) -> bool:
        return self._flips_left > 0

    def save(self, width: int, height: int, rgb_from_below: bytes) -> None:
        seen = self._seen.setdefault(self._name, set())
        content = crc32(rgb_from_below)
        if content in seen or len(seen) >= MOST_OF_ONE or sum(map(len, self._seen.values())) >= MOST:
            return
        seen.add(content)
        name = self._name if len(seen) == 1 else f"{self._name}-{len(seen)}"
        (self._folder / f"{name}.png").write_bytes(png(width, height, rgb_from_below))
