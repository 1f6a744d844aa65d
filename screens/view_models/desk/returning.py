"""Trả giúp."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.i18n import Translator
from kiosk.session.desk_states import TakingBack
from screens.view_models.desk.books import problem_detail, row_detail, row_line
from screens.view_models.views import DeskBar, DeskListView

Bar = Callable[[str], DeskBar]


def returning_view(page: TakingBack, bar: Bar, words: Translator) -> DeskListView:
    chosen = next((row for row in page.rows if row.book.barcode == page.chosen), None)
    detail = row_detail(chosen, words) if chosen else None
    if page.problem is not None:
        detail = problem_detail(page.problem, words)
    count = len(page.rows)
    return DeskListView(
        bar=bar(words.text("Return for readers")),
        heading=words.plural("{n} book returned", "{n} books returned", count) if count else "",
        lines=tuple(row_line(row, page.chosen, words, newest=not n) for n, row in enumerate(page.rows)),
        empty=words.text("Scan the books one after another. No card is needed."),
        detail=detail,
    )
