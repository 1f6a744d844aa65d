"""Tra cứu: what was found, and one reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.blocks import Suspended
from kiosk.domain.model import ItemStatus
from kiosk.i18n import Translator
from kiosk.session.books import HoldShown, LoanShown
from kiosk.session.desk_states import CARD_LINE, Act, AtReader, DeskProblem, Finding, ReaderLine, ReaderShown
from kiosk.session.notices import BookShown
from kiosk.session.supervised.readers import NO, YES
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name, title_in_sentence
from screens.view_models.dates import day_with_year
from screens.view_models.desk.books import problem_detail, reader_named
from screens.view_models.desk.keyboard import layer_at, letter_rows, sign_rows
from screens.view_models.desk.lending import loan_detail, loan_line, refused_detail
from screens.view_models.desk.reasons import desk_reason
from screens.view_models.rows import hold_shelf
from screens.view_models.views import (
    FOUND_AT_ONCE,
    ActKey,
    DeskBar,
    DeskDetail,
    DeskLine,
    DeskListView,
    KeyboardView,
    Layer,
    Tone,
    Weight,
)

Bar = Callable[[str], DeskBar]


def finding_view(page: Finding, bar: Bar, words: Translator) -> KeyboardView:
    done = words.text("Open")
    lines, left_off = _found(page)
    if page.lends:
        title, hint = (
            words.text("Find a reader"),
            words.text("Name or class; or scan a card, or a book that somebody has."),
        )
    else:
        title, hint = (
            words.text("Look up"),
            words.text("A reader’s name or class, or a book’s title; or scan a card or a book."),
        )
    return KeyboardView(
        bar=bar(words.text("Lend for a reader") if page.lends else title),
        title=title,
        hint=hint,
        problem=_problem(page, words),
        text=page.text,
        rows=letter_rows(done, words),
        lines=lines,
        more=words.text("there are more: one more letter") if page.more or left_off else "",
        finds=True,
        capitals=letter_rows(done, words, Layer.CAPITALS),
        signs=sign_rows(done, words),
        layer=layer_at(page.text),
    )


def reader_view(page: AtReader, bar: Bar, words: Translator) -> DeskListView:
    reader = page.reader
    lines = [loan_line(loan, page.chosen, words) for loan in reader.loans]
    lines += [_hold_line(hold, page.chosen, words) for hold in reader.holds]
    lines.append(
        DeskLine(
            id=CARD_LINE,
            icon=icons.CARD,
            title=words.text("Card and PIN"),
            text=words.text("a PIN is set") if reader.has_pin else words.text("no PIN is set"),
            chosen=page.chosen == CARD_LINE,
        )
    )
    many = len(reader.loans)
    return DeskListView(
        bar=bar(reader_named(reader.line)),
        heading=words.plural("{n} book at home", "{n} books at home", many),
        lines=tuple(lines),
        empty="",
        detail=_detail(page, words),
    )


def _problem(page: Finding, words: Translator) -> str:
    if page.problem is None and page.readers == () and page.titles == ():
        if page.lends:
            return words.text("Nobody is called so. Fewer letters find more.")
        return words.text("No reader and no book is called so. Fewer letters find more.")
    if page.problem is None:
        return ""
    if page.problem is DeskProblem.NOBODY_HAS_IT and page.book is not None:
        return words.text("Nobody has “{title}”.", title=title_in_sentence(page.book))
    return problem_detail(page.problem, words).title


def _found(page: Finding) -> tuple[tuple[DeskLine, ...], bool]:
    """Readers, then titles; each leaves the others half of the room when there are so many. Whether some have none."""
    readers = [_reader_line(line) for line in page.readers or ()]
    titles = [_title_line(title) for title in page.titles]
    half = FOUND_AT_ONCE // 2
    of_readers = readers[: max(half, FOUND_AT_ONCE - len(titles))]
    lines = (*of_readers, *titles[: FOUND_AT_ONCE - len(of_readers)])
    return lines, len(lines) < len(readers) + len(titles)


def _title_line(title: BookShown) -> DeskLine:
    """Its name alone, which may be long, and differ at its end from the next one's."""
    return DeskLine(id=title.title_id, icon=icons.BOOKS, title=shown_name(title))


