"""Pictures as a station's camera gives them: a card or a label in a hand, near or far, turned, moving, in bad light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from zxingcpp import BarcodeFormat

from demo.camera_pictures import HEIGHT, WIDTH, Gray, barcode
from devices.scanners.reading import Symbology

NUMBERS = 10_000
"""All codes are of so many consecutive numbers: whoever misreads one has most likely read another one that exists."""

_FORMATS = {
    Symbology.CODE_128: BarcodeFormat.Code128,
    Symbology.CODE_39: BarcodeFormat.Code39,
    Symbology.EAN_13: BarcodeFormat.EAN13,
    Symbology.CODABAR: BarcodeFormat.Codabar,
    Symbology.QR: BarcodeFormat.QRCode,
}
_AS_OFTEN = (
    *[Symbology.CODE_128] * 3,
    Symbology.CODE_39,
    *[Symbology.EAN_13] * 2,
    Symbology.CODABAR,
    Symbology.QR,
)
_LETTERS = "abcdehnotuvxyz  "
_MARGIN = 14  # modules of white around a code
_SHARP = 4  # pixels of the picture that is turned, for one of the camera's


@dataclass(frozen=True)
class Spoiled:
    """What is between a code and its picture. `module_px`: pixels a module. `turned`: degrees. `tilted`: how much
    smaller one side is. `blurred` (a standard deviation) and `moved` (a way): in modules. `contrast`: 0 to 1.
    `glare`: gray levels in the middle of a spot of light. `noise`: gray levels. `quality`: of the JPEG, 0: none."""

    module_px: float = 2.5
    turned: float = 0.0
    tilted: float = 0.0
    blurred: float = 0.0
    moved: float = 0.0
    contrast: float = 0.8
    glare: float = 0.0
    noise: float = 3.0
    quality: int = 0


@dataclass(frozen=True)
class View:
    """What a camera sees. `text` of the one code in it, as a scanner gives it."""

    clean: Gray
    text: str
    symbology: Symbology
    noise: float
    quality: int

    def shot(self, random: np.random.Generator) -> Gray:
        """A picture of it. No two have the same noise."""
        picture = noisy(self.clean, self.noise, random)
        if self.quality:
            _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            picture = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE)  # type: ignore[assignment]
        return picture


def mixed(random: np.random.Generator, count: int) -> Iterator[View]:
    """All that can be wrong, each by chance."""
    for _ in range(count):
        how = Spoiled(
            module_px=random.uniform(1, 3),
            turned=random.uniform(0, 180),
            tilted=random.uniform(0, 0.12),
            blurred=_sometimes(random, 0.1, 0.7),
            moved=_sometimes(random, 0.2, 1.6),
            contrast=random.uniform(0.25, 0.95),
            glare=_sometimes(random, 40, 160),
            noise=random.uniform(1, 9),
            quality=int(random.integers(50, 96)) if random.random() < 0.5 else 0,
        )
        yield view(random, how)


def rotated(random: np.random.Generator, count: int) -> Iterator[View]:
    """Held still and in good light, at any angle."""
    for _ in range(count):
        how = Spoiled(random.uniform(2, 3), random.uniform(0, 180), tilted=random.uniform(0, 0.05))
        yield view(random, how)


def blurred(random: np.random.Generator, count: int) -> Iterator[View]:
    """At the edge of what can be read, where decoders begin to guess."""
    for n in range(count):
        out_of_focus = n % 2 == 0
        how = Spoiled(
            module_px=random.uniform(1, 3),
            turned=random.uniform(-15, 15),
            blurred=random.uniform(0.5, 1.2) if out_of_focus else 0.0,
            moved=0.0 if out_of_focus else random.uniform(1.0, 3.0),
            contrast=random.uniform(0.4, 0.95),
            noise=random.uniform(1, 6),
        )
        yield view(random, how)


def view(random: np.random.Generator, how: Spoiled, symbology: Symbology | None = None) -> View:
    """A code of a kind that a school has, or of `symbology`, somewhere in the picture, spoiled as `how` says."""
    symbology = symbology or _AS_OFTEN[random.integers(len(_AS_OFTEN))]
    content, text = content_of(symbology, int(random.integers(NUMBERS)))
    label = label_of(content, symbology, 1.0 if symbology is Symbology.QR else random.uniform(0.6, 1.4))
    picture, middle, reach = lay(background(random), label, how, random.uniform(-1, 1, 2), random)
    return View(_seen(picture, how, middle, reach, random), text, symbology, how.noise, how.quality)


def background(random: np.random.Generator) -> Gray:
    """A desk, shelves, a sleeve: edges, text and bars that are no code."""
    picture = np.full((HEIGHT, WIDTH), int(random.integers(60, 190)), np.uint8)
    for _ in range(random.integers(3, 9)):
        corners = random.uniform((-100, -100), (WIDTH + 100, HEIGHT + 100), (1, 2)) + random.normal(0, 160, (4, 2))
        cv2.fillConvexPoly(picture, cv2.convexHull(corners.astype(np.int32)), (int(random.integers(20, 236)),))
    for _ in range(random.integers(2, 8)):
        at = (int(random.integers(0, WIDTH - 200)), int(random.integers(30, HEIGHT)))
        words = "".join(_LETTERS[n] for n in random.integers(0, len(_LETTERS), random.integers(6, 30)))
        size = random.uniform(0.4, 1.6)
        cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, (int(random.integers(0, 256)),), 1 + int(size))
    if random.random() < 0.3:  # the backs of books on a shelf
        left, top = int(random.integers(0, WIDTH - 300)), int(random.integers(0, HEIGHT - 250))
        while left < WIDTH and random.random() < 0.95:
            width = int(random.integers(8, 50))
            picture[top : top + 220, left : left + width] = random.integers(20, 236)
            left += width + int(random.integers(0, 3))
    soft: Gray = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 2.0))  # type: ignore[assignment]
    return soft


def noisy(picture: Gray, noise: float, random: np.random.Generator) -> Gray:
    grain = random.standard_normal(picture.shape, np.float32) * noise
    with_noise: Gray = np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8)
    return with_noise


def label_of(content: str, symbology: Symbology, tall: float) -> Gray:
    """A code on white, a pixel a module. `tall`: how high its bars are for their length."""
    code = barcode(content, _FORMATS[symbology], scale=1)
    if symbology is not Symbology.QR:
        high = max(int(code.shape[1] / 3 * tall), 20)
        code = np.repeat(code[code.shape[0] // 2 : code.shape[0] // 2 + 1], high, axis=0)
    return np.pad(code, _MARGIN, constant_values=255)


def existing(symbology: Symbology) -> frozenset[str]:
    """The texts of all codes of this kind."""
    return frozenset(content_of(symbology, number)[1] for number in range(NUMBERS))


def lay(
    picture: Gray, label: Gray, how: Spoiled, where: npt.NDArray[np.float64], random: np.random.Generator
) -> tuple[Gray, npt.NDArray[np.float64], float]:
    """`picture` with `label` in it, as sharp as it is. `where`: from (-1, -1), the upper left, to (1, 1); beyond that
    it is not wholly in view. Gives its middle and how far it reaches, in px."""
    high, wide = label.shape
    turn = np.deg2rad(how.turned)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array([wide, high]) * how.module_px / 2
    corners[:2] *= 1 - how.tilted
    corners = corners @ spin.T
    half = np.abs(corners).max(axis=0) + 2
    size = np.array([WIDTH, HEIGHT])
    middle = size / 2 + where * np.maximum(size / 2 - half, 0)
    low, top = np.floor(middle - half).astype(int), np.ceil(middle + half).astype(int)
    across, down = (int(one) for one in top - low)
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32) * _SHARP
    turned = cv2.getPerspectiveTransform(source, ((corners + middle - low) * _SHARP).astype(np.float32))
    sharp = cv2.resize(label, (wide * _SHARP, high * _SHARP), interpolation=cv2.INTER_NEAREST)

    def seen(flat: Any) -> npt.NDArray[np.float32]:
        big = cv2.warpPerspective(flat, turned, (across * _SHARP, down * _SHARP))
        return cv2.resize(big, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)

    ink, paper = seen(sharp), seen(np.full_like(sharp, 255))
    white = random.uniform(140, 250)
    lit = paper * white * (1 - how.contrast) + ink * white * how.contrast
    shown = picture.copy()
    first, last = np.clip(low, 0, size), np.clip(top, 0, size)  # what of it is in view
    if (first < last).all():
        inside = np.s_[first[1] : last[1], first[0] : last[0]]
        part = np.s_[first[1] - low[1] : last[1] - low[1], first[0] - low[0] : last[0] - low[0]]
        shown[inside] = np.clip(picture[inside] * (1 - paper[part]) + lit[part], 0, 255).astype(np.uint8)
    return shown, middle, float(half.max())


def smeared(picture: Gray, way: npt.NDArray[np.float64]) -> Gray:
    """As if everything had moved by `way` (x, y in px) while the picture was taken."""
    steps = int(np.ceil(np.abs(way).max())) + 3 | 1
    line = np.zeros((steps, steps), np.float32)
    ends = [[round((steps // 2 + sign * one / 2) * 16) for one in way] for sign in (-1, 1)]
    cv2.line(line, ends[0], ends[1], (1.0,), 1, cv2.LINE_AA, 4)
    return cv2.filter2D(picture, -1, line / line.sum())  # type: ignore[return-value]


def _seen(
    picture: Gray, how: Spoiled, middle: npt.NDArray[np.float64], reach: float, random: np.random.Generator
) -> Gray:
    if how.blurred:
        picture = cv2.GaussianBlur(picture, (0, 0), how.blurred * how.module_px)  # type: ignore[assignment]
    if how.moved:
        angle = random.uniform(0, np.pi)
        picture = smeared(picture, np.array([np.cos(angle), np.sin(angle)]) * how.moved * how.module_px)
    if how.glare:
        at = middle + random.uniform(-0.7, 0.7, 2) * reach
        x, y = np.meshgrid(np.arange(WIDTH) - at[0], np.arange(HEIGHT) - at[1])
        wide, high = random.uniform(0.1, 0.6, 2) * reach + 8
        spot = how.glare * np.exp(-((x / wide) ** 2) - (y / high) ** 2)
        picture = np.clip(picture + spot, 0, 255).astype(np.uint8)
    return picture


def content_of(symbology: Symbology, number: int) -> tuple[str, str]:
    """What is drawn, and what a scanner gives."""
    match symbology:
        case Symbology.EAN_13:
            digits = f"97860412{number:04d}"
            check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
            return digits, f"{digits}{check}"
        case Symbology.CODABAR:
            return f"A{number:08d}B", f"{number:08d}"
        case Symbology.QR:
            return f"HS{number:06d}", f"HS{number:06d}"
        case _:
            return f"PM.{number:06d}", f"PM.{number:06d}"


def _sometimes(random: np.random.Generator, least: float, most: float) -> float:
    return random.uniform(least, most) if random.random() < 1 / 3 else 0.0
