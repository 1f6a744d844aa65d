"""What the pages of lending and taking back have in common: a book as a line, and what may be done about it."""

from __future__ import annotations

from typing import Literal, assert_never

from kiosk.domain.model import ItemStatus
from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, DeskProblem, DeskRow, ReaderLine, RowKind
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name
from screens.view_models.dates import due
from screens.view_models.rows import hold_shelf
from screens.view_models.views import ActKey, DeskDetail, DeskLine, Tone, Weight


def reader_named(reader: ReaderLine) -> str:
    return nfc(" · ".join(filter(None, (reader.name, reader.class_name))))


def row_line(row: DeskRow, chosen: str | None, words: Translator, *, newest: bool) -> DeskLine:
    icon, said, tone = _said(row, words)
    if row.marked:
        icon, said, tone = icons.WARNING, marked_as(row.marked, words), Tone.ATTENTION
    elif newest and tone is Tone.PLAIN:
        tone = Tone.NEW
    return DeskLine(
        id=row.book.barcode,
        icon=icon,
        title=shown_name(row.book),
        text=said,
        aside=row.book.barcode if row.book.name else "",
        tone=tone,
        chosen=row.book.barcode == chosen,
    )


def _said(row: DeskRow, words: Translator) -> tuple[str, str, Tone]:
    until = due(row.due_on, row.due_in_days, words)
    match row.kind:
        case RowKind.LENT if row.against_rules:
            return icons.OK, words.text("allowed · {due}", due=until), Tone.ATTENTION
        case RowKind.LENT:
            return icons.OK, until, Tone.PLAIN
        case RowKind.RENEWED:
            return icons.RENEWED, words.text("renewed · {due}", due=until), Tone.PLAIN
        case RowKind.ALREADY_THEIRS:
            return icons.INFO, words.text("has it already · {due}", due=until), Tone.PLAIN
        case RowKind.RETURNED if row.held_at is not None:
            shelf = hold_shelf(row.held_at, words)
            return icons.BOOKMARK, words.text("put it on: {shelf}", shelf=shelf), Tone.ATTENTION
        case RowKind.RETURNED:
            who = reader_named(row.had) if row.had else words.text("nobody had it")
            return icons.OK, words.text("returned · {who}", who=who), Tone.PLAIN
        case RowKind.REFUSED:
            return icons.NOT_YET, words.text("not lent"), Tone.ATTENTION
        case RowKind.NOT_IN_CATALOGUE:
            return icons.INFO, words.text("received, not listed"), Tone.ATTENTION
        case never:
            assert_never(never)


def row_detail(row: DeskRow, words: Translator) -> DeskDetail:
    """What may be done about a book of this act."""
    _, said, tone = _said(row, words)
    keys: list[ActKey] = []
    if row.operation is not None and not row.leaving:
        match row.kind:
            case RowKind.LENT:
                keys.append(ActKey(words.text("Was a mistake: not lent"), icons.TAKE_BACK, Act.VOID))
            case RowKind.RETURNED | RowKind.NOT_IN_CATALOGUE:
                keys.append(ActKey(words.text("Was a mistake: not returned"), icons.TAKE_BACK, Act.VOID))
    if row.kind is RowKind.RETURNED:
        keys += mark_keys(row.marked, words)
    marked = (f"**{marked_as(row.marked, words)}**",) if row.marked else ()
    return DeskDetail(
        title=shown_name(row.book),
        subtitle=" · ".join(filter(None, (nfc(row.book.author), row.book.barcode))),
        icon=icons.BOOK,
        lines=(said, *marked),
        keys=tuple(keys),
        tone=tone,
    )


def mark_keys(marked: str, words: Translator) -> list[ActKey]:
    """For a book in the hand: it is damaged, or whole after all."""
    if marked:
        whole = words.text("It can be lent again")
        return [ActKey(whole, icons.OK, Act.MARK, ItemStatus.AVAILABLE.value)]
    damaged = words.text("The book is damaged")
    return [ActKey(damaged, icons.WARNING, Act.MARK, ItemStatus.DAMAGED.value, Weight.AGAINST)]


def marked_as(status: str, words: Translator) -> str:
    match status:
        case ItemStatus.DAMAGED:
            return words.text("marked as damaged")
        case ItemStatus.LOST:
            return words.text("marked as lost")
        case ItemStatus.WITHDRAWN:
            return words.text("taken out of the library")
        case _:
            return words.text("can be lent")


def problem_detail(problem: DeskProblem, words: Translator) -> DeskDetail:
    match problem:
        case DeskProblem.UNKNOWN_CARD:
            title = words.text("No reader has this card")
            lines = (words.text("Scan it once more, or look the reader up by name or class."),)
        case DeskProblem.UNKNOWN_ITEM:
            title = words.text("This label is in no list of books")
            lines = (words.text("It cannot be lent before the centre knows it. Taking it back works."),)
        case DeskProblem.NO_CODE_OF_OURS:
            title = words.text("That is no code of this library")
            lines = (words.text("Scan the label of a book, or the card of a reader."),)
        case DeskProblem.CARD_FIRST:
            title = words.text("The card comes first")
            lines = (words.text("Scan the reader's card, or look them up, then the book."),)
        case DeskProblem.NOT_DONE:
            title = words.text("That was not done")
            lines = (words.text("It has changed meanwhile. Look once more what is recorded now."),)
        case DeskProblem.NOT_WAITED_FOR:
            title = words.text("Nobody waits for this book now")
            lines = (words.text("Is it recorded as returned? Take it back first, then scan it here."),)
        case DeskProblem.SHELVED_ALREADY:
            title = words.text("This book is on the hold shelf already")
            lines = (words.text("It waits there for its reader. The next one needs another copy."),)
        case DeskProblem.TITLE_GONE:
            title = words.text("This book is not in the list any more")
            lines = (words.text("The centre has taken it out. What was recorded before is kept."),)
        case _:
            title, line = _about_a_reader(problem, words)
            lines = (line,)
    return DeskDetail(title=title, icon=icons.INFO, lines=lines, tone=Tone.ATTENTION)


_OfAReader = Literal[
    DeskProblem.NOBODY_HAS_IT,
    DeskProblem.READER_GONE,
    DeskProblem.CARD_OF_ANOTHER,
    DeskProblem.CARD_THEIRS_ALREADY,
    DeskProblem.WAITS_ALREADY,
    DeskProblem.HAS_IT_ALREADY,
]


def _about_a_reader(problem: _OfAReader, words: Translator) -> tuple[str, str]:
    match problem:
        case DeskProblem.NOBODY_HAS_IT:
            return words.text("Nobody has this book"), words.text("It is on nobody's loan.")
        case DeskProblem.READER_GONE:
            kept = words.text("The centre has taken them out. What was recorded before is kept.")
            return words.text("This reader is not in the list any more"), kept
        case DeskProblem.CARD_OF_ANOTHER:
            unchanged = words.text("Nothing was changed. Please take another card.")
            return words.text("This card is another reader's"), unchanged
        case DeskProblem.CARD_THEIRS_ALREADY:
            return words.text("This card is theirs already"), words.text("Nothing had to be changed.")
        case DeskProblem.WAITS_ALREADY:
            place = words.text("Their place in the queue stays as it is.")
            return words.text("They wait for this book already"), place
        case DeskProblem.HAS_IT_ALREADY:
            return words.text("They have this book at home"), words.text("It can be renewed instead.")
        case never:
            assert_never(never)
