"""The desk's tiles and keyboard in a real window: what is touched is posted, and what the keys write can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gallery.desk import LAN, READER, STATES, at_desk, entering, setting_pin
from gallery.desk_settings import proving
from gallery.samples import PLACE, RULES, borrowing
from kiosk.domain.pins import PinFault
from kiosk.domain.staff import Role, Staff
from kiosk.i18n import Translator
from kiosk.session.desk_states import (
    PIN_DIFFERS,
    Act,
    AtReader,
    CardProblem,
    Counts,
    PinProblem,
    Reporting,
    StaffPin,
    Work,
    Writing,
)
from kiosk.session.inputs import ActTouched, Button, LineTouched, Typed
from kiosk.session.states import State
from kiosk.session.supervised.typing import CLEAR, DELETE, DONE, UNLOCK
from screens.navigator import PageName
from screens.view_models import present
from screens.view_models.desk.keyboard import layer_at
from screens.view_models.views import DeskMenuView, KeyboardView, Layer, Tone
from tests.screens import sample_views as views
from tests.screens.window_rig import NOW, Rig, shown_widgets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def view_of(state: State, words: Mapping[str, Translator]) -> Any:
    return present(state, RULES, PLACE, words["vi"]).page


def keys(page: Any, part: str) -> dict[str, Any]:
    return {key.label or key.icon: key for key in getattr(page.ids, part).keys if key.parent is not None}


def posts(rig: Rig, widget: Any) -> object:
    before = len(rig.posted)
    rig.tap(widget.x + widget.width / 2, widget.y + widget.height / 2)
    sent = rig.posted[before:]
    assert len(sent) <= 1, sent
    return sent[0] if sent else None


def test_every_tile_is_where_it_is_seen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.DESK_MENU)
    view = view_of(STATES["desk"][1], words)
    rig.paint(page, view)
    tiles = [widget for widget in shown_widgets(page) if type(widget).__name__ == "WorkTile"]
    assert len(tiles) == 12
    sent = [posts(rig, tile) for tile in reversed(tiles)]
    assert sent == [ActTouched(tile.key.act, NOW, tile.key.value) for tile in view.tiles]
    assert {key.value for key in sent if key.act is Act.WORK} == set(Work)  # type: ignore[attr-defined]
    assert rig.taps(page.ids.bar.lock) is Button.LOCK
    assert page.ids.bar.back.parent is None


def test_what_waits_has_its_number_and_what_does_not_is_calm(words: Mapping[str, Translator]) -> None:
    calm: DeskMenuView = view_of(at_desk(counts=Counts()), words)
    assert {(tile.badge, tile.tone) for tile in calm.tiles} == {("", Tone.PLAIN)}
    busy: DeskMenuView = view_of(at_desk(counts=Counts(work={work: 100 + n for n, work in enumerate(Work)})), words)
    badges = {tile.key.value: (tile.badge, tile.tone) for tile in busy.tiles if tile.badge}
    assert set(badges) == set(Work)
    assert {badge for badge, _ in badges.values()} == {"99+"}
    asks = {work for work, (_, tone) in badges.items() if tone is Tone.ATTENTION}
    assert asks == {Work.DISPUTES, Work.TO_CHECK, Work.HELP}, "what is of every day raises no alarm"


def test_a_pin_is_typed_and_never_seen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    rig.paint(page, view_of(entering(), words))
    pad = keys(page, "pad")
    assert [posts(rig, pad[digit]) for digit in "0123456789"] == [Typed(digit, NOW) for digit in "0123456789"]
    assert posts(rig, pad["backspace"]) == Typed(DELETE, NOW)
    assert posts(rig, pad["Mở"]) == Typed(DONE, NOW)
    view = view_of(entering(4), words)
    rig.paint(page, view)
    assert page.ids.dots.count == 4
    assert "7777" not in repr(view)
    texts = {widget.text for widget in shown_widgets(page) if type(widget).__name__ == "Text"}
    assert not any("77" in text for text in texts)
    assert page.ids.aside.parent is None
    assert rig.taps(page.ids.bar.lock) is Button.LOCK


def test_a_wait_counts_down_where_it_is_seen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    state = entering(problem=PinProblem.TOO_SOON, tries_at=NOW + 99.5, wait_s=120.0)
    rig.paint(page, view_of(state, words))
    page.run(True)
    rig.frames(2)
    assert page.ids.wait.parent is not None
    assert page.ids.wait.seconds_shown == "1:40"
    rig.paint(page, view_of(entering(problem=PinProblem.WRONG), words))
    assert page.ids.wait.parent is None
    page.run(False)


def test_the_staffs_pin_has_the_key_that_ends_the_wait(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    rig.paint(page, view_of(setting_pin(StaffPin(LAN)), words))
    assert posts(rig, page.ids.aside) == Typed(UNLOCK, NOW)
    assert rig.taps(page.ids.bar.back) is Button.DISMISS
    rig.paint(page, view_of(setting_pin(StaffPin(LAN, first="471193")), words))
    assert page.ids.aside.parent is None


def test_letters_capitals_and_signs(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)

    def writes(text: str) -> dict[str, Any]:
        rig.paint(page, view_of(at_desk(Writing(Act.NOTE, AtReader(READER), text)), words))
        return keys(page, "letters")

    first = writes("")
    assert posts(rig, first["Q"]) == Typed("Q", NOW), "a sentence begins with a capital"
    letters = writes("Q")
    every = {label: posts(rig, key) for label, key in letters.items() if len(label) == 1}
    assert every == {label: Typed(label, NOW) for label in "qwertyuiopasdfghjklzxcvbnm,."}
    assert posts(rig, letters["Dấu cách"]) == Typed(" ", NOW)
    assert posts(rig, letters["backspace"]) == Typed(DELETE, NOW)
    assert posts(rig, letters["Xong"]) == Typed(DONE, NOW)
    assert posts(rig, letters["arrow-up"]) is None, "it only turns to the capitals"
    assert posts(rig, keys(page, "letters")["A"]) == Typed("A", NOW)
    assert "a" in writes("QA"), "for one letter"
    assert posts(rig, keys(page, "letters")["123"]) is None
    signs = keys(page, "letters")
    assert posts(rig, signs["6"]) == Typed("6", NOW)
    assert posts(rig, signs["Xoá hết"]) == Typed(CLEAR, NOW)
    assert "6" in writes("QA6"), "a class is written with several: signs stay"
    assert posts(rig, keys(page, "letters")["ABC"]) is None
    assert "q" in keys(page, "letters")


def test_whoever_types_next_begins_anew(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    view = view_of(at_desk(Writing(Act.SUGGEST, Reporting(), "Dế")), words)
    rig.paint(page, view)
    posts(rig, keys(page, "letters")["123"])
    assert "6" in keys(page, "letters")
    page.run(False)
    rig.paint(page, view)
    assert "q" in keys(page, "letters")


def test_the_end_of_what_is_long_is_seen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    text = "Em hay quên thẻ, nhờ cô chủ nhiệm nhắc. " * 5
    rig.paint(page, view_of(at_desk(Writing(Act.NOTE, AtReader(READER), text + "cuối")), words))
    lines = page.ids.line._words.lines
    assert lines[-1].endswith("cuối")
    assert lines[0].startswith("… ")


def test_from_digits_to_letters_and_back(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD)
    for _ in range(2):
        rig.paint(page, view_of(entering(), words))
        assert (page.ids.pin.parent, page.ids.writing.parent) == (page.ids.body.__self__, None)
        assert page.ids.pin.right <= page.ids.pad.x, "what is asked on the left, the digits on the right"
        rig.paint(page, view_of(at_desk(Writing(Act.SUGGEST, Reporting())), words))
        assert (page.ids.pin.parent, page.ids.pad.parent) == (None, None)


def test_what_was_found_can_be_touched(rig: Rig) -> None:
    page = rig.page(PageName.KEYBOARD)
    rig.paint(page, views.finding(3))
    found = [widget for widget in shown_widgets(page) if type(widget).__name__ == "FoundLine"]
    assert [posts(rig, line) for line in sorted(found, key=lambda line: line.x)] == [
        LineTouched(f"p-{n}", NOW) for n in range(3)
    ]
    high = {key.height for key in page.ids.letters.keys}
    rig.paint(page, views.finding(0))
    assert {key.height for key in page.ids.letters.keys} == high, "no key moves under a finger"
    assert any(getattr(widget, "text", "") == "Chưa thấy ai" for widget in shown_widgets(page))


def test_a_visit_of_the_staff_has_one_key_more(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.BORROW)
    pupil, teacher = borrowing(2), borrowing(2)
    staff = Staff("s-1", Role.LIBRARIAN)
    from dataclasses import replace

    teacher = replace(teacher, patron=replace(teacher.patron, staff=staff))
    for _ in range(2):
        rig.paint(page, view_of(State(pupil), words))
        assert page.ids.desk.parent is None
        rig.paint(page, view_of(State(teacher), words))
        assert rig.taps(page.ids.desk) is Button.ENTER_DESK
        assert page.ids.left.x < page.ids.desk.x < page.ids.main.x
        assert [rig.taps(page.ids.left), rig.taps(page.ids.main)] == [Button.TAKE_OFF_MODE, Button.DONE]


# ---- the words


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_problem_has_a_sentence(language: str, words: Mapping[str, Translator]) -> None:
    said: list[str] = []

    def problem(state: State) -> str:
        view = present(state, RULES, PLACE, words[language]).page
        assert isinstance(view, KeyboardView)
        return view.problem

    for one in PinProblem:
        said.append(problem(entering(problem=one)))
    said.append(problem(entering(problem=PinProblem.WRONG, wait_s=5.0)))
    for fault in (PinFault.TOO_SHORT, PinFault.TRIVIAL, PIN_DIFFERS):  # no key writes another one
        said.append(problem(at_desk(Writing(Act.SET_PIN, AtReader(READER), problem=fault))))
    said.append(problem(setting_pin(StaffPin(LAN, problem=CardProblem.NONE_SET))))
    assert all(said)
    assert len(set(said)) == len(said)
    assert problem(entering()) == ""


def test_each_thing_that_is_written_has_its_title(words: Mapping[str, Translator]) -> None:
    pages = [Writing(Act.NOTE, AtReader(READER)), Writing(Act.SUGGEST, Reporting()), Writing(Act.FAULT, Reporting())]
    titles = [view_of(at_desk(page), words).title for page in pages]
    assert titles == ["Ghi chú về bạn đọc", "Đề nghị mua sách", "Hỏng gì, ở đâu?"]


@pytest.mark.parametrize(
    ("text", "layer"),
    [("", Layer.CAPITALS), ("A", Layer.LETTERS), ("A. ", Layer.CAPITALS), ("A.", Layer.LETTERS), ("A ", Layer.LETTERS)],
)
def test_a_sentence_begins_with_a_capital(text: str, layer: Layer) -> None:
    assert layer_at(text) is layer


def test_a_reader_who_is_asked_for_a_pin_can_call_and_read(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName.KEYBOARD, size=(800, 480))
    rig.paint(page, view_of(proving(), words))
    call, language = reversed(page.ids.beside.children)
    assert (call.label, language.label) == ("Gọi thủ thư", "English")
    assert [rig.taps(key) for key in (call, language)] == [Button.HELP, Button.LANGUAGE]
    rig.paint(page, view_of(replace(proving(), help_called=True), words))
    assert call.label == "Đã gọi thủ thư"
    rig.paint(page, view_of(entering(), words))
    assert page.ids.beside.parent is None, "a librarian calls nobody"
