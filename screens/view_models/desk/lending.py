"""Mượn giúp."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.domain.blocks import OnLoanToAnother
from kiosk.i18n import Translator
from kiosk.session.books import LoanShown
from kiosk.session.desk_states import Act, AtDeskRefused, Lending, ReaderShown, RowKind
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name
from screens.view_models.dates import due
from screens.view_models.desk.books import marked_as, problem_detail, reader_named, row_detail, row_line
from screens.view_models.desk.reasons import desk_reason
from screens.view_models.views import ActKey, DeskBar, DeskDetail, DeskLine, DeskListView, Tone, Weight

Bar = Callable[[str], DeskBar]

OVERRIDE_REASONS = ("teacher_asks", "for_class", "parents_know", "record_is_wrong")
"""What stands in the operation, for whoever reads it later."""


def lending_view(page: Lending, bar: Bar, words: Translator) -> DeskListView:
    if page.reader is None:
        return DeskListView(
            bar=bar(words.text("Lend for a reader")),
            heading="",
            lines=(),
            empty=words.text("Scan the reader's card, or look them up."),
            detail=problem_detail(page.problem, words) if page.problem else None,
            keys=(ActKey(words.text("Look up by name"), icons.CARD, Act.FIND),),
        )
    here = {row.book.barcode for row in page.rows}
    loans = [loan for loan in page.reader.loans if loan.book.barcode not in here]
    theirs = sum(row.kind is not RowKind.REFUSED for row in page.rows)
    lines = [row_line(row, page.chosen, words, newest=not n) for n, row in enumerate(page.rows)]
    lines += [loan_line(loan, page.chosen, words) for loan in loans]
    return DeskListView(
        bar=bar(reader_named(page.reader.line)),
        heading=words.plural("{n} book at home", "{n} books at home", len(loans) + theirs),
        lines=tuple(lines),
        empty=words.text("No books at home just now. Scan the first one."),
        detail=_detail(page, page.reader, loans, words),
    )


def _detail(page: Lending, reader: ReaderShown, loans: list[LoanShown], words: Translator) -> DeskDetail:
    if page.problem is not None:
        return problem_detail(page.problem, words)
    if page.refused is not None:
        return refused_detail(page.refused, words)
    if row := next((row for row in page.rows if row.book.barcode == page.chosen), None):
        return row_detail(row, words)
    if loan := next((loan for loan in loans if loan.book.barcode == page.chosen), None):
        return loan_detail(loan, words)
    return about_reader(reader, words)


def loan_line(loan: LoanShown, chosen: str | None, words: Translator) -> DeskLine:
    late = loan.overdue_days
    icon, text = icons.BOOK, due(loan.due_on, loan.due_in_days, words)
    if late:
        icon, text = icons.LATE, late_by(late, words)
    if loan.marked:
        icon, text = icons.WARNING, marked_as(loan.marked, words)
    return DeskLine(
        id=loan.book.barcode,
        icon=icon,
        title=shown_name(loan.book),
        text=text,
        aside=loan.book.barcode,
        tone=Tone.ATTENTION if late or loan.marked else Tone.PLAIN,
        chosen=loan.book.barcode == chosen,
    )


def late_by(days: int, words: Translator) -> str:
    return words.plural("{n} day late", "{n} days late", days)


def loan_detail(loan: LoanShown, words: Translator) -> DeskDetail:
    left = words.plural("can be renewed {n} more time", "can be renewed {n} more times", loan.renewals_left)
    marked = (f"**{marked_as(loan.marked, words)}**",) if loan.marked else ()
    return DeskDetail(
        title=shown_name(loan.book),
        subtitle=" · ".join(filter(None, (nfc(loan.book.author), loan.book.barcode))),
        icon=icons.BOOK,
        lines=(due(loan.due_on, loan.due_in_days, words), *marked, left),
        keys=(ActKey(words.text("Renew"), icons.RENEWED, Act.RENEW, weight=Weight.MAIN),),
        tone=Tone.ATTENTION if loan.overdue_days or loan.marked else Tone.PLAIN,
    )


def about_reader(reader: ReaderShown, words: Translator) -> DeskDetail:
    """What stands against lending, the library's note, and what to do next."""
    lines = [f"**{desk_reason(block, words)}**" for block in reader.blocks]
    if reader.note:
        lines.append(words.text("Note: {note}", note=nfc(reader.note)))
    lines += [
        words.text("“{title}” waits on the hold shelf.", title=shown_name(hold.book))
        for hold in reader.holds
        if hold.ready
    ]
    return DeskDetail(
        title=words.text("Scan the books"),
        subtitle=words.text("{name} may have {n} at once", name=nfc(reader.line.name), n=reader.limit),
        icon=icons.BARCODE,
        lines=tuple(lines),
        keys=(ActKey(words.text("Next reader"), icons.CARD, Act.NEXT_READER),),
        tone=Tone.ATTENTION if reader.blocks else Tone.PLAIN,
    )


def refused_detail(refused: AtDeskRefused, words: Translator) -> DeskDetail:
    """Every reason; what stays is said, and what may be set aside has its keys, one for each reason that is given."""
    lines = [desk_reason(block, words) for block in refused.blocks]
    keys: tuple[ActKey, ...] = ()
    asks = ""
    if any(isinstance(block, OnLoanToAnother) for block in refused.blocks):
        asks = words.text("It is recorded for another reader, but it is here.")
        keys = (ActKey(words.text("Return it, then lend it"), icons.TAKE_BACK, Act.RETURN_FIRST, weight=Weight.MAIN),)
    elif refused.stay:
        asks = words.text("Nobody at the desk can allow this one.")
    else:
        asks = words.text("Lend it all the same, for this reason:")
        if refused.renewing:
            asks = words.text("Renew it all the same, for this reason:")
        keys = tuple(
            ActKey(override_reason(reason, words), icons.DONE, Act.OVERRIDE, reason, Weight.AGAINST)
            for reason in OVERRIDE_REASONS
        )
    return DeskDetail(
        title=words.text("Not renewed just now") if refused.renewing else words.text("Not this book just now"),
        subtitle=shown_name(refused.book),
        icon=icons.NOT_YET,
        lines=tuple(lines),
        asks=asks,
        keys=keys,
        tone=Tone.ATTENTION,
    )


def override_reason(reason: str, words: Translator) -> str:
    match reason:
        case "teacher_asks":
            return words.text("a teacher asks for it")
        case "for_class":
            return words.text("it is needed in class")
        case "parents_know":
            return words.text("the parents know")
        case "record_is_wrong":
            return words.text("the record is wrong")
        case _:
            return reason
