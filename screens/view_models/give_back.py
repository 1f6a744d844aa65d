"""Trả sách. It knows no borrower, so that none can be shown."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Hint, Returning, SessionRules
from screens.view_models import icons, keys
from screens.view_models.aiming import hinted
from screens.view_models.rows import book_rows, can_be_undone
from screens.view_models.views import Countdown, Key, ReturnView


def return_view(
    returning: Returning, rules: SessionRules, words: Translator, *, live: bool = False, aim: Hint | None = None
) -> ReturnView:
    rows = returning.rows
    title = words.text("Scan the next book") if rows else words.text("Scan your first book")
    return ReturnView(
        greeting=words.plural("{n} book received", "{n} books received", len(rows)) if rows else words.text("Hello!"),
        title=hinted(title, aim, words),
        rows=book_rows(rows, words),
        hint_title=_where_to_put(returning, words),
        hint=words.text("No card needed. Nobody’s name is shown."),
        left=Key(words.text("Wrong book scanned"), icons.TAKE_BACK, Button.UNDO_RETURN)
        if any(can_be_undone(row) for row in rows)
        else None,
        main=keys.done(0, words),
        countdown=Countdown(returning.active_at + rules.warn_after_s, rules.warn_after_s),
        hint_line=_where_to_put(returning, words),
        live=live,
    )


def _where_to_put(returning: Returning, words: Translator) -> str:
    if any(row.held_at is not None for row in returning.rows):
        return words.text("Other books: put them on the cart.")
    return words.text("After scanning, put the books on the cart.")
