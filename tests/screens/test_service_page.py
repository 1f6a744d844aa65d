"""The maintainer's page in a real window: what is touched is posted, and what lies over the tiles can be closed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gallery.samples import PLACE, RULES
from gallery.service import STATES, TROUBLE, maintaining
from kiosk.domain.findings import Part
from kiosk.i18n import Translator
from kiosk.session.inputs import Button, PartTouched
from kiosk.session.states import State
from screens.navigator import PageName
from screens.view_models import present
from tests.screens.window_rig import NOW, Rig, shown_widgets


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def tiles(page: object) -> list[object]:
    return [widget for widget in shown_widgets(page) if type(widget).__name__ == "DeviceTile"]


def test_every_tile_and_key_is_where_it_is_seen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.SERVICE)
    rig.paint(page, present(maintaining(findings=TROUBLE), RULES, PLACE, words["vi"]).page)
    found = tiles(page)
    assert len(found) == 12
    for tile in found:
        rig.taps(tile)
        assert rig.posted[-1] == PartTouched(tile.value, NOW)  # type: ignore[attr-defined]
    assert Part.TOUCH in {tile.value for tile in found}, "what needs somebody has a tile"  # type: ignore[attr-defined]
    assert rig.taps(page.ids.lock) is Button.LOCK
    left = (Button.TRY_SCANNER, Button.SEND_NOW, Button.SUPPORT_BUNDLE, Button.RESTART)
    keys = [rig.taps(key) for key in page._keys]
    assert keys == [*left, Button.MORE]


def test_what_else_can_be_done_is_chosen_in_place_of_the_tiles(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.SERVICE)
    rig.paint(page, present(STATES["service-more"][1], RULES, PLACE, words["vi"]).page)
    chosen = [rig.taps(key) for key in page._choices]
    assert chosen == [
        Button.STAFF_PIN,
        Button.UPDATE_FROM_STICK,
        Button.BACKUP_ON_STICK,
        Button.BUNDLE_ON_STICK,
        Button.ENROL_ANEW,
    ]
    rig.paint(page, present(STATES["service-part"][1], RULES, PLACE, words["vi"]).page)
    assert not any(key.parent for key in page._choices)
    assert page.ids.words.parent


def test_what_lies_over_the_tiles_is_closed_by_its_key(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.SERVICE)

    def paint(state: State) -> None:
        rig.paint(page, present(state, RULES, PLACE, words["vi"]).page)

    paint(STATES["service-part"][1])
    assert tiles(page) == []
    assert rig.taps(page.ids.back) is Button.DISMISS
    paint(STATES["service"][1])
    assert len(tiles(page)) == 12
