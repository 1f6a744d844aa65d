"""Frames as a station's camera gives them: a card or a label in a hand, near or far, turned, moving, in bad light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from zxingcpp import BarcodeFormat

from demo.camera_pictures import HEIGHT, WIDTH, Gray, barcode
from devices.scanners.reading import Symbology

_FORMATS = {
    Symbology.CODE_128: BarcodeFormat.Code128,
    Symbology.CODE_39: BarcodeFormat.Code39,
    Symbology.EAN_13: BarcodeFormat.EAN13,
    Symbology.CODABAR: BarcodeFormat.Codabar,
    Symbology.QR: BarcodeFormat.QRCode,
}
_LETTERS = "abcdehnotuvxyz  "
_SHARP = 4  # pixels of the picture that is turned, for one of the frame
_OFTEN = [Symbology.CODE_128] * 3 + [
    Symbology.CODE_39,
    Symbology.EAN_13,
    Symbology.EAN_13,
    Symbology.CODABAR,
    Symbology.QR,
]


class Frame(NamedTuple):
    """`text` of the one code in `gray`, as a scanner gives it."""

    gray: Gray
    text: str
    symbology: Symbology


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


def mixed(seed: int, count: int) -> Iterator[Frame]:
    """All that can be wrong, each by chance."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield frame(
            random,
            Spoiled(
                module_px=random.uniform(1, 3),
                turned=random.uniform(0, 180),
                tilted=random.uniform(0, 0.12),
                blurred=_sometimes(random, 0.1, 0.7),
                moved=_sometimes(random, 0.2, 1.6),
                contrast=random.uniform(0.25, 0.95),
                glare=_sometimes(random, 40, 160),
                noise=random.uniform(1, 9),
                quality=int(random.integers(50, 96)) if random.random() < 0.5 else 0,
            ),
        )


