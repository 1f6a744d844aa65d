"""Báo hỏng, đề nghị mua, nguồn sách; and what became of what was asked for before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from kiosk.domain.clock_trust import day_of
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import FaultAbout, ItemSource, RequestState
from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, Reporting, RequestLine
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name
from screens.view_models.dates import day_with_year
from screens.view_models.desk.books import problem_detail
from screens.view_models.message import strong
from screens.view_models.views import ActKey, DeskBar, DeskDetail, DeskLine, DeskListView, Tone

Bar = Callable[[str], DeskBar]


def reporting_view(page: Reporting, bar: Bar, words: Translator) -> DeskListView:
    lines = tuple(_line(one, page.chosen, words) for one in page.lines or ())
    return DeskListView(
        bar=bar(words.text("Report, suggest")),
        heading=words.text("Asked for before") if lines else "",
        lines=lines,
        empty=words.text("Nothing was asked for yet.") if page.lines is not None else words.text("One moment …"),
        empty_icon=icons.INFO if page.lines is not None else icons.WAITING,
        detail=_detail(page, words),
    )


def _detail(page: Reporting, words: Translator) -> DeskDetail:
    if chosen := next((line for line in page.lines or () if line.id == page.chosen), None):
        return _asked(chosen, words)
    if page.problem is not None:
        return replace(problem_detail(page.problem, words), keys=_keys(page, words))
    if page.wants is Act.SOURCE and page.book is not None:
        return DeskDetail(
            title=words.text("Where does this book come from?"),
            subtitle=_book(page),
            icon=icons.PACKAGE,
            keys=(*(_source(one, words) for one in ItemSource), _no(words)),
        )
    if page.wants is Act.SOURCE or (page.wants is Act.FAULT and page.about == FaultAbout.ITEM and page.book is None):
        title = words.text("Scan the damaged book")
        if page.wants is Act.SOURCE:
            title = words.text("Scan the book")
        return DeskDetail(
            title=title,
            icon=icons.BARCODE,
            lines=(words.text("Hold its label in front of the scanner."),),
            keys=(_no(words),),
        )
    if page.book is not None:
        title, subtitle = words.text("What about this book?"), _book(page)
    else:
        title, subtitle = words.text("What would you like to report?"), ""
    return DeskDetail(
        title=title,
        subtitle=subtitle,
        icon=icons.FAULT,
        lines=(strong(_sent(page.sent, words)),) if page.sent else (),
        keys=_keys(page, words),
    )


def _keys(page: Reporting, words: Translator) -> tuple[ActKey, ...]:
    of_a_book = (
        ActKey(words.text("A book is damaged"), icons.BOOK, Act.FAULT, FaultAbout.ITEM),
        ActKey(words.text("A book’s source"), icons.PACKAGE, Act.SOURCE),
    )
    if page.book is not None:
        return (*of_a_book, _no(words))
    return (
        ActKey(words.text("A fault of the room"), icons.HOME, Act.FAULT, FaultAbout.PREMISES),
        ActKey(words.text("A fault of this device"), icons.SCREEN, Act.FAULT, FaultAbout.STATION),
        ActKey(words.text("A book to buy"), icons.BOOKS, Act.SUGGEST),
        *of_a_book,
    )


def _no(words: Translator) -> ActKey:
    return ActKey(words.text("Another matter"), icons.BACK, Act.REPORT)


def _book(page: Reporting) -> str:
    book = page.book
    return nfc(f"{shown_name(book)} · {book.barcode}") if book is not None else ""


def _sent(act: Act, words: Translator) -> str:
    match act:
        case Act.FAULT:
            return words.text("The fault is reported. The centre will see it.")
        case Act.SUGGEST:
            return words.text("The wish is on its way to the centre.")
        case _:
            return words.text("It is noted where this book comes from.")


def _source(source: ItemSource, words: Translator) -> ActKey:
    return ActKey(source_named(source, words), icons.PACKAGE, Act.SOURCE, source)


def source_named(source: ItemSource, words: Translator) -> str:
    match source:
        case ItemSource.BUDGET:
            return words.in_context("source of a book", "Bought by the school")
        case ItemSource.DONATION:
            return words.in_context("source of a book", "A gift")
        case ItemSource.PROJECT:
            return words.in_context("source of a book", "A project")
        case ItemSource.EXCHANGE:
            return words.in_context("source of a book", "An exchange")
        case ItemSource.OTHER:
            return words.in_context("source of a book", "Another source")
        case never:
            assert_never(never)


def _line(line: RequestLine, chosen: str | None, words: Translator) -> DeskLine:
    icon, what = _what(line.kind, words)
    day = day_with_year(day_of(line.asked_ms))
    return DeskLine(
        id=line.id,
        icon=icon,
        title=nfc(line.about) or what,
        text=what if line.about else day,
        aside=_state(line.state, words),
        tone=Tone.ATTENTION if line.state is RequestState.DECLINED else Tone.PLAIN,
        chosen=line.id == chosen,
    )


def _asked(line: RequestLine, words: Translator) -> DeskDetail:
    """What a person at the centre has written about it stands there; why a rule declined it, the centre's page says."""
    icon, what = _what(line.kind, words)
    said = nfc(line.why) if line.by == "person" and line.why else ""
    return DeskDetail(
        title=what,
        subtitle=nfc(line.about),
        icon=icon,
        lines=tuple(
            filter(
                None,
                (
                    words.text("Asked for on {day}.", day=day_with_year(day_of(line.asked_ms))),
                    strong(_answer(line.state, words)),
                    said,
                ),
            )
        ),
        keys=(_no(words),),
        tone=Tone.ATTENTION if line.state is RequestState.DECLINED else Tone.PLAIN,
    )


def _what(kind: str, words: Translator) -> tuple[str, str]:
    match kind:
        case OperationKind.FAULT_REPORT:
            return icons.FAULT, words.in_context("asked for", "A fault")
        case OperationKind.SUGGESTION:
            return icons.BOOKS, words.in_context("asked for", "A book to buy")
        case OperationKind.ITEM_SOURCE:
            return icons.PACKAGE, words.in_context("asked for", "A book’s source")
        case OperationKind.ITEM_STATUS:
            return icons.WARNING, words.in_context("asked for", "How a book is")
        case OperationKind.SETTINGS:
            return icons.SETTINGS, words.in_context("asked for", "A setting")
        case OperationKind.SETTLEMENT:
            return icons.DISPUTES, words.in_context("asked for", "Two accounts of one book")
        case _:
            return icons.SEND, words.in_context("asked for", "Something for the centre")


def _answer(state: RequestState, words: Translator) -> str:
    match state:
        case RequestState.WAITING:
            return words.text("The centre has not answered yet.")
        case RequestState.GRANTED:
            return words.text("The centre has agreed.")
        case RequestState.DECLINED:
            return words.text("The centre has declined it.")
        case never:
            assert_never(never)


def _state(state: RequestState, words: Translator) -> str:
    match state:
        case RequestState.WAITING:
            return words.in_context("a request", "waits")
        case RequestState.GRANTED:
            return words.in_context("a request", "agreed")
        case RequestState.DECLINED:
            return words.in_context("a request", "declined")
        case never:
            assert_never(never)
