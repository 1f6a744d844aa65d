"""Sách của tôi: what the reader has, until when, and what can be kept longer."""

from __future__ import annotations

from typing import Final, assert_never

from kiosk.domain import blocks as b
from kiosk.i18n import Translator
from kiosk.session.books import Books, HoldShown, LoanShown
from kiosk.session.inputs import Button
from kiosk.session.notices import BookShown
from kiosk.session.states import Borrowing, SessionRules
from screens.view_models import icons, keys
from screens.view_models.covers import cover_colour, cover_letter, nfc, shown_name
from screens.view_models.dates import day_with_year, in_days, short_day
from screens.view_models.rows import hold_shelf
from screens.view_models.views import ChipView, Countdown, Key, LoanRow, MyBooksView, Tone

SOON_DAYS: Final = 3
"""From here on the days that are left are said beside the date."""

_WEIGHT: Final = (
    b.PatronBlocked,
    b.CardExpired,
    b.Suspended,
    b.RenewedTooSoon,
    b.HeldForAnother,
    b.LoanOverdue,
    b.OverdueLoans,
    b.NoMoreRenewals,
    b.SchoolYearEnds,
)
"""A row has room for one reason: the one that the reader can do most about. Any other comes after these."""


def my_books_view(borrowing: Borrowing, books: Books, rules: SessionRules, words: Translator) -> MyBooksView:
    name = borrowing.patron.name.strip()
    ready = sum(hold.ready for hold in books.holds)
    # What is late and what waits is to be done now; the rest is to be known.
    loans = sorted(books.loans, key=lambda loan: not loan.overdue_days)
    late = sum(loan.overdue_days > 0 for loan in loans)
    rows = [_loan_row(loan, borrowing.asked, words) for loan in loans]
    rows[late:late] = [_hold_row(hold, words) for hold in books.holds if hold.ready]
    rows += [_hold_row(hold, words) for hold in books.holds if not hold.ready]
    return MyBooksView(
        title=words.text("{name}’s books", name=name) if name else words.text("Your books"),
        count=ChipView(words.plural("{n} book", "{n} books", len(loans)), icons.BOOKS, Tone.PLAIN) if loans else None,
        ready=_ready_chip(ready, words) if ready else None,
        rows=tuple(rows),
        empty_title="" if rows else words.text("No books at home just now"),
        empty_hint="" if rows else words.text("Scan a book to borrow it."),
        left=_left(borrowing, books, words),
        main=keys.done(0, words),
        countdown=Countdown(borrowing.active_at + rules.warn_after_s, rules.warn_after_s),
    )


def _left(borrowing: Borrowing, books: Books, words: Translator) -> Key:
    if any(loan.can_be_renewed and loan.book.barcode not in borrowing.asked for loan in books.loans):
        return Key(words.text("Renew all"), icons.RENEWED, Button.RENEW_ALL)
    return Key(words.text("Borrow more"), icons.BARCODE, Button.BORROW)


def _ready_chip(count: int, words: Translator) -> ChipView:
    said = words.plural("{n} held book is here", "{n} held books are here", count)
    return ChipView(said, icons.BOOKMARK, Tone.ATTENTION)


def _loan_row(loan: LoanShown, asked: frozenset[str], words: Translator) -> LoanRow:
    chip, tone = _due(loan, words)
    note, renew = "", ""
    if loan.renewed:
        note = words.text("Renewed today")
    elif loan.blocks:
        note = _why_not(min(loan.blocks, key=_weight), words)
    elif loan.book.barcode not in asked:
        renew = loan.book.barcode
    return _row(loan.book, chip, tone, note, words, renew, loan.renewals_left)


def _due(loan: LoanShown, words: Translator) -> tuple[ChipView, Tone]:
    if loan.overdue_days:
        late = words.plural("{n} day late", "{n} days late", loan.overdue_days)
        return ChipView(late, icons.LATE, Tone.ATTENTION), Tone.ATTENTION
    if loan.due_in_days is not None:
        day = in_days(loan.due_in_days, words)
    elif loan.days_left is not None and loan.days_left <= SOON_DAYS:
        day = words.text("{day} · {left}", day=short_day(loan.due_on, words), left=in_days(loan.days_left, words))
    else:
        day = short_day(loan.due_on, words)
    tone = Tone.NEW if loan.renewed else Tone.PLAIN
    return ChipView(day, icons.OK if loan.renewed else icons.DAY, tone), tone


def _weight(block: b.Block) -> int:
    return _WEIGHT.index(type(block)) if type(block) in _WEIGHT else len(_WEIGHT)


def _why_not(block: b.Block, words: Translator) -> str:
    match block:
        case b.PatronBlocked():
            return words.text("Your card is paused: see the librarian")
        case b.CardExpired():
            return words.text("Your card has run out: see the librarian")
        case b.Suspended(until=day):
            return words.text("Your card rests until {day}", day=day_with_year(day))
        case b.RenewedTooSoon():
            return words.text("Borrowed today")
        case b.HeldForAnother():
            return words.text("Someone is waiting for it, so not just now")
        case b.LoanOverdue():
            return words.text("Return this one first, please")
        case b.OverdueLoans():
            return words.text("Return what is late first, please")
        case b.NoMoreRenewals(limit=limit) if limit > 0:
            return words.text("Renewed enough: bring it back on its day")
        case b.SchoolYearEnds() | b.NoMoreRenewals():
            return words.text("Please bring it back on its day")
        case (
            b.NoPolicy()
            | b.TooManyLoans()
            | b.TooManyOfType()
            | b.TooManyToday()
            | b.InHouseOnly()
            | b.NotForLoan()
            | b.OnLoanToAnother()
            | b.OtherClasses()
        ):
            return words.text("The librarian can renew it")
        case never:
            assert_never(never)


def _hold_row(hold: HoldShown, words: Translator) -> LoanRow:
    if hold.ready:
        chip = ChipView(hold_shelf(hold.shelf, words), icons.BOOKMARK, Tone.ATTENTION)
        return _row(hold.book, chip, Tone.ATTENTION, words.text("It is here: come and get it"), words)
    chip = ChipView(words.text("You are number {n}", n=hold.place), icons.WAITING, Tone.PLAIN)
    return _row(hold.book, chip, Tone.PLAIN, words.text("On hold, not back yet"), words)


def _row(
    book: BookShown, chip: ChipView, tone: Tone, note: str, words: Translator, renew: str = "", times: int = 0
) -> LoanRow:
    return LoanRow(
        cover_letter=cover_letter(book.name),
        cover_colour=cover_colour(book),
        name=shown_name(book) or words.text("not in our list yet"),
        author=nfc(book.author),
        chip=chip,
        tone=tone,
        note=note,
        times_left=words.plural("{n} renewal left", "{n} renewals left", times) if renew else "",
        renew=renew or None,
        renew_label=words.text("Renew") if renew else "",
    )
