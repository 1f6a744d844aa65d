from __future__ import annotations

import numpy as np
import pytest

from demo.camera_pictures import barcode, scene
from devices.scanners.barcode_decoder import Gray
from devices.scanners.looking import STILL_AFTER_S, Health, MotionGate, shrunk
from kiosk.ports.errors import DeviceLost

A_LOOK_S = 0.2
NOISE = 12.0
"""Gray levels; a cheap camera in the evening."""


def noisy(picture: Gray, seed: int) -> Gray:
    grain = np.random.default_rng(seed).normal(0, NOISE, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


DESK = scene()
CARD = scene(barcode("HS250001", scale=2))


def gate_after(pictures: list[Gray]) -> list[bool]:
    gate = MotionGate()
    return [gate.open(shrunk(picture, 160), n * A_LOOK_S) for n, picture in enumerate(pictures)]


def test_shuts_on_a_still_scene_and_opens_for_a_card() -> None:
    looks_until_still = round(STILL_AFTER_S / A_LOOK_S)
    still = [noisy(DESK, n) for n in range(looks_until_still + 5)]
    assert gate_after([*still, CARD]) == [True] * looks_until_still + [False] * 5 + [True]


def test_opens_for_a_card_that_is_taken_away() -> None:
    still = [noisy(CARD, n) for n in range(round(STILL_AFTER_S / A_LOOK_S) + 1)]
    assert gate_after([*still, DESK])[-2:] == [False, True]


def test_opens_when_the_size_of_the_pictures_changes() -> None:
    gate = MotionGate(still_after_s=0.1)
    assert gate.open(shrunk(DESK, 160), 0.0)
    assert not gate.open(shrunk(DESK, 160), 1.0)
    assert gate.open(shrunk(DESK[:500], 160), 2.0)


@pytest.mark.parametrize(("shape", "small"), [((720, 1280), (90, 160)), ((480, 640), (120, 160)), ((1, 999), (1, 160))])
def test_keeps_the_shape_of_a_picture(shape: tuple[int, int], small: tuple[int, int]) -> None:
    assert shrunk(np.zeros(shape, np.uint8), 160).shape == small


def believed(pictures: list[Gray | None], *, live: bool = True) -> list[bool]:
    health = Health(live=live, patience_s=1.0, at=0.0)
    return [health.believed(picture, n * A_LOOK_S) is not None for n, picture in enumerate(pictures)]


def test_believes_a_live_camera_from_its_second_picture() -> None:
    assert believed([noisy(DESK, n) for n in range(4)]) == [False, True, True, True]


def test_forgives_a_picture_that_is_missing_or_comes_twice() -> None:
    first, second, third = (noisy(DESK, n) for n in range(3))
    assert believed([first, second, None, second, second, third]) == [False, True, False, False, False, True]


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        ([None] * 9, "no picture"),
        ([DESK] * 9, "same picture"),
        ([noisy(np.zeros((72, 128), np.uint8), n) for n in range(9)], "only black"),
    ],
    ids=["unplugged", "frozen", "black"],
)
def test_gives_up_a_camera_that_shows_nothing(pictures: list[Gray | None], says: str) -> None:
    with pytest.raises(DeviceLost, match=says):
        believed(pictures)


def test_believes_a_file_whatever_it_shows() -> None:
    assert believed([np.zeros((72, 128), np.uint8)] * 9, live=False) == [True] * 9


def test_believes_a_dim_room_in_which_something_can_be_seen() -> None:
    dim = [noisy((CARD * 0.15).astype(np.uint8), n) for n in range(9)]
    assert believed(dim)[1:] == [True] * 8
