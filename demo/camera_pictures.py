"""What a camera would see: real barcodes in a picture, held at an angle, in bad light."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from zxingcpp import BarcodeFormat, create_barcode, write_barcode_to_image

Gray = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
_DESK = 150


def barcode(content: str | bytes, kind: BarcodeFormat = BarcodeFormat.Code128, scale: int = 3) -> Gray:
    """On white, with its quiet zones. EAN-13 without its check digit, Codabar with its start and stop letters."""
    return np.array(write_barcode_to_image(create_barcode(content, kind), scale=scale))


def scene(
    *codes: Gray,
    width: int = WIDTH,
    height: int = HEIGHT,
    turned: float = 0.0,
    tilted: float = 0.0,
    blurred: float = 0.0,
    noise: float = 0.0,
) -> Gray:
    """`codes` one under another on a desk. `turned`: degrees; `tilted`: how much smaller one side is, 0 to 1;
    `blurred`, `noise`: standard deviations, in px and in gray levels."""
    picture: Gray = np.full((height, width), _DESK, np.uint8)
    top = (height - sum(code.shape[0] + 20 for code in codes)) // 2
    for code in codes:
        high, wide = code.shape
        left = (width - wide) // 2
        picture[top : top + high, left : left + wide] = code
        top += high + 20
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    squeeze = np.array([(0, tilted), (0, -tilted / 3), (0, tilted / 3), (0, -tilted)], np.float32) * height / 2
    spin = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), turned, 1.0), (0, 0, 1)])
    view = spin @ cv2.getPerspectiveTransform(corners, corners + squeeze)
    picture = cv2.warpPerspective(picture, view, (width, height), borderValue=(_DESK,))  # type: ignore[assignment]
    if blurred:
        picture = cv2.GaussianBlur(picture, (0, 0), blurred)  # type: ignore[assignment]
    if noise:
        grain = np.random.default_rng(len(codes)).normal(0, noise, picture.shape)
        picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    return picture


def hold_up(folder: Path, name: str, picture: Gray) -> None:
    """Into a folder that a station watches instead of a camera, whole at once."""
    hidden = folder / f".{name}"
    if not cv2.imwrite(str(hidden), picture):
        raise OSError(f"{hidden} could not be written")
    hidden.rename(folder / name)
