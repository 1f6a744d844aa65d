"""The words for each reason why something is not done. Each says what to do; none scolds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from kiosk.domain import blocks as b
from kiosk.i18n import Translator
from kiosk.session.notices import BookShown
from screens.view_models.covers import title_in_sentence
from screens.view_models.dates import day_with_year, short_day

_MOST_CLASSES: Final = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """A block that stands alone has `title` and `lines`; one among several has `in_short`, the same in one line."""

    art: str
    title: str
    lines: tuple[str, ...]
    in_short: str


def reason_for(block: b.Block, book: BookShown | None, words: Translator) -> Reason:
    """`book` None: the reason is about a card, and no book was scanned."""
    title = title_in_sentence(book) if book else ""
    next_time = (words.text("“{title}” can wait for next time.", title=title),) if book else ()
    match block:
        case b.PatronBlocked() | b.CardExpired() | b.Suspended() | b.OverdueLoans():
            return _about_the_card(block, next_time, words)
        case b.TooManyLoans() | b.TooManyOfType() | b.TooManyToday() | b.NoPolicy():
            return _about_limits(block, next_time, words)
        case b.NoMoreRenewals() | b.RenewedTooSoon() | b.LoanOverdue():
            return _about_more_time(block, title, words)
        case b.InHouseOnly():
            return Reason(
                "reading-tree",
                words.text("Read this one here"),
                (
                    words.text("“{title}” stays in the library for everyone.", title=title),
                    words.text("When you have read it, put it on the cart."),
                ),
                words.text("This book is for reading here: enjoy it."),
            )
        case b.NotForLoan():
            return Reason(
                "cart",
                words.text("Show it to the librarian"),
                (
                    words.text("“{title}” cannot be borrowed for now.", title=title),
                    words.text("Please give it to the librarian, then choose another."),
                ),
                words.text("This book is resting: show the librarian."),
            )
        case b.OnLoanToAnother():
            return Reason(
                "return",
                words.text("Return this one first"),
                (
                    words.text("“{title}” is still lent to someone else.", title=title),
                    words.text("Touch “Return this book”, then scan it again to borrow it."),
                ),
                words.text("Lent to someone else: return it first."),
            )
        case b.HeldForAnother():
            return Reason(
                "cart",
                words.text("Someone is waiting for it"),
                (
                    words.text("“{title}” is being kept for them.", title=title),
                    words.text("Please give it to the librarian, then choose another."),
                ),
                words.text("Someone is waiting for it: choose another."),
            )
        case b.OtherClasses(classes=classes):
            return Reason(
                "scan-book",
                words.text("This one is for other classes"),
                (
                    _whose(title, classes, words),
                    words.text("Choose another one, or ask the librarian."),
                ),
                words.text("It is for other classes: choose another."),
            )
        case b.SchoolYearEnds():
            return Reason(
                "reading-tree",
                words.text("The school year is ending"),
                (
                    words.text("“{title}” should be back before the holidays.", title=title),
                    words.text("Read it here, or ask the librarian."),
                ),
                words.text("The school year is ending: ask the librarian."),
            )
        case never:
            assert_never(never)


def _whose(title: str, classes: tuple[str, ...], words: Translator) -> str:
    """More classes than a line has room for are not named."""
    named = ", ".join(classes)
    if len(named) > _MOST_CLASSES:
        return words.text("“{title}” is for some classes only.", title=title)
    return words.text("“{title}” is for class {classes}.", title=title, classes=named)


def _about_the_card(
    block: b.PatronBlocked | b.CardExpired | b.Suspended | b.OverdueLoans, next_time: tuple[str, ...], words: Translator
) -> Reason:
    match block:
        case b.PatronBlocked():
            return Reason(
                "which-card",
                words.text("Your card is paused"),
                (*next_time, words.text("Please see the librarian to open it again.")),
                words.text("Your card is paused: see the librarian."),
            )
        case b.CardExpired(ended_on=day):
            return Reason(
                "which-card",
                words.text("Your card has run out"),
                (
                    *next_time,
                    words.text("It was good until {day}. The librarian can renew it.", day=day_with_year(day)),
                ),
                words.text("Your card has run out: have it renewed."),
            )
        case b.Suspended(until=day):
            return Reason(
                "reading-tree",
                words.text("Your card is having a rest"),
                (
                    *next_time,
                    words.text("It rests until {day}. Until then, enjoy reading here.", day=day_with_year(day)),
                ),
                words.text("Your card rests until {day}.", day=day_with_year(day)),
            )
        case b.OverdueLoans(count=count):
            return Reason(
                "return",
                words.plural("You have {n} late book", "You have {n} late books", count),
                (
                    *next_time,
                    words.plural(
                        "Bring it back, and you can borrow again.", "Bring them back, and you can borrow again.", count
                    ),
                ),
                words.plural("{n} book is late: return it first.", "{n} books are late: return them first.", count),
            )
        case never:
            assert_never(never)


def _about_limits(
    block: b.TooManyLoans | b.TooManyOfType | b.TooManyToday | b.NoPolicy, next_time: tuple[str, ...], words: Translator
) -> Reason:
    match block:
        case b.TooManyLoans(limit=limit) if limit > 0:
            to_do = (
                words.text("Return one and you can borrow right away. If not, put this book on the cart.")
                if next_time
                else words.text("Return one and you can borrow right away.")
            )
            return Reason(
                "limit",
                words.plural("You have {n} book already", "You have {n} books already", limit),
                (*next_time, to_do),
                words.plural("You have {n} book: return it first.", "You have {n} books: return one first.", limit),
            )
        case b.TooManyOfType(limit=limit) if limit > 0:
            return Reason(
                "limit",
                words.text("You have {n} of this kind", n=limit),
                (*next_time, words.text("Return one of this kind, or choose another kind.")),
                words.text("{n} of this kind: choose another kind.", n=limit),
            )
        case b.TooManyToday(limit=limit) if limit > 0:
            return Reason(
                "limit",
                words.plural("You took {n} book today", "You took {n} books today", limit),
                (*next_time, words.text("That is enough for one day. Another day you can borrow more.")),
                words.plural("{n} book today: more another day.", "{n} books today: more another day.", limit),
            )
        case b.NoPolicy() | b.TooManyLoans() | b.TooManyOfType() | b.TooManyToday():
            # A limit of none at all is, to a reader, the same as no rule: only the librarian can say more.
            return Reason(
                "scan-book",
                words.text("The librarian can help"),
                (
                    words.text("The station does not know yet how to record this."),
                    words.text("Please ask the librarian to record it for you."),
                ),
                words.text("The station cannot record it: ask for help."),
            )
        case never:
            assert_never(never)


def _about_more_time(
    block: b.NoMoreRenewals | b.RenewedTooSoon | b.LoanOverdue, title: str, words: Translator
) -> Reason:
    match block:
        case b.NoMoreRenewals(limit=limit):
            on_its_day = words.text("Please bring “{title}” back on its day.", title=title)
            more_days = words.text("Need more days? Ask the librarian.")
            if limit <= 0:
                return Reason(
                    "return",
                    words.text("This one is not renewed"),
                    (on_its_day, more_days),
                    words.text("It is not renewed: bring it back on its day."),
                )
            return Reason(
                "return",
                words.plural("Renewed once already", "Renewed {n} times already", limit),
                (on_its_day, more_days),
                words.plural(
                    "Renewed once: bring it back on its day.", "Renewed {n} times: bring it back on its day.", limit
                ),
            )
        case b.RenewedTooSoon(due_on=day):
            return Reason(
                "reading-tree",
                words.text("You have this one already"),
                (
                    words.text("“{title}” is yours until {day}.", title=title, day=short_day(day, words)),
                    words.text("No need to renew it today. Scan another book."),
                ),
                words.text("It is yours until {day}: enjoy it.", day=short_day(day, words)),
            )
        case b.LoanOverdue(due_on=day):
            return Reason(
                "return",
                words.text("This book is due back"),
                (
                    words.text("“{title}” was due {day}.", title=title, day=short_day(day, words)),
                    words.text("Choose “Return” on the first page, then borrow it again."),
                ),
                words.text("This book is due back: return it first."),
            )
        case never:
            assert_never(never)
