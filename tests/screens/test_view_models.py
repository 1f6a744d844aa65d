"""What every kind of state says, in every language; and what must hold of every notice and every block."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, get_args

import pytest

from kiosk.domain import blocks as b
from kiosk.domain.operations import OperationId
from kiosk.i18n import Translator
from kiosk.session import notices as n
from kiosk.session.books import Books, HoldShown, LoanShown
from kiosk.session.inputs import Button
from kiosk.session.states import (
    Borrowing,
    Doing,
    Finished,
    Home,
    PatronShown,
    Resting,
    Returning,
    Row,
    RowKind,
    SessionRules,
    State,
    Station,
)
from screens import theme
from screens.view_models import Place, Presenter, present
from screens.view_models.covers import COLOURS, cover_colour, cover_letter, title_in_sentence
from screens.view_models.views import (
    AttentionView,
    BorrowView,
    FinishView,
    HomeView,
    MyBooksView,
    ReturnView,
    Tone,
)

LANGUAGES = ("vi", "en")
RULES = SessionRules()
PLACE = Place("Trạm Xanh", "Thư viện xanh · Trường THCS Hoa Sen")
DUE = date(2026, 12, 7)
BOOK = n.BookShown("PM.002774", "t-kinh", "Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh")
LONG = replace(BOOK, name="Chuyện con mèo dạy hải âu bay và những cuộc phiêu lưu khác của nó")
DE_MEN = n.BookShown("TK.00123", "t-demen", "Dế Mèn phiêu lưu ký", "Tô Hoài")
DAT_RUNG = n.BookShown("TK.00124", "t-datrung", "Đất rừng phương Nam", "Đoàn Giỏi")
MINH_AN = PatronShown("p-1", "HS-000417", "Minh An", 5)


def operation(seq: int) -> OperationId:
    return OperationId("ab" * 16, seq)


def lent(book: n.BookShown, seq: int, **more: Any) -> Row:
    return Row(RowKind.LENT, book, 100.0, operation(seq), DUE, **more)


LENT = (lent(DE_MEN, 2), lent(DAT_RUNG, 1))
RETURNED = (
    Row(RowKind.RETURNED, BOOK, 100.0, operation(3), held_at="ngăn 2"),
    Row(RowKind.NOT_IN_CATALOGUE, n.BookShown("TK.99999", "", "", ""), 99.0, operation(2)),
    Row(RowKind.RETURNED, DE_MEN, 98.0, operation(1)),
)
OTHER_ROWS = (
    Row(RowKind.ALREADY_YOURS, BOOK, 100.0, due_on=DUE),
    Row(RowKind.RENEWED, DE_MEN, 99.0, operation(2), DUE, due_in_days=14),
    lent(DAT_RUNG, 1),
)
BORROWING = Borrowing(MINH_AN, 3, active_at=100.0, card_at=90.0, rows=LENT)
RETURNING = Returning(100.0, rows=RETURNED)
LOANS = (
    LoanShown(LONG, date(2026, 11, 20), None, -3, 1, (b.LoanOverdue(date(2026, 11, 20)), b.HeldForAnother())),
    LoanShown(DE_MEN, date(2026, 11, 25), None, 2, 1),
    LoanShown(DAT_RUNG, DUE, None, 14, 1),
    LoanShown(BOOK, date(2026, 12, 21), None, None, 0, renewed=True),
)
HOLDS = (
    HoldShown(n.BookShown("", "t-goc", "Góc sân và khoảng trời", "Trần Đăng Khoa"), 1, True, "ngăn 2"),
    HoldShown(n.BookShown("", "t-kinh", "Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh"), 3, False, "ngăn 2"),
)
MY_BOOKS = replace(BORROWING, rows=(), books=Books(LOANS, HOLDS))
FINISHED = Finished((lent(DE_MEN, 2), lent(DAT_RUNG, 1)), "HS-000417", 100.0)

BLOCKS: tuple[b.Block, ...] = (
    b.PatronBlocked(),
    b.CardExpired(date(2026, 5, 31)),
    b.OverdueLoans(1),
    b.OverdueLoans(2),
    b.TooManyLoans(5),
    b.TooManyLoans(0),
    b.TooManyOfType(2, "STK"),
    b.TooManyOfType(0, "STK"),
    b.InHouseOnly(),
    b.NotForLoan(),
    b.OnLoanToAnother(),
    b.HeldForAnother(),
    b.NoPolicy(),
    b.SchoolYearEnds(),
    b.NoMoreRenewals(0),
    b.NoMoreRenewals(1),
    b.RenewedTooSoon(DUE),
    b.LoanOverdue(DUE),
)
NOT_RENEWED = (
    b.PatronBlocked(),
    b.CardExpired(DUE),
    b.OverdueLoans(2),
    b.HeldForAnother(),
    b.NoPolicy(),
    b.SchoolYearEnds(),
    b.NoMoreRenewals(0),
    b.NoMoreRenewals(1),
    b.RenewedTooSoon(DUE),
    b.LoanOverdue(DUE),
)
"""What the rule of renewal can say."""
SEVERAL = (
    (b.OverdueLoans(2), b.TooManyLoans(5)),
    (b.PatronBlocked(), b.OverdueLoans(2), b.TooManyLoans(5), b.HeldForAnother()),
    (b.CardExpired(DUE), b.OverdueLoans(1), b.TooManyLoans(5), b.HeldForAnother(), b.InHouseOnly()),
    (b.LoanOverdue(DUE), b.HeldForAnother(), b.NoMoreRenewals(1)),
)
NOTICES: tuple[n.Notice, ...] = (
    n.CardHasBlocks((b.PatronBlocked(),)),
    n.CardHasBlocks((b.CardExpired(DUE), b.OverdueLoans(2))),
    n.UnknownCard(),
    n.UnknownItem("TK.99999"),
    n.PublishersCode("9786042134621"),
    n.UnknownCode(),
    n.UnreadableScan(),
    n.CitizenCard(),
    n.CardFirst(),
    n.ReturnOffered("PM.002774", BOOK),
    n.ReturnOffered("TK.99999", None),
    n.CardOrBook("HS-000417"),
    n.CannotTakeBack(was_return=False),
    n.CannotTakeBack(was_return=True),
    n.HelpAsked(),
    n.CardFirst(to_my_books=True),
)
REFUSALS = tuple(n.NotLent(BOOK, (block,)) for block in BLOCKS) + tuple(n.NotLent(LONG, some) for some in SEVERAL)
DOINGS: Mapping[str, Doing] = {
    "home": Home(),
    "borrowing, nothing yet": replace(BORROWING, rows=(), loans_now=0),
    "borrowing, books of before": replace(BORROWING, rows=(), loans_now=2),
    "borrowing": BORROWING,
    "returning, nothing yet": replace(RETURNING, rows=()),
    "returning": RETURNING,
    "my_books": MY_BOOKS,
    "my_books, one renewed": replace(MY_BOOKS, rows=OTHER_ROWS[1:2]),
}
PAGES: Mapping[str, Mapping[str, State]] = {
    "home": {
        "as usual": State(),
        "offline": State(station=Station(online=False, pending=14)),
        "offline, nothing waits": State(station=Station(online=False)),
        "a scanner is lost, and the network": State(
            station=Station(online=False, pending=1, scanners_lost=frozenset({"serial"}))
        ),
    },
    "borrowing": {
        **{name: State(doing) for name, doing in DOINGS.items() if name.startswith("borrowing")},
        "one, taken off": State(replace(BORROWING, taking_off=True, rows=LENT[:1], loans_now=1)),
        "not only new loans": State(replace(BORROWING, rows=OTHER_ROWS)),
        "all five": State(replace(BORROWING, loans_now=5)),
        "a day that is not sure": State(replace(BORROWING, rows=(lent(DE_MEN, 1, due_in_days=14),))),
        "without limit and name": State(replace(BORROWING, patron=replace(MINH_AN, name=" ", limit=0))),
    },
    "returning": {name: State(doing) for name, doing in DOINGS.items() if name.startswith("returning")},
    "my_books": {
        "late, on the shelf, soon, renewed": State(MY_BOOKS),
        "nothing": State(replace(MY_BOOKS, books=Books(()))),
        "nothing that can be renewed, and one that is being asked": State(
            replace(MY_BOOKS, books=Books(LOANS[:2]), asked=frozenset({DE_MEN.barcode}))
        ),
        "a day that is not sure, a book that nobody knows": State(
            replace(
                MY_BOOKS,
                patron=replace(MINH_AN, name=" "),
                books=Books(
                    (
                        replace(LOANS[1], due_in_days=0, days_left=None),
                        replace(LOANS[2], book=n.BookShown("", "", "", ""), due_in_days=9, blocks=(b.NoPolicy(),)),
                    )
                ),
            )
        ),
        "every reason": State(
            replace(MY_BOOKS, books=Books(tuple(replace(LOANS[2], blocks=(block,)) for block in NOT_RENEWED)))
        ),
    },
    "finish": {
        "one day": State(FINISHED),
        "two days": State(
            replace(FINISHED, rows=(replace(LENT[0], kind=RowKind.RENEWED, due_on=date(2026, 12, 21)), *LENT))
        ),
        "a day that is not sure": State(replace(FINISHED, rows=(lent(DE_MEN, 1, due_in_days=14),))),
        "thirty": State(replace(FINISHED, rows=tuple(lent(LONG, seq) for seq in range(30)))),
    },
    "resting": {"the store is broken": State(Resting("K-03", 100.0))},
    "idle": {
        name: State(replace(doing, warned=True))
        for name, doing in DOINGS.items()
        if not isinstance(doing, Home | Finished | Resting)
    },
    "notices": {
        f"{type(notice).__name__} {place}, {name}": State(replace(doing, notice=notice))
        for place, notice in enumerate(NOTICES)
        for name, doing in DOINGS.items()
        if name in ("home", "borrowing")
    },
    "refusals": {
        f"{place}: {' + '.join(type(block).__name__ for block in refusal.blocks)}": State(
            replace(BORROWING, notice=refusal)
        )
        for place, refusal in enumerate(REFUSALS)
    },
}


def lines_of(value: object, name: str, depth: int = 0) -> Iterator[str]:
    """A view as text: one line for each thing that it says."""
    pad = "  " * depth
    if isinstance(value, OperationId):
        yield f"{pad}{name}: operation {value.seq}"
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
        text += "\n".join((f"=== {name}", *lines_of(part, "shows"), "", ""))
    matches_snapshot(f"{kind}.{language}", text.rstrip("\n") + "\n")


def test_the_samples_hold_every_notice_and_every_block() -> None:
    assert {type(notice) for notice in (*NOTICES, *REFUSALS)} == set(get_args(n.Notice))
    assert {type(block) for block in BLOCKS} == set(get_args(b.Block))


def attention(notice: n.Notice, doing: Doing, words: Translator) -> AttentionView:
    assert not isinstance(doing, Resting | Finished)
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
