"""No word is lost, cut or outside its box, none lies on another, and every key is large enough: in four sizes, two
languages and three looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import pytest

from gallery.desk_books import HAI_VAN_DAM
from gallery.samples import (
    BOOKS,
    DUE,
    PLACE,
    PLACE_WITH_CAMERA,
    RULES,
    borrowing,
    finished,
    loan,
    my_books,
    returning,
    rows,
    samples,
)
from kiosk.domain.blocks import HeldForAnother, LoanOverdue
from kiosk.i18n import Translator
from kiosk.session import notices as n
from kiosk.session.inputs import Button
from kiosk.session.states import Look, State
from screens.navigator import PageName, page_of
from screens.view_models import present
from tests.screens import sample_views as views
from tests.screens.sample_states import NOT_RENEWED
from tests.screens.window_rig import SIZES, Rig, shown_widgets

EXTREMES = {
    "borrow-4": State(borrowing(4)),
    "borrow-8": State(borrowing(8, limit=8)),
    "taking-off-2": State(borrowing(2, taking_off=True)),
    "taking-off-5": State(borrowing(5, taking_off=True)),
    "taking-off-20": State(borrowing(20, limit=20, taking_off=True)),
    "borrow-4-camera": State(borrowing(4)),
    "return-8": State(returning(8)),
    **{
        f"my-books, reasons from {first}": State(
            my_books(*(loan(place, 0, block) for place, block in enumerate(NOT_RENEWED[first : first + 3])))
        )
        for first in range(0, len(NOT_RENEWED), 3)
    },
    "my-books, late by far": State(my_books(loan(6, -400, LoanOverdue(DUE)), loan(5, -31, HeldForAnother()))),
    "my-books, soon": State(my_books(loan(6, 1), replace(loan(1, 3), book=n.BookShown("", "", "", "")))),
    "my-books, days": State(my_books(*(loan(seq, 30 + seq, due_in_days=30 + seq) for seq in range(8)))),
    "finish-4": finished(*rows(4)),
    "finish-5": finished(*rows(5)),
    "finish-8": finished(*rows(8)),
    "finish-8-days": finished(*(replace(row, due_on=DUE + timedelta(days=seq)) for seq, row in enumerate(rows(8)))),
    "finish-long": finished(replace(rows(1)[0], book=BOOKS[6])),
    "borrow-many-camera": State(borrowing(20, limit=20)),
}
"""What a gallery need not show, but a page must bear."""
HAND_MADE = {
    "many-reasons": (PageName.ATTENTION, views.many_reasons()),
    "question": (PageName.ATTENTION, views.question()),
    "finding": (PageName.KEYBOARD, views.finding(3)),
    "finding, more": (PageName.KEYBOARD, views.finding(4, more="còn nữa, gõ thêm chữ nhé")),
    "finding, nobody": (PageName.KEYBOARD, views.finding(0)),
}
HOLD_THEIR_WORDS = (
    "KeyButton Chip ToneChip BookRow LoanRow Banner KeptLine SideHint DeskBar WorkTile TodayStrip FoundLine WritingLine"
)
Matrix = tuple[tuple[int, int], str, Look]
EVERY: tuple[Matrix, ...] = tuple(product(SIZES, ("vi", "en"), Look))
DIAGONAL: tuple[Matrix, ...] = (
    (SIZES[0], "en", Look.CONTRAST),
    (SIZES[1], "vi", Look.USUAL),
    (SIZES[2], "en", Look.USUAL),
    (SIZES[3], "vi", Look.LARGE),
)
"""Each size, language and look at least once; the rest takes longer."""


def shown_pages(words: Mapping[str, Translator], language: str, look: Look) -> Iterator[tuple[str, PageName, Any]]:
    """Every page that a sample shows, each overlay too."""
    states = {name: (sample.state, sample.place) for name, sample in samples()}
    for name, state in EXTREMES.items():
        states[name] = (state, PLACE_WITH_CAMERA if name.endswith("camera") else PLACE)
    for name, (state, place) in states.items():
        shown = present(replace(state, language=language, look=look), RULES, place, words[language])
        yield name, page_of(shown.page), shown.page
        if shown.idle:
            yield f"{name}, over it", PageName.IDLE, shown.idle


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def longer(value: Any) -> Any:
    """The same view with every word by half as long again: more than another language ever needs."""
    if isinstance(value, str) and " " in value and "**" not in value:
        words = value.split(" ")
        return value + " " + " ".join(words[: (len(words) + 1) // 2])
    if isinstance(value, tuple):
        return tuple(longer(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        kept = ("art", "icon", "eyebrow_icon", "take_off", "code")
        return replace(value, **{f.name: longer(getattr(value, f.name)) for f in fields(value) if f.name not in kept})
    return value


_OF_BOOKS = {text for book in (*BOOKS, HAI_VAN_DAM) for text in (book.name, book.author)}
"""A title may be longer than any row."""


def _shortened(lines: tuple[str, ...]) -> bool:
    return any(line.endswith("…") for line in lines)


def faults(page: Any) -> list[str]:
    """What a careful eye would find."""
    found: list[str] = []
    drawn: list[tuple[str, float, float, float, float]] = []
    for widget in shown_widgets(page):
        kind = type(widget).__name__
        if kind == "Text" and widget.text:
            wide, high = widget.texture_size
            if widget.width >= 1 and not any(widget.lines):
                found.append(f"lost: {widget.text!r}")
            if _shortened(widget.lines) and widget.text not in _OF_BOOKS:
                found.append(f"shortened: {widget.lines}")
            high -= widget.overshoot
            if widget.overshoot > 0.35 * widget._setting.size * max(1, len(widget.lines)):
                found.append(f"rises too high: {widget.lines}")
            if wide > widget.width + 1 or high > widget.height + 2:
                found.append(f"overflows: {widget.lines} {(wide, high)} in {tuple(widget.size)}")
            x, y = widget._words.pos
            drawn.append((widget.text, x, y, x + wide, y + high))
        elif kind == "Paragraphs":
            if widget.height_used > widget.height + 1:
                found.append(f"too high: {widget.height_used} in {widget.height}")
            if len(widget.shown) != len([p for p in widget.paragraphs if p.text]):
                found.append("a paragraph is missing")
            found += [f"shortened: {s.lines}" for p, s in widget.shown if _shortened(s.lines) and "…" not in p.text]
        elif kind in ("KeyButton", "Tile", "DeviceTile", "WorkTile", "FoundLine", "Viewfinder"):
            least = 9.0 if getattr(widget, "value", None) in (Button.LANGUAGE, Button.LOOK) else 11.5
            if min(widget.width, widget.height) / page.u < least:
                found.append(f"too small for a finger: {kind} {widget.size}")
        if kind in HOLD_THEIR_WORDS.split():
            for child in widget.children:
                outside = (
                    child.x < widget.x - 1
                    or child.x + child.width > widget.x + widget.width + 1
                    or child.y < widget.y - 2
                    or child.y + child.height > widget.y + widget.height + 2
                )
                if child.width > 1 and child.opacity and getattr(child, "text", "x") and outside:
                    found.append(f"{type(child).__name__} leaves its {kind}: {getattr(child, 'text', '')!r}")
        if widget.x < -1 or widget.x + widget.width > page.width + 1:
            found.append(f"{kind} leaves the page")
    for (one, *a), (other, *b) in combinations(drawn, 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        down = min(a[3], b[3]) - max(a[1], b[1])
        if across > 2 and down > 0.25 * min(a[3] - a[1], b[3] - b[1]):
            found.append(f"{one!r} lies on {other!r}")
    return found


def faults_of_all(
    rig: Rig, pages: Iterable[tuple[str, PageName, Any]], size: tuple[int, int], look: Look
) -> dict[str, list[str]]:
    """By sample."""
    built: dict[PageName, Any] = {}
    found: dict[str, list[str]] = {}
    for label, name, view in pages:
        page = built[name] = built.get(name) or rig.page(name, size, look)
        if page.parent is None:
            rig.window.add_widget(page)
        page.size_hint, page.size = (None, None), size
        rig.lay_out(page, view)
        if wrong := faults(page):
            found[label] = wrong
        rig.window.remove_widget(page)
    return found


def ids(matrix: Matrix) -> str:
    (width, height), language, look = matrix
    return f"{width}x{height}-{language}-{look.name.lower()}"


@pytest.mark.slow
def marks(matrix: Matrix) -> list[pytest.MarkDecorator]:
    if matrix in DIAGONAL:
        return []
    return [pytest.mark.slow] if matrix[2] is Look.USUAL else [pytest.mark.slow, pytest.mark.long]


@pytest.mark.parametrize("matrix", [pytest.param(m, id=ids(m), marks=marks(m)) for m in EVERY])
def test_words_stay_in_their_boxes(rig: Rig, words: Mapping[str, Translator], matrix: Matrix) -> None:
    size, language, look = matrix
    assert faults_of_all(rig, shown_pages(words, language, look), size, look) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, marks=[] if size == SIZES[1] else [pytest.mark.slow], id=f"{size[0]}x{size[1]}")
        for size in SIZES
    ],
)
def test_words_half_as_long_again_stay_in_their_boxes(
    rig: Rig, words: Mapping[str, Translator], size: tuple[int, int]
) -> None:
    """More than another language ever needs; here an ellipsis may help."""
    hand_made = [(label, name, view) for label, (name, view) in HAND_MADE.items()]
    pages = [(label, name, longer(view)) for label, name, view in (*shown_pages(words, "vi", Look.USUAL), *hand_made)]
    found = faults_of_all(rig, pages, size, Look.USUAL)
    assert {label: some for label, all_ in found.items() if (some := [f for f in all_ if "shortened" not in f])} == {}


def test_the_careful_eye_finds_a_word_that_overflows(rig: Rig) -> None:
    """Negative control of the test above."""
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    assert faults(page) == []
    title = page.ids.help._words
    title._words.size = (title.width + 50, title.height)
    assert any("overflows" in fault for fault in faults(page))


def test_the_careful_eye_finds_words_that_are_cut_and_keys_too_small(rig: Rig) -> None:
    """Negative control of the test above."""
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    key = page.ids.help
    key.size_hint, key.size = (None, None), (60, 60)
    page.title = "Quét thẻ " * 20
    rig.frames(2)
    found = faults(page)
    assert any("shortened" in fault for fault in found)
    assert any("too small" in fault for fault in found)


def test_the_careful_eye_finds_words_that_lie_on_others(rig: Rig) -> None:
    """Negative control of the test above."""
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(2))
    row = next(widget for widget in shown_widgets(page) if type(widget).__name__ == "BookRow")
    row._under.pos = row._title.pos
    assert any("lies on" in fault for fault in faults(page))
