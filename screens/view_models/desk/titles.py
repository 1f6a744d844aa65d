"""Tra sách: what the library has of one title."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.domain.model import ItemStatus
from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, AtTitle, ItemShown, TitleShown
from kiosk.session.supervised.titles import chosen_of
from screens.view_models import icons
from screens.view_models.covers import nfc, title_in_sentence
from screens.view_models.desk.books import mark_keys, marked_as, problem_detail
from screens.view_models.views import ActKey, DeskBar, DeskDetail, DeskLine, DeskListView, Tone, Weight

Bar = Callable[[str], DeskBar]


def title_view(page: AtTitle, bar: Bar, words: Translator) -> DeskListView:
    items = page.title.items
    return DeskListView(
        bar=bar(title_in_sentence(page.title.book) or _named(page.title, words)),
        heading=words.plural("{n} copy in the library", "{n} copies in the library", len(items)) if items else "",
        lines=tuple(_line(item, page.chosen, words) for item in items),
        empty=words.text("The library has no copy of it."),
        empty_icon=icons.BOOKS,
        detail=_detail(page, words) if items else None,
    )


def _named(title: TitleShown, words: Translator) -> str:
    return nfc(title.book.name) or words.text("a book without a title")


def _line(item: ItemShown, chosen: str | None, words: Translator) -> DeskLine:
    return DeskLine(
        id=item.barcode,
        icon=icons.WARNING if item.marked else icons.BOOK,
        title=nfc(item.barcode),
        text=_state(item, words),
        tone=Tone.ATTENTION if item.marked else Tone.PLAIN,
        chosen=item.barcode == chosen,
    )


def _state(item: ItemShown, words: Translator) -> str:
    said = [marked_as(item.marked, words)] if item.marked else []
    if item.is_lent:
        said.append(words.text("on loan"))
    elif item.in_house_only and not item.marked:
        said.append(words.text("is read in the library"))
    return " · ".join(said) or words.text("can be lent")


def _detail(page: AtTitle, words: Translator) -> DeskDetail:
    if page.problem is not None:
        return problem_detail(page.problem, words)
    title, item = page.title, chosen_of(page)
    place = " · ".join(filter(None, (nfc(title.shelf), nfc(title.call_number))))
    shelf = words.text("Its place: {shelf}", shelf=place) if place else ""
    if item is None:
        lines = (shelf, words.text("Touch the copy that you mean."))
        return DeskDetail(_named(title, words), nfc(title.book.author), icons.BOOKS, lines=_said(*lines))
    state = _state(item, words)
    return DeskDetail(
        title=_named(title, words),
        subtitle=" · ".join(filter(None, (nfc(title.book.author), nfc(item.barcode)))),
        icon=icons.BOOK,
        lines=_said(f"**{state}**" if item.marked else state, shelf),
        keys=tuple(_keys(item, words)),
        tone=Tone.ATTENTION if item.marked else Tone.PLAIN,
    )


def _said(*lines: str) -> tuple[str, ...]:
    return tuple(filter(None, lines))


def _keys(item: ItemShown, words: Translator) -> list[ActKey]:
    """What may be said of a copy; who has it is another page, and another touch."""
    keys = [ActKey(words.text("See the reader"), icons.CARD, Act.OPEN_READER)] if item.is_lent else []
    if not item.marked:
        lost = words.text("The book is lost")
        keys.append(ActKey(lost, icons.WARNING, Act.MARK, ItemStatus.LOST.value, Weight.AGAINST))
    if item.marked or not item.is_lent:  # damaged: by whoever has it in the hand
        keys += mark_keys(item.marked, words)
    return keys
