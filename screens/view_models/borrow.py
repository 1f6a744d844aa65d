"""Mượn sách."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Borrowing, Hint, RowKind, SessionRules
from screens.view_models import icons, keys
from screens.view_models.aiming import hinted
from screens.view_models.covers import COLOURS, cover_colour
from screens.view_models.rows import book_rows, can_be_taken_off, lent_in
from screens.view_models.views import BorrowView, Countdown, Key

MOST_SPINES = 24
"""Beyond that nobody counts spines; the words say it."""


def borrow_view(
    borrowing: Borrowing, rules: SessionRules, words: Translator, *, live: bool = False, aim: Hint | None = None
) -> BorrowView:
    limit, now = borrowing.patron.limit, borrowing.loans_now
    places = max(limit, now)
    drawn = places <= MOST_SPINES
    if limit > 0:
        shelf_line = words.plural("{now} of {n} book", "{now} of {n} books", limit, now=now)
    else:
        shelf_line = words.plural("{n} book", "{n} books", now)
    if borrowing.taking_off:
        hint_title, hint = words.text("Removed the wrong one?"), words.text("Scan it again and it is yours.")
    else:
        hint_title = words.text("Scanned means borrowed")
        hint = words.text("Just take your books. This screen closes by itself.")
    name = borrowing.patron.name.strip()
    return BorrowView(
        greeting=words.text("Hello {name}!", name=name) if name else words.text("Hello!"),
        title=_title(borrowing, aim, words),
        shelf_line=shelf_line,
        shelf_total=places if drawn else 0,
        shelf_colours=_spines(borrowing) if drawn else (),
        rows=book_rows(borrowing.rows, words, taking_off=borrowing.taking_off),
        hint_title=hint_title,
        hint=hint,
        left=_left(borrowing, words),
        main=keys.done(lent_in(borrowing.rows), words),
        countdown=Countdown(borrowing.active_at + rules.warn_after_s, rules.warn_after_s),
        hint_line=f"{hint_title} {hint}" if hint_title[-1] in ".?!" else f"{hint_title}. {hint}",
        live=live,
        desk=Key(words.text("Librarian's desk"), icons.DESK, Button.ENTER_DESK) if borrowing.patron.staff else None,
    )


def _title(borrowing: Borrowing, aim: Hint | None, words: Translator) -> str:
    if borrowing.taking_off:
        return words.text("Touch the book to remove")
    if 0 < borrowing.patron.limit <= borrowing.loans_now:
        return words.plural("You have {n} book already", "You have {n} books already", borrowing.patron.limit)
    next_book = words.text("Scan the next book") if borrowing.rows else words.text("Scan your first book")
    return hinted(next_book, aim, words)


def _left(borrowing: Borrowing, words: Translator) -> Key | None:
    if borrowing.taking_off:
        return Key(words.text("No, keep them"), icons.TAKE_BACK, Button.TAKE_OFF_MODE)
    if any(can_be_taken_off(row) for row in borrowing.rows):
        return Key(words.text("Remove a book"), icons.TAKE_OFF, Button.TAKE_OFF_MODE)
    return keys.my_books(words) if borrowing.loans_now else None


def _spines(borrowing: Borrowing) -> tuple[int, ...]:
    """Books of earlier visits have no title here, so their colours only follow their places."""
    lent = [cover_colour(row.book) for row in reversed(borrowing.rows) if row.kind is RowKind.LENT]
    before = max(0, borrowing.loans_now - len(lent))
    return (*(place % COLOURS for place in range(before)), *lent)[: borrowing.loans_now]
