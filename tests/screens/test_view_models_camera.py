"""A station with a camera, and how the screens look to one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gallery.samples import CAMERA, PLACE, PLACE_WITH_CAMERA, RULES, borrowing, noticed, returning
from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.notices import HelpAsked
from kiosk.session.states import Hint, Home, Look, Resting, State, Station
from screens.view_models import Place, present
from screens.view_models.views import AttentionView, BorrowView, CameraView, HomeView, ReturnView, Shown, Tone

AWAITS = (State(), State(borrowing(1)), State(returning(0)))
LOST = Station(scanners_lost=frozenset({CAMERA}))


def shown(state: State, words: Mapping[str, Translator], place: Place = PLACE_WITH_CAMERA) -> Shown:
    return present(state, RULES, place, words["vi"])


@pytest.mark.parametrize("state", AWAITS, ids=lambda state: type(state.doing).__name__)
def test_shows_what_the_camera_sees_where_a_scan_is_awaited(state: State, words: Mapping[str, Translator]) -> None:
    for place, station, live in (
        (PLACE_WITH_CAMERA, Station(), True),
        (PLACE_WITH_CAMERA, Station(scanners_lost=frozenset({"serial"})), True),
        (PLACE_WITH_CAMERA, LOST, False),
        (PLACE, Station(), False),
    ):
        page = shown(replace(state, station=station), words, place).page
        assert isinstance(page, HomeView | BorrowView | ReturnView)
        assert page.live is live


@pytest.mark.parametrize("state", AWAITS, ids=lambda state: type(state.doing).__name__)
def test_the_large_picture_takes_the_place_of_any_of_them_and_leads_back(
    state: State, words: Mapping[str, Translator]
) -> None:
    page = shown(replace(state, aiming=True), words).page
    assert isinstance(page, CameraView)
    assert (page.title, page.back.label) == ("Đưa mã vạch vào trong khung", "Quay lại")
    assert page.back.button is Button.DISMISS


def test_no_large_picture_of_a_camera_that_is_gone(words: Mapping[str, Translator]) -> None:
    assert isinstance(shown(State(aiming=True, station=LOST), words).page, HomeView)
    assert isinstance(shown(State(aiming=True), words, PLACE).page, HomeView)


def test_a_notice_comes_before_the_large_picture(words: Mapping[str, Translator]) -> None:
    assert isinstance(shown(State(Home(HelpAsked()), aiming=True), words).page, AttentionView)


def test_the_idle_warning_lies_over_the_large_picture_too(words: Mapping[str, Translator]) -> None:
    over = shown(State(borrowing(1, warned=True), aiming=True), words)
    assert isinstance(over.page, CameraView)
    assert over.idle is not None


HINTS = {
    Hint.TOO_DARK: ("Hơi tối, đưa ra chỗ sáng nhé", "A bit dark: find some light"),
    Hint.TOO_NEAR: ("Gần quá, lùi ra một chút nhé", "A bit close: move it back"),
    Hint.BLURRED: ("Sắp được rồi, giữ yên nhé", "Nearly there: hold it still"),
}


@pytest.mark.parametrize("hint", Hint)
def test_says_what_helps_in_place_of_what_to_do_next(hint: Hint, words: Mapping[str, Translator]) -> None:
    station = Station(hint=hint)
    for language, said in zip(("vi", "en"), HINTS[hint], strict=True):
        for state in AWAITS:
            usual, hinted = (
                present(replace(one, language=language), RULES, PLACE_WITH_CAMERA, words[language]).page
                for one in (state, replace(state, station=station))
            )
            assert isinstance(hinted, HomeView | BorrowView | ReturnView)
            assert hinted.title == said
            assert replace(hinted, title=usual.title) == usual  # type: ignore[union-attr]
        large = present(State(aiming=True, station=station), RULES, PLACE_WITH_CAMERA, words[language]).page
        assert isinstance(large, CameraView)
        assert large.tip == said


def test_each_hint_has_a_sign_of_its_own(words: Mapping[str, Translator]) -> None:
    pages = [shown(State(aiming=True, station=Station(hint=hint)), words).page for hint in (None, *Hint)]
    assert len({page.tip_icon for page in pages if isinstance(page, CameraView)}) == 1 + len(Hint)


def test_a_hint_hides_nothing_that_is_more_urgent(words: Mapping[str, Translator]) -> None:
    """Where there is no picture to aim by, where nothing more can be borrowed, and where a book is to be touched."""
    for state, place in (
        (State(), PLACE),
        (State(station=LOST), PLACE_WITH_CAMERA),
        (State(borrowing(5)), PLACE_WITH_CAMERA),
        (State(borrowing(2, taking_off=True)), PLACE_WITH_CAMERA),
        (State(Home(HelpAsked())), PLACE_WITH_CAMERA),
    ):
        with_hint = replace(state, station=replace(state.station, hint=Hint.TOO_NEAR))
        assert shown(with_hint, words, place) == shown(state, words, place)


def test_says_of_a_camera_that_is_gone_what_may_be_wrong_with_a_camera(words: Mapping[str, Translator]) -> None:
    said = {}
    for name, lost in (("camera", {CAMERA}), ("both", {CAMERA, "serial"}), ("other", {"serial"})):
        page = shown(State(station=Station(scanners_lost=frozenset(lost))), words).page
        assert isinstance(page, HomeView)
        assert page.banner is not None
        said[name] = page.banner.strong
    assert said == {"camera": "Máy ảnh đang nghỉ.", "both": "Máy quét đang nghỉ.", "other": "Máy quét đang nghỉ."}


@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize("state", [*AWAITS, noticed(HelpAsked()), State(Resting("K-03", 0.0))])
def test_every_page_is_shown_in_the_look_that_was_chosen(
    state: State, look: Look, words: Mapping[str, Translator]
) -> None:
    assert shown(replace(state, look=look), words).look is look


def test_only_what_somebody_has_to_look_after_is_amber(words: Mapping[str, Translator]) -> None:
    tones = {}
    for name, station in (("network", Station(online=False)), ("scanner", LOST)):
        page = shown(State(station=station), words).page
        assert isinstance(page, HomeView)
        assert page.banner is not None
        tones[name] = page.banner.tone
    assert tones == {"network": Tone.PLAIN, "scanner": Tone.ATTENTION}