def _reader_line(line: ReaderLine) -> DeskLine:
    return DeskLine(id=line.patron_id, icon=icons.CARD, title=nfc(line.name), aside=nfc(line.class_name))


def _hold_line(hold: HoldShown, chosen: str | None, words: Translator) -> DeskLine:
    return DeskLine(
        id=hold.book.title_id,
        icon=icons.BOOKMARK,
        title=shown_name(hold.book),
        text=hold_shelf(hold.shelf, words) if hold.ready else _hold_said(hold, words),
        tone=Tone.ATTENTION if hold.ready else Tone.PLAIN,
        chosen=hold.book.title_id == chosen,
    )


def _hold_said(hold: HoldShown, words: Translator) -> str:
    if hold.ready:
        return words.text("waits here: {shelf}", shelf=hold_shelf(hold.shelf, words))
    return words.text("on hold, number {n}", n=hold.place)


# ---- what stands beside the list


def _detail(page: AtReader, words: Translator) -> DeskDetail:
    if page.problem is not None:
        return problem_detail(page.problem, words)
    if page.refused is not None:
        return refused_detail(page.refused, words)
    if page.wants is not None:
        return _wanted(page, page.wants, words)
    if page.done is not None:
        return _told(page, page.done, words)
    return _chosen(page, words)


def _chosen(page: AtReader, words: Translator) -> DeskDetail:
    if page.chosen == CARD_LINE:
        return _card(page.reader, words)
    for loan in page.reader.loans:
        if loan.book.barcode == page.chosen:
            detail = loan_detail(loan, words)
            return replace(detail, keys=(*detail.keys, _lost_key(loan, words)))
    for hold in page.reader.holds:
        if hold.book.title_id == page.chosen:
            return DeskDetail(
                title=shown_name(hold.book),
                subtitle=nfc(hold.book.author),
                icon=icons.BOOKMARK,
                lines=(_hold_said(hold, words),),
                keys=(ActKey(words.text("Cancel the hold"), icons.TAKE_OFF, Act.CANCEL_HOLD),),
            )
    return _about(page.reader, words)


def _lost_key(loan: LoanShown, words: Translator) -> ActKey:
    """For a book at home: it is lost, or it can be lent after all."""
    if loan.marked:
        return ActKey(words.text("It can be lent again"), icons.OK, Act.MARK, ItemStatus.AVAILABLE.value)
    lost = words.text("The book is lost")
    return ActKey(lost, icons.WARNING, Act.MARK, ItemStatus.LOST.value, Weight.AGAINST)


def _about(reader: ReaderShown, words: Translator) -> DeskDetail:
    lines = [f"**{desk_reason(block, words)}**" for block in reader.blocks]
    if reader.note:
        lines.append(words.text("Note: {note}", note=nfc(reader.note)))
    if not reader.blocks:
        lines.append(words.text("may have {n} at once", n=reader.limit))
    if reader.valid_until is not None and not reader.blocks:
        lines.append(words.text("card good until {day}", day=day_with_year(reader.valid_until)))
    if reader.blocked or any(isinstance(block, Suspended) for block in reader.blocks):
        block = ActKey(words.text("Let them borrow again"), icons.UNLOCK, Act.UNBLOCK)
    else:
        block = ActKey(words.text("Pause lending"), icons.LOCK, Act.BLOCK, weight=Weight.AGAINST)
    return DeskDetail(
        title=nfc(reader.line.name),
        subtitle=nfc(reader.line.class_name),
        icon=icons.CARD,
        lines=tuple(lines),
        keys=(
            ActKey(words.text("Lend to them"), icons.LEND_FOR, Act.LEND_TO, weight=Weight.MAIN),
            ActKey(words.text("Hold a book"), icons.BOOKMARK, Act.PLACE_HOLD),
            ActKey(words.text("Write a note"), icons.KEYBOARD, Act.NOTE),
            block,
        ),
        tone=Tone.ATTENTION if reader.blocks or reader.blocked else Tone.PLAIN,
    )


