"""No word is lost, none leaves its box, and none lies on another: at four sizes, with the longest words."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from itertools import combinations
from typing import Any

import pytest

from screens.navigator import PageName
from tests.screens import sample_views as views
from tests.screens.window_rig import SIZES, Rig, shown_widgets

SAMPLES = {
    "home": (PageName.HOME, views.home()),
    "home-en-offline": (PageName.HOME, views.home(english=True, offline=True)),
    "borrow-0": (PageName.BORROW, views.borrow(0)),
    "borrow-1": (PageName.BORROW, views.borrow(1)),
    "borrow-3-en": (PageName.BORROW, views.borrow(3, english=True)),
    "borrow-4": (PageName.BORROW, views.borrow(4)),
    "borrow-5": (PageName.BORROW, views.borrow(5)),
    "borrow-8": (PageName.BORROW, views.borrow(8, limit=8)),
    "borrow-20": (PageName.BORROW, views.borrow(20, limit=20)),
    "taking-off-3": (PageName.BORROW, views.borrow(3, taking_off=True)),
    "taking-off-5-en": (PageName.BORROW, views.borrow(5, taking_off=True, english=True)),
    "taking-off-20": (PageName.BORROW, views.borrow(20, limit=20, taking_off=True)),
    "my-books-0": (PageName.MY_BOOKS, views.my_books(0)),
    "my-books-4": (PageName.MY_BOOKS, views.my_books(4)),
    "my-books-4-en": (PageName.MY_BOOKS, views.my_books(4, english=True)),
    "my-books-20": (PageName.MY_BOOKS, views.my_books(20)),
    "finish-1": (PageName.FINISH, views.finish(1)),
    "finish-4": (PageName.FINISH, views.finish(4)),
    "finish-4-days-en": (PageName.FINISH, views.finish(4, days=True, english=True)),
    "finish-7-more": (PageName.FINISH, views.finish(7, days=True, more="và 25 cuốn nữa")),
    "finish-8-without-code": (PageName.FINISH, views.finish(8, code=False)),
    "return-0": (PageName.GIVE_BACK, views.give_back(0)),
    "return-3": (PageName.GIVE_BACK, views.give_back(3)),
    "return-8": (PageName.GIVE_BACK, views.give_back(8)),
    "limit": (PageName.ATTENTION, views.limit_reached()),
    "many-reasons": (PageName.ATTENTION, views.many_reasons()),
    "question": (PageName.ATTENTION, views.question()),
    "resting": (PageName.RESTING, views.resting()),
    "idle": (PageName.IDLE, views.idle()),
}


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
        if kind in ("KeyButton", "Chip", "ToneChip", "BookRow", "LoanRow", "Banner", "KeptLine", "SideHint"):
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


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, marks=[] if size == SIZES[1] else [pytest.mark.slow], id=f"{size[0]}x{size[1]}")
        for size in SIZES
    ],
)
@pytest.mark.parametrize("stretched", [False, True], ids=["as-is", "longer"])
def test_words_stay_in_their_boxes(rig: Rig, size: tuple[int, int], stretched: bool) -> None:
    found: dict[str, list[str]] = {}
    pages = {name: rig.page(name, size) for name, _ in SAMPLES.values()}
    for label, (name, view) in SAMPLES.items():
        page = pages[name]
        if page.parent is None:
            rig.window.add_widget(page)
        page.size_hint, page.size = (None, None), size
        rig.lay_out(page, longer(view) if stretched else view)
        if wrong := faults(page):
            found[label] = wrong
        rig.window.remove_widget(page)
    assert found == {}


def test_the_careful_eye_finds_a_word_that_overflows(rig: Rig) -> None:
    """Negative control of the test above."""
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    assert faults(page) == []
    title = page.ids.help._words
    title._words.size = (title.width + 50, title.height)
    assert any("overflows" in fault for fault in faults(page))


def test_the_careful_eye_finds_words_that_lie_on_others(rig: Rig) -> None:
    """Negative control of the test above."""
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(2))
    row = next(widget for widget in shown_widgets(page) if type(widget).__name__ == "BookRow")
    row._under.pos = row._title.pos
    assert any("lies on" in fault for fault in faults(page))
