"""Why something is refused, in a few words for somebody of the staff. A pupil is told in other words
(screens.view_models.blocks)."""

from __future__ import annotations

from typing import assert_never

from kiosk.domain import blocks as b
from kiosk.i18n import Translator
from screens.view_models.covers import nfc
from screens.view_models.dates import day_with_year


def desk_reason(block: b.Block, words: Translator) -> str:
    return f"{_said(block, words)} ({block.code})"


def _said(block: b.Block, words: Translator) -> str:
    match block:
        case b.PatronBlocked() | b.CardExpired() | b.Suspended() | b.OverdueLoans():
            return _about_the_reader(block, words)
        case b.TooManyLoans(limit=limit):
            return words.plural("has {n} book, the most at once", "has {n} books, the most at once", limit)
        case b.TooManyToday(limit=limit):
            return words.plural("has borrowed {n} book today", "has borrowed {n} books today", limit)
        case b.TooManyOfType(limit=limit, item_type=item_type):
            return words.plural(
                "has {n} book of type {type}", "has {n} books of type {type}", limit, type=nfc(item_type)
            )
        case b.OtherClasses(classes=classes):
            return words.text("only for classes {classes}", classes=nfc(", ".join(classes)))
        case b.InHouseOnly():
            return words.text("to be read here only")
        case b.NotForLoan():
            return words.text("recorded as damaged, lost or taken out")
        case b.OnLoanToAnother():
            return words.text("recorded for another reader")
        case b.HeldForAnother():
            return words.text("another reader waits for it")
        case b.NoPolicy():
            return words.text("no rule says how long this reader may have such a book")
        case b.SchoolYearEnds():
            return words.text("no day to return it is left in this school year")
        case b.NoMoreRenewals() | b.RenewedTooSoon() | b.LoanOverdue():
            return _about_more_time(block, words)
        case never:
            assert_never(never)


def _about_the_reader(block: b.PatronBlocked | b.CardExpired | b.Suspended | b.OverdueLoans, words: Translator) -> str:
    match block:
        case b.PatronBlocked():
            return words.text("this reader is blocked")
        case b.CardExpired(ended_on=day):
            return words.text("the card ended on {day}", day=day_with_year(day))
        case b.Suspended(until=day):
            return words.text("borrows nothing until {day}", day=day_with_year(day))
        case b.OverdueLoans(count=count):
            return words.plural("{n} book is overdue", "{n} books are overdue", count)


def _about_more_time(block: b.NoMoreRenewals | b.RenewedTooSoon | b.LoanOverdue, words: Translator) -> str:
    match block:
        case b.NoMoreRenewals(limit=limit):
            return words.plural("renewed {n} time already", "renewed {n} times already", limit)
        case b.RenewedTooSoon():
            return words.text("lent or renewed today")
        case b.LoanOverdue():
            return words.text("this book is overdue")
