"""A hand that holds cards and books before a camera: photographs of labels, put where the station's camera looks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from demo.processes import DemoFailed

_WIDTH, _HEIGHT = 1280, 720
_LABEL = 560, 300
_CORNERS = ((330, 190), (900, 150), (930, 470), (350, 500))  # where a label lands that a hand holds a little askew


class Camera:
    """`folder` is the `path` of a `kind = "camera"` scanner. Pictures are shown in the order in which they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held_up = 0
        folder.mkdir(parents=True, exist_ok=True)

    def hold_up(self, code: str) -> None:
        """Named by number: a file's name must not tell whose card it shows."""
        self._held_up += 1
        whole = self._folder / f".{self._held_up:04}.png"
        if not cv2.imwrite(str(whole), photograph(code, seed=self._held_up)):
            raise DemoFailed(f"the picture {whole} cannot be written")
        whole.rename(self._folder / f"{self._held_up:04}.png")


def photograph(code: str, seed: int) -> npt.NDArray[np.uint8]:
    """Gray, 1280 × 720: a label with a Code 128, a little turned, in uneven light, with a sensor's noise."""
    bars = np.asarray(zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128).to_image(scale=3))
    label = np.full((_LABEL[1], _LABEL[0]), 245, np.uint8)
    bars = cv2.resize(bars, (_LABEL[0] - 60, _LABEL[1] - 120), interpolation=cv2.INTER_AREA)
    label[40 : 40 + bars.shape[0], 30 : 30 + bars.shape[1]] = bars
    cv2.putText(label, code, (40, _LABEL[1] - 25), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 30, 2, cv2.LINE_AA)
    corners = np.array([(0, 0), (_LABEL[0], 0), _LABEL, (0, _LABEL[1])], np.float32)
    turn = cv2.getPerspectiveTransform(corners, np.array(_CORNERS, np.float32))
    held = cv2.warpPerspective(label, turn, (_WIDTH, _HEIGHT), borderValue=-1, borderMode=cv2.BORDER_TRANSPARENT)
    inside = cv2.warpPerspective(np.full_like(label, 255), turn, (_WIDTH, _HEIGHT))
    light = np.linspace(70, 110, _WIDTH, dtype=np.float32)[None, :].repeat(_HEIGHT, axis=0)
    picture = np.where(inside > 0, held * (light / 110), light)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8) + np.random.default_rng(seed).normal(0, 4, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