def _card(reader: ReaderShown, words: Translator) -> DeskDetail:
    keys = [
        ActKey(words.text("Give a new card"), icons.CARD, Act.LINK_CARD, weight=Weight.MAIN),
        ActKey(words.text("Cards are lost"), icons.WARNING, Act.BLOCK_CARDS, weight=Weight.AGAINST),
    ]
    lines = [words.text("a PIN is set") if reader.has_pin else words.text("no PIN is set")]
    if reader.of_staff:
        lines.append(words.text("Works at the desk: their PIN is set on the maintainer's screen."))
    else:
        keys.append(ActKey(words.text("Set a PIN"), icons.KEYBOARD, Act.SET_PIN))
    if reader.has_pin:
        keys.append(ActKey(words.text("End the wait"), icons.UNLOCK, Act.UNLOCK_PIN))
    return DeskDetail(
        title=words.text("Card and PIN"),
        subtitle=nfc(reader.line.name),
        icon=icons.CARD,
        lines=tuple(lines),
        keys=tuple(keys),
    )


def _wanted(page: AtReader, act: Act, words: Translator) -> DeskDetail:
    """An act that waits: for a scan, or for a yes."""
    name = nfc(page.reader.line.name)
    leave = ActKey(words.text("No, leave it"), icons.BACK, act, NO)
    match act:
        case Act.LINK_CARD:
            title, lines = words.text("Scan the new card"), (words.text("It will be the card of {name}.", name=name),)
            return DeskDetail(title, name, icons.CARD, lines=lines, keys=(leave,))
        case Act.PLACE_HOLD:
            title = words.text("Scan any copy of the book")
            lines = (words.text("{name} waits for whichever copy comes back first.", name=name),)
            return DeskDetail(title, name, icons.BARCODE, lines=lines, keys=(leave,))
        case Act.BLOCK_CARDS:
            title = words.text("Are all cards of {name} lost?", name=name)
            lines = (words.text("None of them will open anything, at any station. A new one can be given then."),)
            yes = words.text("Yes, they are lost")
        case Act.UNBLOCK:
            title = words.text("Lend to {name} again?", name=name)
            lines = (words.text("At every station, as soon as the centre has heard of it; here at once."),)
            yes = words.text("Yes, lend again")
        case _:
            title = words.text("Lend nothing to {name}?", name=name)
            lines = (words.text("At every station, as soon as the centre has heard of it; here at once."),)
            yes = words.text("Yes, pause lending")
    weight = Weight.MAIN if act is Act.UNBLOCK else Weight.AGAINST
    keys = (ActKey(yes, icons.DONE, act, YES, weight), leave)
    return DeskDetail(title, name, icons.WARNING, lines=lines, keys=keys, tone=Tone.ATTENTION)


def _told(page: AtReader, done: Act, words: Translator) -> DeskDetail:
    """What was just done, over what can be done next."""
    on_card = done in (Act.LINK_CARD, Act.BLOCK_CARDS, Act.SET_PIN, Act.UNLOCK_PIN)
    below = _card(page.reader, words) if on_card else _about(page.reader, words)
    said = f"**{_done(page, done, words)}**"
    return DeskDetail(below.title, below.subtitle, icons.OK, lines=(said, *below.lines), keys=below.keys, tone=Tone.NEW)


def _done(page: AtReader, act: Act, words: Translator) -> str:
    title = title_in_sentence(page.book) if page.book else ""
    match act:
        case Act.LINK_CARD:
            return words.text("The new card is theirs.")
        case Act.BLOCK_CARDS:
            return words.text("Their cards open nothing any more. Give them a new one.")
        case Act.SET_PIN:
            return words.text("The PIN is set.")
        case Act.UNLOCK_PIN:
            return words.text("Nothing waits any more: the PIN can be typed.")
        case Act.NOTE:
            return words.text("The note is kept.")
        case Act.BLOCK:
            return words.text("Lending is paused.")
        case Act.UNBLOCK:
            return words.text("Lending goes on.")
        case Act.PLACE_HOLD:
            return words.text("“{title}” is on hold.", title=title)
        case Act.CANCEL_HOLD:
            return words.text("“{title}” is on hold no more.", title=title)
        case Act.RENEW:
            return words.text("“{title}” is renewed.", title=title)
        case _:
            return words.text("That is done.")
