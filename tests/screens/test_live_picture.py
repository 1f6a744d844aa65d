"""What the camera sees, in real pixels: the right way up, mirrored, and gone with its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gallery.samples import PLACE_WITH_CAMERA, RULES, borrowing
from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Hint, State, Station
from screens import theme
from screens.bridge import Seen
from screens.navigator import PageName, page_of
from screens.view_models import present
from screens.view_models.aiming import hint_words
from tests.screens import sample_views as views
from tests.screens.window_rig import Rig, shown_widgets

pytestmark = pytest.mark.slow

VIEWS = {
    PageName.HOME: replace(views.home(), live=True),
    PageName.BORROW: replace(views.borrow(2), live=True),
    PageName.GIVE_BACK: replace(views.give_back(0), live=True),
    PageName.CAMERA: views.camera(),
}
SIZE = (160, 100)
FOUR = {(0, 0): 40, (1, 0): 100, (0, 1): 160, (1, 1): 230}
"""Column and row from the upper left, and how bright that quarter of the scene is."""


def four_quarters() -> Seen:
    wide, high = SIZE
    rows = [
        bytes([FOUR[0, row]] * (wide // 2) + [FOUR[1, row]] * (wide // 2)) for row in (0, 1) for _ in range(high // 2)
    ]
    return Seen(wide, high, b"".join(rows))


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def quarters(rig: Rig, live: Any) -> dict[tuple[int, int], int]:
    """How bright the middle of each quarter of the widget is, from the upper left of the window."""
    picture = rig.picture()
    seen = {}
    for column, row in FOUR:
        x = live.x + live.width * (0.25 + 0.5 * column)
        y = live.y + live.height * (0.75 - 0.5 * row)
        red, green, blue = picture.getpixel((round(x), round(picture.height - y)))
        assert red == green == blue
        seen[column, row] = green
    return seen


@pytest.mark.parametrize("name", [PageName.HOME, PageName.BORROW, PageName.GIVE_BACK])
def test_a_page_shows_what_was_seen_upright_and_as_in_a_mirror(rig: Rig, name: PageName) -> None:
    page = rig.page(name)
    rig.paint(page, VIEWS[name])
    page.live.show(four_quarters())
    seen = quarters(rig, page.live)
    assert seen == {(column, row): FOUR[1 - column, row] for column, row in FOUR}


def test_the_large_picture_is_the_same_in_the_shade_around_its_frame(rig: Rig) -> None:
    page = rig.page(PageName.CAMERA)
    rig.paint(page, VIEWS[PageName.CAMERA])
    page.live.show(four_quarters())
    picture = rig.picture()
    guide = page.ids.guide
    inside = picture.getpixel((round(guide.x + guide.width * 0.3), round(600 - guide.y - guide.height * 0.8)))
    outside = picture.getpixel((40, 40))
    assert inside == (FOUR[1, 0],) * 3
    assert max(outside) < FOUR[1, 0] * 0.7


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_of_it_is_left_when_its_page_leaves(rig: Rig, name: PageName) -> None:
    page = rig.page(name)
    rig.paint(page, VIEWS[name])
    before = rig.picture()
    page.live.show(four_quarters())
    assert rig.picture() != before
    live = page.live
    page.look_away()
    assert not live.shows
    assert rig.picture() == before


def greens(rig: Rig, box: Any) -> int:
    """Pixels of the tick's colour inside `box`, which the rest of the picture does not have."""
    picture = rig.picture()
    ok = tuple(round(255 * part) for part in theme.now().rgba("ok")[:3])
    inside = picture.crop((box.x, picture.height - box.top, box.right, picture.height - box.y))
    return sum(count for count, colour in inside.getcolors(1 << 24) if colour == ok)


def read_at(moment: float) -> Seen:
    return replace(four_quarters(), read_at=moment)


