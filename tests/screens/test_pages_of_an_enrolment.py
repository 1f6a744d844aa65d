"""The two pages of a blank station in a real window: what is painted, and what a touch sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gallery.enrolment import ENROLMENT, FOUR_WORDS, enrolling
from gallery.samples import PLACE, PLACE_WITH_CAMERA, RULES
from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import EnrolStage, State
from screens.navigator import LATER, PageName, page_of
from screens.view_models import Place, present
from tests.screens.test_pages import texts
from tests.screens.window_rig import Rig


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def painted(rig: Rig, words: Mapping[str, Translator], state: State, place: Place = PLACE) -> Any:
    view = present(state, RULES, place, words["vi"]).page
    page = rig.page(page_of(view))
    rig.paint(page, view)
    return page


def test_the_first_page_says_what_to_do_and_its_keys_speak(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = painted(rig, words, enrolling())
    said = " ".join(texts(page))
    assert "Đưa mã QR của trạm vào trước máy" in said
    assert {"1", "2", "3", "Giơ mã cách máy một gang tay", "Trạm mới, chưa ghi danh"} <= set(texts(page))
    assert rig.taps(page.ids.language) is Button.LANGUAGE
    assert rig.taps(page.ids.network) is Button.NETWORK
    assert rig.taps(page.ids.help) is Button.HELP
    assert page.live is None


def test_with_a_camera_the_picture_takes_the_drawings_place(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = painted(rig, words, enrolling(), PLACE_WITH_CAMERA)
    assert page.live is not None
    assert rig.taps(page.ids.finder) is Button.AIM
    page = painted(rig, words, enrolling())
    assert page.live is None
    assert page.ids.finder.parent is None


def test_the_words_are_as_large_as_a_title_and_can_be_stopped(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = painted(rig, words, enrolling(EnrolStage.COMPARE, code=ENROLMENT, words=FOUR_WORDS))
    assert set(FOUR_WORDS) <= set(texts(page))
    assert rig.taps(page.ids.left) is Button.DISMISS
    page = painted(rig, words, enrolling(EnrolStage.STARTING, code=ENROLMENT))
    assert not set(FOUR_WORDS) & set(texts(page))
    assert page.ids.left.parent is None, "nobody stops it now"


def test_an_enrolled_station_builds_none_of_them() -> None:
    assert not {PageName.ENROL, PageName.FOUR_WORDS} & set(LATER)
