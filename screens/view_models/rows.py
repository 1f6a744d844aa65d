"""One book of the visit as a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kiosk.i18n import Translator
from kiosk.session.states import Row, RowKind
from screens.view_models import icons
from screens.view_models.covers import cover_colour, cover_letter, nfc, shown_name
from screens.view_models.dates import due
from screens.view_models.views import BookRow, Tone


def lent_in(rows: Iterable[Row]) -> int:
    return sum(row.kind is RowKind.LENT for row in rows)


def renewed_in(rows: Iterable[Row]) -> int:
    return sum(row.kind is RowKind.RENEWED for row in rows)


def can_be_taken_off(row: Row) -> bool:
    """By what it is; whether it is still in time is the desk's question. A renewal is not taken off."""
    return row.kind is RowKind.LENT and row.operation is not None and not row.leaving


def can_be_undone(row: Row) -> bool:
    """A row of the return page."""
    return row.operation is not None and not row.leaving


def hold_shelf(shelf: str, words: Translator) -> str:
    """Where a held book waits; `shelf` "" where the library names none."""
    return words.text("Holds · {shelf}", shelf=shelf) if shelf else words.text("Holds")


def book_rows(rows: tuple[Row, ...], words: Translator, *, taking_off: bool = False) -> tuple[BookRow, ...]:
    """`rows`: newest first."""
    return tuple(_book_row(row, words, newest=not place, taking_off=taking_off) for place, row in enumerate(rows))


def _book_row(row: Row, words: Translator, *, newest: bool, taking_off: bool) -> BookRow:
    name, author = shown_name(row.book), nfc(row.book.author)
    right, small, icon = "", "", icons.OK
    tone = Tone.NEW if newest else Tone.PLAIN
    hold_line = put_on = shelf = ""
    match row.kind:
        case RowKind.LENT:
            right = due(row.due_on, row.due_in_days, words)
            small = words.text("just borrowed") if newest else ""
        case RowKind.RENEWED:
            right, small, icon = due(row.due_on, row.due_in_days, words), words.text("renewed"), icons.RENEWED
        case RowKind.ALREADY_YOURS:
            # Nothing was recorded, so nothing turns green.
            right, small, icon = due(row.due_on, row.due_in_days, words), words.text("you have it already"), icons.INFO
            tone = Tone.PLAIN
        case RowKind.RETURNED if row.held_at is not None:
            tone, icon = Tone.ATTENTION, icons.BOOKMARK
            hold_line, put_on = words.text("Someone is waiting for it"), words.text("Put it on the shelf")
            shelf = hold_shelf(row.held_at, words)
        case RowKind.RETURNED:
            right = words.text("Returned")
        case RowKind.NOT_IN_CATALOGUE:
            author = author or words.text("not in our list yet")
            right, small, icon = words.text("Received"), words.text("the librarian will look"), icons.INFO
        case never:
            assert_never(never)
    removable = taking_off and can_be_taken_off(row)
    return BookRow(
        cover_letter=cover_letter(row.book.name),
        cover_colour=cover_colour(row.book),
        name=name,
        author=author,
        right=right,
        right_small=small,
        icon=icon,
        tone=tone,
        hold_line=hold_line,
        put_on=put_on,
        shelf=shelf,
        take_off=row.operation if removable else None,
        take_off_label=words.text("Remove this one") if removable else "",
    )