@pytest.mark.parametrize("name", VIEWS)
def test_a_tick_says_for_a_moment_that_a_code_was_read(rig: Rig, name: PageName) -> None:
    page = rig.page(name)
    rig.paint(page, VIEWS[name])
    page.live.show(four_quarters(), 100.0)
    box = page.ids.guide if name is PageName.CAMERA else page.live
    assert greens(rig, box) == 0
    read = read_at(100.5)  # so that a slow machine has time to look
    page.live.show(read, 100.0)
    assert greens(rig, box) > 0.05 * min(box.width, box.height) ** 2
    page.live.show(replace(read, luminance=bytes([90]) * (SIZE[0] * SIZE[1])), 100.1)
    assert page.live.ticked, "the next picture does not take it away"
    rig.until(lambda: not page.live.ticked)
    assert greens(rig, box) == 0


@pytest.mark.parametrize(("now", "ticked"), [(100.0, True), (100.7, True), (100.8, False), (200.0, False)])
def test_a_page_that_comes_later_shows_the_rest_of_the_tick(rig: Rig, now: float, ticked: bool) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, VIEWS[PageName.BORROW])
    live = page.live
    live.show(read_at(100.0), now)
    assert live.ticked is ticked
    page.look_away()
    assert not live.ticked


@pytest.mark.parametrize("hint", Hint)
@pytest.mark.parametrize("state", [State(), State(borrowing(1)), State(aiming=True)], ids=["home", "borrow", "camera"])
def test_a_hint_is_painted_where_a_page_says_what_to_do(
    rig: Rig, state: State, hint: Hint, words: Mapping[str, Translator]
) -> None:
    usual, hinted = (
        present(replace(state, station=Station(hint=one)), RULES, PLACE_WITH_CAMERA, words["vi"]).page
        for one in (None, hint)
    )
    page = rig.page(page_of(usual))
    rig.paint(page, usual)
    before = rig.picture()
    rig.paint(page, hinted)
    said = hint_words(hint, words["vi"])[0]
    assert rig.picture() != before
    assert said in {" ".join(widget.lines) for widget in shown_widgets(page) if type(widget).__name__ == "Text"}
    rig.paint(page, usual)
    assert rig.picture() == before


def test_a_page_whose_camera_is_gone_shows_its_drawing_again(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    before = rig.picture()
    assert page.live is None
    rig.paint(page, VIEWS[PageName.HOME])
    live = page.live
    live.show(four_quarters())
    rig.paint(page, views.home())
    assert page.live is None
    assert not live.shows
    assert rig.picture() == before


def test_pictures_of_another_size_are_shown_too(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, VIEWS[PageName.HOME])
    for wide, high in ((160, 100), (33, 7), (1, 1), (640, 480)):  # rows that are no multiple of four bytes, too
        page.live.show(Seen(wide, high, bytes([200]) * (wide * high)))
        assert set(quarters(rig, page.live).values()) == {200}, (wide, high)
    page.live.show(None)
    assert not page.live.shows


@pytest.mark.parametrize("name", [PageName.HOME, PageName.BORROW, PageName.GIVE_BACK])
def test_a_tap_on_the_small_picture_asks_for_the_large_one(rig: Rig, name: PageName) -> None:
    page = rig.page(name)
    rig.paint(page, VIEWS[name])
    assert rig.taps(page.live) is Button.AIM


def test_the_large_picture_leads_back(rig: Rig) -> None:
    page = rig.page(PageName.CAMERA)
    rig.paint(page, VIEWS[PageName.CAMERA])
    assert rig.taps(page.ids.back) is Button.DISMISS


def test_high_contrast_leaves_out_what_only_adorns(rig: Rig) -> None:
    from kiosk.session.states import Look

    page = rig.page(PageName.HOME, look=Look.CONTRAST)
    rig.paint(page, views.home())
    assert rig.picture().getpixel((20, 590)) == (255, 255, 255)
    assert theme.now().high_contrast
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    assert rig.picture().getpixel((20, 590)) != (255, 255, 255)