def rotated(seed: int, count: int) -> Iterator[Frame]:
    """Held still and in good light, at any angle."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        module = random.uniform(2, 3)
        yield frame(random, Spoiled(module_px=module, turned=random.uniform(0, 180), tilted=random.uniform(0, 0.05)))


def frame(random: np.random.Generator, how: Spoiled, symbology: Symbology | None = None) -> Frame:
    """A code of a kind that a school has, or of `symbology`, somewhere in the picture."""
    symbology = symbology or _OFTEN[random.integers(len(_OFTEN))]
    content, text = _number(random, symbology)
    code = barcode(content, _FORMATS[symbology], scale=1)
    picture = background(random)
    label = _label(code, symbology)
    tall = 1 if symbology is Symbology.QR else random.uniform(0.6, 1.4)
    _lay(picture, label, how, tall, random)
    return Frame(picture, text, symbology)


def background(random: np.random.Generator, noise: float = 0.0) -> Gray:
    """A desk, shelves, a sleeve: edges, text and bars that are no code."""
    picture = np.full((HEIGHT, WIDTH), int(random.integers(60, 190)), np.uint8)
    for _ in range(random.integers(3, 9)):
        corners = random.uniform((-100, -100), (WIDTH + 100, HEIGHT + 100), (1, 2)) + random.normal(0, 160, (4, 2))
        shade = int(random.integers(20, 236))
        cv2.fillConvexPoly(picture, cv2.convexHull(corners.astype(np.int32)), (shade,))
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
    picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 2.0))  # type: ignore[assignment]
    return _noisy(picture, noise, random)


def _sometimes(random: np.random.Generator, least: float, most: float) -> float:
    return random.uniform(least, most) if random.random() < 1 / 3 else 0.0


def _number(random: np.random.Generator, symbology: Symbology) -> tuple[str, str]:
    """What is drawn, and what a scanner gives."""
    number = int(random.integers(0, 1_000_000))
    match symbology:
        case Symbology.EAN_13:
            digits = f"{random.choice(['978604', '978045', '893456'])}{number:06d}"
            check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
            return digits, f"{digits}{check}"
        case Symbology.CODABAR:
            return f"A{number:08d}B", f"{number:08d}"
        case Symbology.QR:
            text = f"HS{number:06d}"
            return text, text
        case _:
            text = f"{random.choice(['PM', 'TK', 'GK', 'HS'])}.{number:06d}"
            return text, text


def _label(code: Gray, symbology: Symbology) -> Gray:
    """`code` (a pixel a module, bars as high as they come) on white, 14 modules around it."""
    if symbology is not Symbology.QR:
        code = np.repeat(code[code.shape[0] // 2 : code.shape[0] // 2 + 1], max(code.shape[1] // 3, 20), axis=0)
    return np.pad(code, 14, constant_values=255)


def _lay(picture: Gray, label: Gray, how: Spoiled, tall: float, random: np.random.Generator) -> None:
    """Put `label` into `picture`, spoiled as `how` says; then the whole picture is what a sensor gives."""
    high, wide = label.shape
    size = np.array([wide, high * tall]) * how.module_px
    turn = np.deg2rad(how.turned)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * size / 2
    corners = corners * (1 - how.tilted * np.array([[1, 1], [1, 1], [0, 0], [0, 0]]) * random.choice([0.5, 1])) @ spin.T
    half = np.abs(corners).max(axis=0) + 2
    room = np.maximum(np.array([WIDTH, HEIGHT]) / 2 - half, 0)
    middle = np.array([WIDTH, HEIGHT]) / 2 + random.uniform(-1, 1, 2) * room
    low = np.clip((middle - half).astype(int), 0, None)
    top = np.minimum((middle + half).astype(int) + 1, (WIDTH, HEIGHT))
    width, height = (int(one) for one in top - low)
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    target = ((corners + middle - low) * _SHARP).astype(np.float32)
    view = cv2.getPerspectiveTransform(source * 4, target)
    sharp = cv2.resize(label, (wide * 4, high * 4), interpolation=cv2.INTER_NEAREST)
    big = (width * _SHARP, height * _SHARP)
    over = cv2.resize(
        cv2.warpPerspective(sharp, view, big, flags=cv2.INTER_AREA), (width, height), interpolation=cv2.INTER_AREA
    )
    mask = (
        cv2.resize(
            cv2.warpPerspective(np.full_like(sharp, 255), view, big), (width, height), interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        / 255
    )
    white = random.uniform(140, 250)
    black = white * (1 - how.contrast)
    part = picture[low[1] : top[1], low[0] : top[0]]
    lit = black + over.astype(np.float32) / 255 * (white - black) / np.maximum(mask, 1e-3)
    part[:] = np.clip(part * (1 - mask) + np.minimum(lit, white) * mask, 0, 255).astype(np.uint8)
    picture[:] = _spoil(picture, how, middle, float(half.max()), random)


def _spoil(picture: Gray, how: Spoiled, middle: np.ndarray, reach: float, random: np.random.Generator) -> Gray:
    if how.blurred:
        picture = cv2.GaussianBlur(picture, (0, 0), how.blurred * how.module_px)  # type: ignore[assignment]
    if (way := how.moved * how.module_px) > 1:
        steps = int(np.ceil(way)) | 1
        line = np.zeros((steps + 2, steps + 2), np.float32)
        angle = random.uniform(0, np.pi)
        reach_px = np.array([np.cos(angle), np.sin(angle)]) * way / 2
        centre = (steps + 2) // 2
        ends = [tuple(round((centre + sign * one) * 16) for one in reach_px) for sign in (-1, 1)]
        cv2.line(line, ends[0], ends[1], (1.0,), 1, cv2.LINE_AA, 4)
        picture = cv2.filter2D(picture, -1, line / line.sum())  # type: ignore[assignment]
    if how.glare:
        at = middle + random.uniform(-0.7, 0.7, 2) * reach
        x, y = np.meshgrid(np.arange(WIDTH) - at[0], np.arange(HEIGHT) - at[1])
        wide, high = random.uniform(0.1, 0.6, 2) * reach + 8
        spot = how.glare * np.exp(-((x / wide) ** 2 + (y / high) ** 2))
        picture = np.clip(picture + spot, 0, 255).astype(np.uint8)
    picture = _noisy(picture, how.noise, random)
    if how.quality:
        _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, how.quality])
        picture = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE)  # type: ignore[assignment]
    return picture


def _noisy(picture: Gray, noise: float, random: np.random.Generator) -> Gray:
    if not noise:
        return picture
    grain = random.standard_normal(picture.shape, np.float32) * noise
    noisy: Gray = np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8)
    return noisy
