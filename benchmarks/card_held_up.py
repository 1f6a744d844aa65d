"""A card that is brought before the camera and held still, or moved past it, at thirty pictures a second: how soon the
real camera scanner has read it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks import kiosk_frames
from benchmarks.kiosk_frames import Spoiled
from demo.camera_pictures import WIDTH, Gray
from devices.scanners.camera_scanner import CameraConfig, CameraScanner
from devices.scanners.frame_sources import FrameSource
from devices.scanners.reading import Symbology
from kiosk.ports.errors import DeviceLost

FPS = 30
_EMPTY, _COMING, _HELD, _PASSING = 12, 8, 30, 40  # pictures
_COMES_PX = 55.0  # a picture
_PASSES_PX = 6.0
_EXPOSED = 0.25
"""Of the time between two pictures: what a camera takes in daylight."""
_KINDS = (Symbology.CODE_128, Symbology.CODE_128, Symbology.EAN_13, Symbology.CODE_39, Symbology.CODABAR, Symbology.QR)


class Film(NamedTuple):
    """`first`: the picture in which the code is wholly in view, and from which on it is held still."""

    pictures: Sequence[Gray]
    text: str
    first: int


@dataclass
class Outcome:
    """`seconds` from the first full picture until the code was posted, `None`: never. `others`: other texts that were
    posted."""

    seconds: float | None
    others: list[str]


def held_up(random: np.random.Generator, kind: int) -> Film:
    """Brought in from the side, and held still."""
    return _film(random, _KINDS[kind % len(_KINDS)], passes=False)


def passing(random: np.random.Generator, kind: int) -> Film:
    """Moved past without a stop."""
    return _film(random, _KINDS[kind % len(_KINDS)], passes=True)


def play(film: Film) -> Outcome:
    """Before the real scanner, in real time."""
    posted: list[tuple[float, str]] = []
    done = threading.Event()
    replay = _Replay(film.pictures, done)
    # The replay is over when its pictures are: looked for again, it ends the scanner.
    scanner = CameraScanner(CameraConfig(path="film", fps=FPS), open_source=lambda: replay)
    scanner.run(lambda scan: posted.append((time.monotonic(), scan.text)), lambda _lost: None, done)
    full_at = replay.began + film.first / FPS
    right = [at for at, text in posted if text == film.text]
    others = [text for _, text in posted if text != film.text]
    return Outcome(max(right[0] - full_at, 0.0) if right else None, others)


class _Replay(FrameSource):
    """The newest picture of a film that runs on, whoever looks; none is given twice."""

    live = False

    def __init__(self, pictures: Sequence[Gray], done: threading.Event) -> None:
        self._pictures = pictures
        self._done = done
        self._next = 0
        self.began = time.monotonic()

    def read(self) -> Gray | None:
        due = max(self._next, int((time.monotonic() - self.began) * FPS))
        if due >= len(self._pictures):
            self._done.set()
            raise DeviceLost("over")
        time.sleep(max(self.began + due / FPS - time.monotonic(), 0.0))
        self._next = due + 1
        return self._pictures[due]

    def close(self) -> None:
        pass


def _film(random: np.random.Generator, symbology: Symbology, *, passes: bool) -> Film:
    content, text = kiosk_frames.content_of(symbology, int(random.integers(kiosk_frames.NUMBERS)))
    label = kiosk_frames.label_of(content, symbology, random.uniform(0.8, 1.2))
    how = Spoiled(module_px=random.uniform(2, 3), turned=random.uniform(0, 180), tilted=random.uniform(0, 0.05))
    desk = kiosk_frames.background(random)
    ends_at = random.uniform(-0.8, 0.8, 2)
    px = _PASSES_PX if passes else _COMES_PX
    light = int(random.integers(2**31))  # the same for all pictures
    count = _PASSING if passes else _COMING

    def picture(away: float) -> Gray:
        """`away`: so many px from where it is held."""
        where = ends_at - np.array([away / (WIDTH / 3), 0.0])
        laid, *_ = kiosk_frames.lay(desk, label, how, where, np.random.default_rng(light))
        moved = kiosk_frames.smeared(laid, np.array([px * _EXPOSED, 0.0])) if away else laid
        return kiosk_frames.noisy(moved, how.noise, random)

    pictures = [kiosk_frames.noisy(desk, how.noise, random) for _ in range(_EMPTY)]
    pictures += [picture(px * (count - n)) for n in range(count)]
    pictures += [picture(0.0) for _ in range(0 if passes else _HELD)]
    return Film(pictures, text, _EMPTY if passes else _EMPTY + _COMING)
