"""The work lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

from kiosk.i18n import Translator
from kiosk.session.desk_states import (
    Act,
    AtWork,
    CheckLine,
    DisputeLine,
    OverdueLine,
    ShelveLine,
    ToCheck,
    UnsentLine,
    Work,
    WorkLine,
)
from kiosk.session.supervised.work import chosen_of
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name
from screens.view_models.dates import day_and_time, short_day
from screens.view_models.desk.books import problem_detail, reader_named
from screens.view_models.desk.disputes import dispute_detail, dispute_line
from screens.view_models.desk.lending import late_by
from screens.view_models.desk.unsent import unsent_detail, unsent_line
from screens.view_models.rows import hold_shelf
from screens.view_models.views import ActKey, DeskBar, DeskDetail, DeskLine, DeskListView, Tone, Weight

Bar = Callable[[str], DeskBar]


def work_view(page: AtWork, bar: Bar, words: Translator) -> DeskListView:
    lines = page.lines or ()
    return DeskListView(
        bar=bar(_title(page.work, words)),
        heading=_heading(page, words),
        lines=tuple(_overdue_lines(page, words)) if page.work is Work.OVERDUE else _plain_lines(page, words),
        empty=_nothing(page, words) if page.lines is not None else words.text("One moment …"),
        empty_icon=icons.OK if page.lines is not None else icons.WAITING,
        detail=_detail(page, words),
        keys=_keys(page, words) if page.work is Work.UNSENT and lines else (),
    )


def _title(work: Work, words: Translator) -> str:
    match work:
        case Work.DISPUTES:
            return words.text("For a librarian")
        case Work.TO_CHECK:
            return words.text("To check")
        case Work.OVERDUE:
            return words.text("Overdue books")
        case Work.TO_SHELVE:
            return words.text("Hold shelf")
        case Work.HELP:
            return words.text("Calls for help")
        case Work.UNSENT:
            return words.text("Not sent yet")


def _heading(page: AtWork, words: Translator) -> str:
    if not page.lines:
        return ""
    left = [line for line in page.lines if line.id not in page.gone]
    many = len(left)
    match page.work:
        case Work.OVERDUE:
            return words.plural("{n} book is late", "{n} books are late", many)
        case Work.TO_SHELVE:
            return words.plural("{n} book for the hold shelf", "{n} books for the hold shelf", many)
        case Work.HELP:
            return words.plural("{n} call", "{n} calls", many)
        case Work.UNSENT:
            count = sum(line.count for line in left if isinstance(line, UnsentLine))
            return words.plural("{n} record to send", "{n} records to send", count)
        case _:
            return words.plural("{n} thing to look at", "{n} things to look at", many)


def _nothing(page: AtWork, words: Translator) -> str:
    match page.work:
        case Work.DISPUTES:
            return words.text("Nothing has to be settled.")
        case Work.OVERDUE:
            return words.text("No book is late.")
        case Work.TO_SHELVE:
            return words.text("No book has to go to the hold shelf.")
        case Work.HELP:
            return words.text("Nobody has called.")
        case Work.UNSENT:
            return words.text("The centre has got everything.")
        case Work.TO_CHECK:
            return words.text("Everything was looked at.")


def _keys(page: AtWork, words: Translator) -> tuple[ActKey, ...]:
    if not page.sent:
        return (ActKey(words.text("Send now"), icons.SEND, Act.SEND_NOW, weight=Weight.MAIN),)
    return (ActKey(words.text("Look once more"), icons.RESTART, Act.WORK, page.work.value),)


def _plain_lines(page: AtWork, words: Translator) -> tuple[DeskLine, ...]:
    return tuple(_line(page, line, words) for line in page.lines or ())


def _overdue_lines(page: AtWork, words: Translator) -> Iterator[DeskLine]:
    """By class, each with a line of its own above: as a teacher goes through it, or takes it along."""
    late = [line for line in page.lines or () if isinstance(line, OverdueLine)]
    for class_name, group in groupby(late, lambda line: line.reader.class_name):
        lines = list(group)
        named = words.text("Class {name}", name=nfc(class_name)) if class_name else words.text("Of no class")
        many = sum(line.id not in page.gone for line in lines)
        yield DeskLine("", icons.READERS, named, words.plural("{n} book", "{n} books", many))
        yield from (_line(page, line, words) for line in lines)


def _line(page: AtWork, line: WorkLine, words: Translator) -> DeskLine:
    said = _listed(line, words, is_chosen=line.id == page.chosen)
    if line.id not in page.gone:
        return said
    return replace(said, icon=icons.OK, text=words.text("done meanwhile"), aside="", tone=Tone.PLAIN)


def _listed(line: WorkLine, words: Translator, *, is_chosen: bool) -> DeskLine:
    match line:
        case DisputeLine():
            return dispute_line(line, words, chosen=is_chosen)
        case CheckLine():
            title, text = _check_said(line, words)
            icon = icons.CALL if line.why == ToCheck.HELP else icons.LOOK_AT
            return DeskLine(line.id, icon, title, text, day_and_time(line.at_ms, words), Tone.ATTENTION, is_chosen)
        case OverdueLine():
            return DeskLine(
                line.id,
                icons.LATE,
                nfc(line.reader.name),
                late_by(line.days, words),
                shown_name(line.book),
                Tone.ATTENTION,
                is_chosen,
            )
        case ShelveLine():
            title, who = shown_name(line.book), words.text("for {who}", who=reader_named(line.reader))
            return DeskLine(line.id, icons.BOOKMARK, title, who, chosen=is_chosen)
        case UnsentLine():
            return unsent_line(line, words, chosen=is_chosen)


def _detail(page: AtWork, words: Translator) -> DeskDetail | None:
    if page.problem is not None:
        return problem_detail(page.problem, words)
    if page.chosen in page.gone:
        return DeskDetail(
            words.text("This is done meanwhile"),
            icon=icons.OK,
            lines=(words.text("At another station, or by the centre. Nothing is left to do."),),
        )
    line = chosen_of(page)
    match line:
        case DisputeLine():
            return dispute_detail(line, words)
        case CheckLine():
            return _check_detail(line, words)
        case OverdueLine():
            return _overdue_detail(line, words)
        case ShelveLine():
            return _shelve_detail(line, words)
        case UnsentLine():
            return unsent_detail(line, words)
        case None:
            return _beside(page, words) if page.lines else None


def _beside(page: AtWork, words: Translator) -> DeskDetail:
    """Nothing is chosen."""
    if page.work is Work.TO_SHELVE:
        return DeskDetail(
            words.text("Scan each book that you put there"),
            icon=icons.BARCODE,
            lines=(words.text("Then everybody who asks sees that it waits for its reader."),),
        )
    if page.work is Work.UNSENT:
        asked = words.text("The centre is being asked. Look once more in a moment.")
        by_itself = words.text("All of it is kept here, and goes by itself as soon as there is a network.")
        return DeskDetail(words.text("Not sent yet"), icon=icons.SEND, lines=(asked if page.sent else by_itself,))
    done = words.plural("{n} is done.", "{n} are done.", page.done) if page.done else ""
    return DeskDetail(words.text("Touch one to see more"), icon=icons.LOOK_AT, lines=tuple(filter(None, (done,))))


# ---- one thing


def _check_said(line: CheckLine, words: Translator) -> tuple[str, str]:
    """In a few words, and which book."""
    book = shown_name(line.book)
    match line.why:
        case ToCheck.VOIDED:
            return words.text("A slip, taken back"), book
        case ToCheck.UNKNOWN_ITEM:
            return words.text("Returned, in no list"), book
        case ToCheck.SEVERAL_LOANS:
            return words.text("Several had it on loan"), book
        case ToCheck.RETURNED:
            return words.text("Returned alone"), book
        case ToCheck.HELP:
            return words.text("Somebody has called"), words.text("at this station")
        case _:
            return words.text("A record was lost"), words.text("with a damaged card")


def _check_detail(line: CheckLine, words: Translator) -> DeskDetail:
    title, book = _check_said(line, words)
    lines = [_what_to_do(line, words)]
    if line.reader is not None:
        lines.append(words.text("Who had it: {who}", who=reader_named(line.reader)))
    if at := day_and_time(line.at_ms, words):
        lines.append(at)
    keys = [ActKey(words.text("I have seen to it"), icons.DONE, Act.CHECKED, weight=Weight.MAIN)]
    if line.why is ToCheck.RETURNED:
        lines.append(words.text("If it is not, it is theirs again, as if it had not been returned."))
        keys.append(ActKey(words.text("It is not here"), icons.TAKE_BACK, Act.NOT_HERE, weight=Weight.AGAINST))
    if line.reader is not None:
        keys.append(ActKey(words.text("See the reader"), icons.CARD, Act.OPEN_READER))
    return DeskDetail(title, book, icons.LOOK_AT, lines=tuple(lines), keys=tuple(keys))


def _what_to_do(line: CheckLine, words: Translator) -> str:
    match line.why:
        case ToCheck.VOIDED:
            return words.text("A reader took back a loan or a return within a minute. Is the book where it belongs?")
        case ToCheck.UNKNOWN_ITEM:
            return words.text("This book was returned, and no list knows its label. Put it aside and have it entered.")
        case ToCheck.SEVERAL_LOANS:
            return words.text("Two stations had lent it while they were apart. The return has ended both loans.")
        case ToCheck.RETURNED:
            return words.text("A reader returned it alone. Is the book here, and whole?")
        case ToCheck.HELP:
            return words.text("Whoever called is not written down. Please look after them.")
        case _:
            return words.text("What happened then is not known any more. Compare the shelf with the loans.")


def _overdue_detail(line: OverdueLine, words: Translator) -> DeskDetail:
    return DeskDetail(
        title=shown_name(line.book),
        subtitle=" · ".join(filter(None, (nfc(line.book.author), line.book.barcode))),
        icon=icons.LATE,
        lines=(
            f"**{reader_named(line.reader)}**",
            words.text("was due {day}", day=short_day(line.due_on, words)),
            late_by(line.days, words),
        ),
        keys=(ActKey(words.text("See the reader"), icons.CARD, Act.OPEN_READER, weight=Weight.MAIN),),
        tone=Tone.ATTENTION,
    )


def _shelve_detail(line: ShelveLine, words: Translator) -> DeskDetail:
    return DeskDetail(
        title=shown_name(line.book),
        subtitle=nfc(line.book.author),
        icon=icons.BOOKMARK,
        lines=(
            words.text("for {who}", who=reader_named(line.reader)),
            hold_shelf(line.shelf, words),
            words.text("Put it there, and scan its label."),
        ),
        keys=(ActKey(words.text("See the reader"), icons.CARD, Act.OPEN_READER),),
    )
