"""What every kind of state says, in every language; and what must hold of every notice and every block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import get_args

import pytest

from gallery.samples import DUE, MINH_AN, PLACE, RULES
from kiosk.domain import blocks as b
from kiosk.domain.operations import OperationId
from kiosk.i18n import Translator
from kiosk.session import notices as n
from kiosk.session.inputs import Button
from kiosk.session.states import Doing, Finished, Home, Resting, SessionRules, State
from screens import theme
from screens.view_models import Presenter, present
from screens.view_models.blocks import reason_for
from screens.view_models.views import AttentionView, BorrowView, HomeView, KeyboardView, TypeKey
from tests.screens.sample_states import BLOCKS, BOOK, BORROWING, DOINGS, LANGUAGES, NOTICES, PAGES, REFUSALS, SEVERAL


def lines_of(value: object, name: str, depth: int = 0) -> Iterator[str]:
    """A view as text: one line for each thing that it says."""
    pad = "  " * depth
    if isinstance(value, OperationId):
        yield f"{pad}{name}: operation {value.seq}"
    elif isinstance(value, tuple) and value and isinstance(value[0], TypeKey):
        yield f"{pad}{name} {'  '.join(key.label or key.icon for key in value)}"
    elif is_dataclass(value) and not isinstance(value, type):
        parts = [(field.name, getattr(value, field.name)) for field in fields(value)]
        if all(isinstance(part, str | float | bool | Enum) for _, part in parts):
            yield f"{pad}{name}: {' | '.join(part.name if isinstance(part, Enum) else str(part) for _, part in parts)}"
            return
        yield f"{pad}{name}: {type(value).__name__}"
        for part_name, part in parts:
            yield from lines_of(part, part_name, depth + 1)
    elif isinstance(value, tuple) and value and not isinstance(value[0], int):
        yield f"{pad}{name}:"
        for part in value:
            yield from lines_of(part, "-", depth + 1)
    elif value not in (None, "", ()):
        yield f"{pad}{name}: {value.value if isinstance(value, Enum) else value}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_says_what_was_read_and_agreed(
    kind: str, language: str, words: Mapping[str, Translator], matches_snapshot: Callable[[str, str], None]
) -> None:
    text = ""
    for name, state in PAGES[kind].items():
        shown = present(replace(state, language=language), RULES, PLACE, words[language])
        part = shown.idle if kind == "idle" else shown.page
        if isinstance(part, KeyboardView) and part.finds:
            part = replace(part, rows=(), capitals=(), signs=())  # the same everywhere
        text += "\n".join((f"=== {name}", *lines_of(part, "shows"), "", ""))
    matches_snapshot(f"{kind}.{language}", text.rstrip("\n") + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_says_each_reason_among_others_as_was_read_and_agreed(
    language: str, words: Mapping[str, Translator], matches_snapshot: Callable[[str, str], None]
) -> None:
    lines = (f"{block.code} {block}: {reason_for(block, BOOK, words[language]).in_short}" for block in BLOCKS)
    matches_snapshot(f"refusals_in_short.{language}", "\n".join(lines) + "\n")


def test_the_samples_hold_every_notice_and_every_block() -> None:
    assert {type(notice) for notice in (*NOTICES, *REFUSALS)} == set(get_args(n.Notice))
    assert {type(block) for block in BLOCKS} == set(get_args(b.Block))


def attention(notice: n.Notice, doing: Doing, words: Translator) -> AttentionView:
    assert not isinstance(doing, Finished | Resting)
    view = present(State(replace(doing, notice=notice)), RULES, PLACE, words).page
    assert isinstance(view, AttentionView)
    return view


@pytest.mark.parametrize("doing", DOINGS.values(), ids=DOINGS)
@pytest.mark.parametrize("notice", [*NOTICES, *REFUSALS], ids=lambda notice: type(notice).__name__)
def test_a_notice_says_what_happened_what_to_do_and_what_is_kept(
    notice: n.Notice, doing: Doing, words: Mapping[str, Translator]
) -> None:
    views = [attention(notice, doing, words[language]) for language in LANGUAGES]
    for view in views:
        assert view.art in theme.illustrations()
        assert view.eyebrow
        assert view.title
        assert view.lines
        assert all(view.lines)
        assert view.kept
        assert all(code in view.staff_line for code in n.staff_codes(notice))
        # What a title and the lines between it and the green line have room for, at full size.
        assert len(view.title) <= 29
        assert sum(math.ceil(len(line) / 42) for line in view.lines) <= 5
    vi, en = views
    assert vi.eyebrow != en.eyebrow
    assert vi.title != en.title
    assert vi.kept != en.kept
    assert not set(vi.lines) & set(en.lines)


@pytest.mark.parametrize("block", BLOCKS, ids=repr)
def test_a_block_among_others_is_one_short_line_of_its_own(block: b.Block, words: Mapping[str, Translator]) -> None:
    other = b.HeldForAnother() if not isinstance(block, b.HeldForAnother) else b.InHouseOnly()
    for language in LANGUAGES:
        line, _ = attention(n.NotLent(BOOK, (block, other)), BORROWING, words[language]).lines
        assert len(line) <= 46
        assert line not in attention(n.NotLent(BOOK, (block,)), BORROWING, words[language]).lines


def test_reasons_that_do_not_fit_are_counted_not_dropped(words: Mapping[str, Translator]) -> None:
    view = attention(n.NotLent(BOOK, (*SEVERAL[2], b.NotForLoan())), BORROWING, words["vi"])
    assert view.title == "Chưa mượn được cuốn này"
    assert len(view.lines) == 5
    assert view.lines[4] == "và 2 lý do nữa, hỏi thủ thư nhé"
    assert view.staff_line == "Mã cho thủ thư: T-02 · M-11 · M-12 · S-24 · S-21 · S-22 · PM.002774"


def test_offers_no_other_kind_where_there_are_too_many_books_of_all_kinds(words: Mapping[str, Translator]) -> None:
    of_type = b.TooManyOfType(2, "STK")
    alone = attention(n.NotLent(BOOK, (b.TooManyLoans(5),)), BORROWING, words["vi"])
    both = attention(n.NotLent(BOOK, (b.TooManyLoans(5), of_type)), BORROWING, words["vi"])
    assert (both.title, both.lines, both.main) == (alone.title, alone.lines, alone.main)
    assert of_type.code in both.staff_line


def test_five_reasons_are_all_said(words: Mapping[str, Translator]) -> None:
    view = attention(n.NotLent(BOOK, SEVERAL[2]), BORROWING, words["vi"])
    assert len(view.lines) == len(SEVERAL[2]) == 5
    assert not any("lý do nữa" in line for line in view.lines)


@pytest.mark.parametrize(
    ("blocks", "button"),
    [
        ((b.TooManyLoans(5),), Button.DONE),
        ((b.InHouseOnly(), b.OverdueLoans(1)), Button.DONE),
        ((b.InHouseOnly(),), Button.DISMISS),
        ((b.TooManyOfType(2, "STK"),), Button.DISMISS),
        ((b.TooManyToday(3),), Button.DONE),
        ((b.Suspended(DUE),), Button.DONE),
        ((b.OtherClasses(("10",)),), Button.DISMISS),
        ((b.OnLoanToAnother(),), Button.RETURN_THIS),
        ((b.OnLoanToAnother(), b.HeldForAnother()), Button.DISMISS),
        ((b.OnLoanToAnother(), b.TooManyLoans(5)), Button.DONE),
    ],
)
def test_the_main_key_of_a_refusal_is_the_way_on(
    blocks: tuple[b.Block, ...], button: Button, words: Mapping[str, Translator]
) -> None:
    view = attention(n.NotLent(BOOK, blocks), BORROWING, words["vi"])
    assert view.main.button is button
    assert view.left is not None
    assert view.left.button is (Button.DISMISS if button is Button.RETURN_THIS else Button.HELP)


@pytest.mark.parametrize("notice", NOTICES, ids=repr)
def test_every_notice_can_be_left_by_touch(notice: n.Notice, words: Mapping[str, Translator]) -> None:
    view = attention(notice, Home(), words["vi"])
    buttons = {key.button for key in (view.left, view.main) if key}
    assert buttons & {Button.DISMISS, Button.IT_IS_A_BOOK}


def test_a_card_number_is_never_shown(words: Mapping[str, Translator]) -> None:
    for kind in PAGES.values():
        for state in kind.values():
            shown = present(state, RULES, PLACE, words["vi"])
            assert MINH_AN.card not in repr(shown)


def test_a_label_is_described_as_this_library_prints_it(words: Mapping[str, Translator]) -> None:
    state = State(Home(n.PublishersCode("9786042134621")))
    page = present(state, RULES, replace(PLACE, label_example="SGK.000451"), words["vi"]).page
    assert isinstance(page, AttentionView)
    assert "như SGK.000451" in page.lines[1]
    assert page.staff_line == "Mã cho thủ thư: B-07 · 978 604 213 462 1"


def test_the_ring_ends_when_the_session_acts(words: Mapping[str, Translator]) -> None:
    rules = SessionRules(warn_after_s=20, end_after_warning_s=8)
    shown = present(State(replace(BORROWING, warned=True)), rules, PLACE, words["vi"])
    assert isinstance(shown.page, BorrowView)
    assert (shown.page.countdown.ends_at, shown.page.countdown.whole_s) == (120.0, 20)
    assert shown.idle is not None
    assert (shown.idle.countdown.ends_at, shown.idle.countdown.whole_s) == (128.0, 8)


def test_the_language_key_leads_round(words: Mapping[str, Translator]) -> None:
    def label(language: str, languages: tuple[str, ...]) -> str:
        page = present(State(), SessionRules(languages=languages), PLACE, words[language]).page
        assert isinstance(page, HomeView)
        return page.language.label

    assert label("vi", ("vi", "en")) == "English"
    assert label("en", ("vi", "en")) == "Tiếng Việt"
    assert label("en", ("vi",)) == "Tiếng Việt"


def test_a_presenter_speaks_the_language_of_the_state(words: Mapping[str, Translator]) -> None:
    presenter = Presenter(PLACE, ("vi",), words["vi"].folder)
    for language in LANGUAGES:
        state = State(BORROWING, language=language)
        assert presenter.present(state, RULES) == present(state, RULES, PLACE, words[language])
