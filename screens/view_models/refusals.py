"""A book that is not lent, and a card that cannot borrow now: every reason at once."""

from __future__ import annotations

from typing import Final

from kiosk.domain import blocks as b
from kiosk.i18n import Translator
from kiosk.session.notices import BookShown, CardHasBlocks, NotLent
from kiosk.session.states import Borrowing, Doing
from screens.view_models import icons, keys
from screens.view_models.blocks import reason_for
from screens.view_models.message import Message
from screens.view_models.rows import lent_in
from screens.view_models.views import Key

MOST_LINES: Final = 5

_ENOUGH: Final = (b.TooManyLoans, b.TooManyOfType, b.TooManyToday)
_MORE_TIME: Final = (b.NoMoreRenewals, b.RenewedTooSoon, b.LoanOverdue)
_NOTHING_MORE: Final = (b.PatronBlocked, b.CardExpired, b.Suspended, b.OverdueLoans, b.TooManyLoans, b.TooManyToday)
"""With one of these no other book can be borrowed either, so the way on is to finish."""


def card_has_blocks(notice: CardHasBlocks, doing: Doing, words: Translator) -> Message:
    art, title, lines = _reasons(notice.blocks, None, words.text("Not with this card just now"), words)
    return Message(
        art=art,
        eyebrow=words.text("Not just now"),
        eyebrow_icon=icons.CARD,
        title=title,
        lines=lines,
        left=keys.call_librarian(words),
        main=_way_on_with_the_card(notice, doing, words),
    )


def _way_on_with_the_card(notice: CardHasBlocks, doing: Doing, words: Translator) -> Key:
    if not isinstance(doing, Borrowing):
        return keys.understood(words)
    if any(isinstance(block, b.OverdueLoans) for block in notice.blocks):
        return keys.my_books(words)  # which ones are late
    return keys.done(lent_in(doing.rows), words)


def not_lent(notice: NotLent, doing: Doing, words: Translator) -> Message:
    blocks = notice.blocks
    renewing = any(isinstance(block, _MORE_TIME) for block in blocks)
    several = words.text("Not renewed just now") if renewing else words.text("Not this book just now")
    art, title, lines = _reasons(blocks, notice.book, several, words)
    if renewing:
        eyebrow = words.text("Not renewed this time")
    elif any(isinstance(block, _ENOUGH) for block in blocks):
        eyebrow = words.text("No more just now")
    else:
        eyebrow = words.text("Not just now")
    return Message(
        art=art,
        eyebrow=eyebrow,
        eyebrow_icon=icons.NOT_YET,
        title=title,
        lines=lines,
        left=_way_out(blocks, words),
        main=_way_on(blocks, doing, words),
    )


def _way_out(blocks: tuple[b.Block, ...], words: Translator) -> Key:
    """An offer can be declined; everything else is a reason to ask somebody."""
    return keys.not_now(words) if blocks == (b.OnLoanToAnother(),) else keys.call_librarian(words)


def _way_on(blocks: tuple[b.Block, ...], doing: Doing, words: Translator) -> Key:
    if blocks == (b.OnLoanToAnother(),):
        return keys.return_this(words)
    if isinstance(doing, Borrowing) and any(isinstance(block, _NOTHING_MORE) for block in blocks):
        return keys.done(lent_in(doing.rows), words)
    return keys.scan_on(words)


def _reasons(
    blocks: tuple[b.Block, ...], book: BookShown | None, several: str, words: Translator
) -> tuple[str, str, tuple[str, ...]]:
    """Art, title and lines. `several`: the title when there is more than one reason."""
    said = blocks or (b.NoPolicy(),)
    if any(isinstance(block, b.TooManyLoans) for block in said):  # then another kind of book is no way on
        said = tuple(block for block in said if not isinstance(block, b.TooManyOfType))
    reasons = [reason_for(block, book, words) for block in said]
    if len(reasons) == 1:
        return reasons[0].art, reasons[0].title, reasons[0].lines
    shown = len(reasons) if len(reasons) <= MOST_LINES else MOST_LINES - 1
    lines = [reason.in_short for reason in reasons[:shown]]
    left_out = len(reasons) - shown
    if left_out:
        lines.append(
            words.plural(
                "and {n} more reason, please ask the librarian",
                "and {n} more reasons, please ask the librarian",
                left_out,
            )
        )
    return reasons[0].art, several, tuple(lines)
