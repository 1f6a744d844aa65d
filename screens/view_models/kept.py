"""The green line: what is kept."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.notices import CannotTakeBack, CitizenCard, Notice, NotLent, ReturnOffered
from kiosk.session.states import Borrowing, Doing, Returning
from screens.view_models.rows import lent_in, renewed_in


def kept_with(notice: Notice, doing: Doing, words: Translator) -> str:
    """What is kept while `notice` is read."""
    match notice:
        case CitizenCard():
            return words.text("Nothing of your ID card was kept")
        case CannotTakeBack(was_return=True):
            return words.text("The book is still recorded as returned")
        case CannotTakeBack():
            return words.text("The book is still recorded as borrowed")
        case ReturnOffered():
            return words.text("Nothing was recorded for this book yet")
        case _:
            pass
    match doing:
        case Borrowing(loans_now=now) if isinstance(notice, NotLent) and now:
            return words.plural(
                "The book you borrowed is still recorded", "The {n} books you borrowed are still recorded", now
            )
        case Borrowing(rows=rows) if rows:
            return words.text("Books scanned before are still recorded")
        case Returning(rows=rows) if rows:
            return _returned(len(rows), words)
        case Borrowing(loans_now=0) | Returning():
            return words.text("Nothing was recorded, so no worries")
        case _:
            return words.text("Your books are just as before")


def kept_on_leaving(doing: Borrowing | Returning, words: Translator) -> str:
    if isinstance(doing, Returning):
        return _returned(len(doing.rows), words) if doing.rows else words.text("Nothing was recorded, so no worries")
    lent = lent_in(doing.rows)
    if lent:
        return words.plural("{n} borrowed book is still recorded", "{n} borrowed books are still recorded", lent)
    renewed = renewed_in(doing.rows)
    if renewed:
        return words.plural("{n} renewed book is still recorded", "{n} renewed books are still recorded", renewed)
    if doing.rows:
        return words.text("Books scanned before are still recorded")
    return words.text("Nothing was recorded, so no worries")


def _returned(count: int, words: Translator) -> str:
    return words.plural("{n} returned book is still recorded", "{n} returned books are still recorded", count)
