"""Sách của tôi and Xong rồi: what a row says first, and what a phone is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gallery.samples import DUE, PLACE, RULES
from kiosk.domain import blocks as b
from kiosk.i18n import Translator
from kiosk.session import notices as n
from kiosk.session.books import Books
from kiosk.session.states import Look, State
from screens.view_models import present
from screens.view_models.views import FinishView, MyBooksView
from tests.screens.sample_states import BLOCKS, FINISHED, LANGUAGES, LOANS, LONG, MY_BOOKS, lent


def test_a_row_of_my_books_says_the_reason_that_its_reader_can_do_most_about(words: Mapping[str, Translator]) -> None:
    def note(*blocks: b.Block) -> str:
        doing = replace(MY_BOOKS, books=Books((replace(LOANS[2], blocks=blocks),)))
        page = present(State(doing), RULES, PLACE, words["vi"]).page
        assert isinstance(page, MyBooksView)
        return page.rows[0].note

    assert note(b.LoanOverdue(DUE), b.HeldForAnother()) == note(b.HeldForAnother())
    assert note(b.NoMoreRenewals(1), b.LoanOverdue(DUE)) == note(b.LoanOverdue(DUE))
    assert note(b.NoPolicy(), b.NoMoreRenewals(1)) == note(b.NoMoreRenewals(1))
    assert all(0 < len(note(block)) <= 40 for block in BLOCKS)


def test_the_code_for_a_phone_is_one_event_that_names_no_reader(words: Mapping[str, Translator]) -> None:
    odd = n.BookShown("TK.1", "t-odd", "Một;hai,ba\\bốn\nBEGIN:VEVENT", "")
    for language in LANGUAGES:
        doing = replace(FINISHED, rows=(lent(odd, 2), lent(LONG, 1)))
        page = present(State(doing, language=language), RULES, PLACE, words[language]).page
        assert isinstance(page, FinishView)
        lines = page.code.split("\n")
        assert [line.partition(":")[0] for line in lines] == [
            "BEGIN",
            "VERSION",
            "BEGIN",
            "SUMMARY",
            "DTSTART;VALUE=DATE",
            "END",
            "END",
        ]
        assert lines[4].endswith(":20261207")
        assert r"Một\;hai\,ba\\bốn BEGIN" in lines[3]
        assert FINISHED.card not in page.code


@pytest.mark.parametrize(("look", "named"), [(Look.USUAL, 7), (Look.LARGE, 5), (Look.CONTRAST, 5)])
def test_more_books_than_the_words_leave_room_for_are_counted(
    look: Look, named: int, words: Mapping[str, Translator]
) -> None:
    def page(books: int) -> FinishView:
        doing = replace(FINISHED, rows=tuple(lent(LONG, seq) for seq in range(books)))
        view = present(State(doing, look=look), RULES, PLACE, words["vi"]).page
        assert isinstance(view, FinishView)
        return view

    assert (len(page(named + 1).rows), page(named + 1).more) == (named + 1, "")
    assert (len(page(30).rows), page(30).more) == (named, f"và {30 - named} cuốn nữa")
