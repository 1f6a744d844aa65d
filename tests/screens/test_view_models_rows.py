"""Rows, covers and the shelf: what a book looks like, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from gallery.samples import PLACE, RULES, operation
from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import State
from screens.view_models import present
from screens.view_models.covers import COLOURS, cover_colour, cover_letter, title_in_sentence
from screens.view_models.views import BorrowView, ReturnView, Tone
from tests.screens.sample_states import (
    BOOK,
    BORROWING,
    DAT_RUNG,
    DE_MEN,
    LENT,
    LONG,
    OTHER_ROWS,
    RETURNED,
    RETURNING,
    lent,
)


def test_only_new_loans_can_be_taken_off_and_only_while_taking_off(words: Mapping[str, Translator]) -> None:
    leaving = lent(BOOK, 7, leaving=True)
    for taking_off, expected in ((True, [None, None, operation(1), None]), (False, [None] * 4)):
        doing = replace(BORROWING, rows=(*OTHER_ROWS, leaving), taking_off=taking_off)
        page = present(State(doing), RULES, PLACE, words["vi"]).page
        assert isinstance(page, BorrowView)
        assert [row.take_off for row in page.rows] == expected
        assert [bool(row.take_off_label) for row in page.rows] == [bool(take_off) for take_off in expected]


def test_no_key_undoes_what_is_not_there(words: Mapping[str, Translator]) -> None:
    borrowing = present(State(replace(BORROWING, rows=OTHER_ROWS[:2])), RULES, PLACE, words["vi"]).page
    leaving = replace(RETURNED[2], leaving=True)
    returning = present(State(replace(RETURNING, rows=(leaving,))), RULES, PLACE, words["vi"]).page
    assert isinstance(borrowing, BorrowView)
    assert isinstance(returning, ReturnView)
    assert borrowing.left is not None
    assert borrowing.left.button is Button.MY_BOOKS
    assert returning.left is None


def test_the_shelf_has_one_spine_for_each_loan(words: Mapping[str, Translator]) -> None:
    for now in range(7):
        page = present(State(replace(BORROWING, loans_now=now)), RULES, PLACE, words["vi"]).page
        assert isinstance(page, BorrowView)
        assert len(page.shelf_colours) == now
        assert page.shelf_total == max(5, now)
        if now >= 2:
            assert page.shelf_colours[-2:] == (page.rows[1].cover_colour, page.rows[0].cover_colour)


def test_a_held_book_stands_out_even_when_it_is_not_the_newest(words: Mapping[str, Translator]) -> None:
    page = present(State(replace(RETURNING, rows=RETURNED[::-1])), RULES, PLACE, words["vi"]).page
    assert isinstance(page, ReturnView)
    assert [row.tone for row in page.rows] == [Tone.NEW, Tone.PLAIN, Tone.ATTENTION]
    assert page.rows[2].shelf == "Giữ chỗ · ngăn 2"


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("đất rừng phương Nam", "Đ"),
        ("“Tôi là Bêtô”", "T"),
        ("A\N{COMBINING CIRCUMFLEX ACCENT}\N{COMBINING ACUTE ACCENT}m áp", "Ấ"),
        ("10 vạn câu hỏi vì sao", "1"),
        ("", "?"),
        ("…", "?"),
    ],
)
def test_a_cover_bears_the_first_letter(name: str, letter: str) -> None:
    assert cover_letter(name) == letter


def test_a_cover_has_the_same_colour_in_every_process() -> None:
    assert [cover_colour(book) for book in (BOOK, DE_MEN, DAT_RUNG)] == [5, 4, 2]
    assert {cover_colour(replace(BOOK, title_id=str(number))) for number in range(60)} == set(range(COLOURS))


def test_a_long_title_is_cut_at_a_word_inside_a_sentence() -> None:
    assert title_in_sentence(LONG) == "Chuyện con mèo dạy hải âu bay…"
    assert title_in_sentence(BOOK) == BOOK.name
    assert title_in_sentence(replace(BOOK, name="x" * 60)) == "x" * 31 + "…"


def test_every_weekday_has_its_own_word(words: Mapping[str, Translator]) -> None:
    for language, sunday in (("vi", "trả CN, 06/12"), ("en", "due Sun 06/12")):
        rights = []
        for day in range(6, 13):
            row = replace(LENT[0], due_on=date(2026, 12, day))
            page = present(State(replace(BORROWING, rows=(row,))), RULES, PLACE, words[language]).page
            assert isinstance(page, BorrowView)
            rights.append(page.rows[0].right)
        assert rights[0] == sunday
        assert len({re.sub(r"[\d/]+$", "", right) for right in rights}) == 7


def test_draws_no_shelf_that_nobody_would_count(words: Mapping[str, Translator]) -> None:
    patron = replace(BORROWING.patron, limit=1000)
    view = present(State(doing=replace(BORROWING, patron=patron)), RULES, PLACE, words["vi"]).page
    assert isinstance(view, BorrowView)
    assert (view.shelf_total, view.shelf_colours) == (0, ())
    assert "trong 1000 cuốn" in view.shelf_line
