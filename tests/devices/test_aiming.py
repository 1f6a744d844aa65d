"""What is said to whoever holds something up that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest

from demo.camera_pictures import HEIGHT, WIDTH, barcode, scene
from devices.scanners.aiming import AFTER_S, EVERY_S, PREVIEW_WIDTH, Aiming
from devices.scanners.barcode_decoder import decode
from devices.scanners.barcode_regions import Gray
from devices.scanners.looking import shrunk
from kiosk.ports.devices import Hint

A_LOOK_S = 1 / 30


def grainy(picture: Gray, seed: int = 0) -> Gray:
    grain = np.random.default_rng(seed).normal(0, 4, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def held_near(px: int, turned: float = 0.0, blurred: float = 0.0) -> Gray:
    """A code of `px` a module, as much of it as there is room for."""
    code = barcode("HS250001", scale=px)
    high, wide = code.shape
    picture = np.full((max(HEIGHT, high), max(WIDTH, wide)), 150, np.uint8)
    top, left = (picture.shape[0] - high) // 2, (picture.shape[1] - wide) // 2
    picture[top : top + high, left : left + wide] = code
    top, left = (picture.shape[0] - HEIGHT) // 2, (picture.shape[1] - WIDTH) // 2
    seen = picture[top : top + HEIGHT, left : left + WIDTH]
    spin = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), turned, 1.0)
    seen = cv2.warpAffine(seen, spin, (WIDTH, HEIGHT), borderValue=(150,))
    return cv2.GaussianBlur(seen, (0, 0), blurred) if blurred else seen  # type: ignore[return-value]


def shelf() -> Gray:
    """The backs of books far behind, out of focus."""
    picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
    for place, left in enumerate(range(200, 700, 22)):
        picture[100:400, left : left + 18] = 60 + 150 * (place % 2)
    return cv2.GaussianBlur(picture, (0, 0), 4)  # type: ignore[return-value]


DESK = scene()
CARD = scene(barcode("HS250001"))
MOVED = scene(barcode("HS250001"), blurred=6)
DIM = (MOVED * 0.2).astype(np.uint8)
NEAR = held_near(16, blurred=3)


def after(
    pictures: Iterable[Gray], still: Gray = DESK, read: Callable[[Gray], object] = lambda _: False
) -> list[Hint | None]:
    """The hint after each of `pictures`, thirty a second, after `still` was there for long."""
    aiming = Aiming()
    aiming.still(shrunk(still, 160))
    found = []
    for place, picture in enumerate(pictures):
        preview = shrunk(picture, PREVIEW_WIDTH)
        small = shrunk(preview, 160)
        found.append(aiming.moves(picture, preview, small, 1000 + place * A_LOOK_S, read=bool(read(picture))))
    return found


def held(picture: Gray, seconds: float = 2.0) -> list[Gray]:
    return [grainy(picture)] * round(seconds / A_LOOK_S)


@pytest.mark.parametrize(
    ("picture", "hint"),
    [
        (DIM, Hint.TOO_DARK),
        (NEAR, Hint.TOO_NEAR),
        (held_near(14, turned=25), Hint.TOO_NEAR),
        (held_near(8, blurred=8), Hint.TOO_NEAR),
        (MOVED, Hint.BLURRED),
        (held_near(4, turned=60, blurred=4), Hint.BLURRED),
        (held_near(2, blurred=2), Hint.BLURRED),
    ],
)
def test_says_what_would_help(picture: Gray, hint: Hint) -> None:
    assert not decode(grainy(picture)), "nobody needs a hint for what can be read"
    assert after(held(picture))[-1] is hint


@pytest.mark.parametrize("picture", [MOVED, NEAR, DIM], ids=["blurred", "near", "dark"])
@pytest.mark.parametrize("before_s", [0.0, 2.0], ids=["at once", "after a hand moved"])
def test_says_nothing_before_a_second_has_passed_and_two_looks_agree(picture: Gray, before_s: float) -> None:
    before = held(DESK, before_s)
    hints = after([*before, *held(picture)])[len(before) :]
    assert A_LOOK_S * hints.index(hints[-1]) == pytest.approx(AFTER_S + EVERY_S, abs=2 * A_LOOK_S)


@pytest.mark.parametrize(
    "picture",
    [DESK, CARD, scene(np.full((300, 400), 250, np.uint8)), held_near(3), (CARD * 0.5).astype(np.uint8)],
    ids=["nothing", "a good card", "a sheet of paper", "good bars", "a dim card that can be seen"],
)
def test_says_nothing_where_it_knows_no_better(picture: Gray) -> None:
    assert set(after(held(picture))) == {None}


def test_says_nothing_of_what_was_there_before() -> None:
    """The control is the same shelf, held up."""
    before = shelf()
    with_paper = before.copy()
    with_paper[450:700, 800:1200] = 250
    assert set(after(held(with_paper), still=before)) == {None}
    assert after(held(with_paper), still=DESK)[-1] is Hint.BLURRED


@pytest.mark.slow
def test_a_code_that_is_read_ends_the_hint_and_the_waiting_begins_anew() -> None:
    hints = after([*held(MOVED), *held(CARD, 0.1), *held(MOVED, 0.9)], read=decode)
    assert hints[len(held(MOVED)) - 1] is Hint.BLURRED
    assert set(hints[len(held(MOVED)) :]) == {None}


def test_does_not_flicker_when_looks_disagree() -> None:
    """Now blurred, now near, a look each: neither is said. In turns that are longer than two looks, both are."""
    look = round(EVERY_S / A_LOOK_S)
    waits = held(MOVED, AFTER_S)
    disagree = [*waits, *([*[grainy(MOVED)] * look, *[grainy(NEAR)] * look] * 4)]
    assert set(after(disagree)) == {None}
    agree = [*waits, *[grainy(MOVED)] * (3 * look), *[grainy(NEAR)] * (3 * look)]
    assert [hint for hint in dict.fromkeys(after(agree)) if hint] == [Hint.BLURRED, Hint.TOO_NEAR]


def test_goes_when_nothing_is_held_up_any_more() -> None:
    hints = after([*held(MOVED), *held(DESK, 1.0)])
    assert hints[-1] is None


def test_learns_what_is_there_from_the_first_picture_and_when_the_size_changes() -> None:
    aiming = Aiming()
    for picture in (MOVED, MOVED[:500]):
        preview = shrunk(picture, PREVIEW_WIDTH)
        small = shrunk(preview, 160)
        assert {aiming.moves(picture, preview, small, at / 10, read=False) for at in range(40)} == {None}
