"""Tra bạn đọc, tra sách: a reader or a title, looked up: no more than the desk needs."""

from __future__ import annotations

from kiosk.desk.asked import ended_late
from kiosk.desk.list_books import list_books
from kiosk.desk.recording import Today, Tools, shown
from kiosk.domain.circulation import patron_blocks
from kiosk.domain.model import Item, Patron, marked
from kiosk.ports.central import TitleRecord
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import ItemShown, ReaderLine, ReaderShown, TitleShown
from kiosk.session.effects import FindReaders, ListBooks, OpenBook, OpenReader, OpenTitle
from kiosk.session.inputs import BookOpened, ReaderOpened, ReadersFound
from kiosk.session.notices import BookShown

MOST_FOUND = 20
"""Whoever looks through more had better type another letter."""


def find_readers(work: UnitOfWork, ask: FindReaders, tools: Tools) -> ReadersFound:
    found = work.find_patrons(ask.text, MOST_FOUND + 1)
    lines = tuple(line_of(patron) for patron in found[:MOST_FOUND])
    of_titles = work.find_titles(ask.text, MOST_FOUND + 1) if ask.titles else ()
    titles = tuple(_title_shown(title) for title in of_titles[:MOST_FOUND])
    more = max(len(found), len(of_titles)) > MOST_FOUND
    return ReadersFound(ask.visit, ask.request, ask.text, lines, more, tools.clock.monotonic(), titles)


def open_reader(work: UnitOfWork, ask: OpenReader, tools: Tools) -> ReaderOpened:
    patron = work.patron(ask.patron_id) if ask.patron_id is not None else None
    if ask.card is not None:
        patron = work.patron_by_card(ask.card)
    reader = _shown(work, patron, ask, tools) if patron else None
    return ReaderOpened(ask.visit, ask.request, reader, tools.clock.monotonic())


def open_book(work: UnitOfWork, ask: OpenBook, tools: Tools) -> BookOpened:
    item = work.item_by_barcode(ask.barcode)
    lent = work.open_loans_of_item(item.id) if item else ()
    patron_id = lent[0].patron_id if lent else None
    patron = work.patron(patron_id) if patron_id else None
    book, reader = shown(item) if item else None, line_of(patron) if patron else None
    return BookOpened(ask.visit, ask.request, book, reader, tools.clock.monotonic())


def open_title(work: UnitOfWork, ask: OpenTitle, tools: Tools) -> TitleOpened:
    title, items = work.title(ask.title_id), work.items_of_title(ask.title_id)
    shown_title = None
    if title is not None or items:  # a copy may be here before its title has come
        shown_title = TitleShown(
            _title_shown(title) if title else BookShown("", ask.title_id, "", ""),
            title.shelf if title else "",
            title.call_number if title else "",
            tuple(_item_shown(work, item, is_lent=is_lent) for item, is_lent in items),
        )
    return TitleOpened(ask.visit, ask.request, shown_title, tools.clock.monotonic(), ask.chosen)


def _title_shown(title: TitleRecord) -> BookShown:
    return BookShown("", title.id, title.name, title.author)


def _item_shown(work: UnitOfWork, item: Item, *, is_lent: bool) -> ItemShown:
    of_type = [policy for (_, what), policy in work.rules().policies.items() if what == item.item_type]
    stays = item.in_house_only or (bool(of_type) and all(policy.in_house_only for policy in of_type))
    return ItemShown(item.barcode, is_lent, marked(item.status), stays)


def line_of(patron: Patron) -> ReaderLine:
    return ReaderLine(patron.id, patron.shown_name, patron.class_name)


def _shown(work: UnitOfWork, patron: Patron, ask: OpenReader, tools: Tools) -> ReaderShown:
    today, rules = Today.of(work, tools), work.rules()
    loans, limits, pin = work.open_loans_of_patron(patron.id), rules.limits_for(patron.category), work.pin(patron.id)
    books = list_books(work, ListBooks(ask.visit, ask.request, patron.id), tools)
    return ReaderShown(
        line_of(patron),
        patron.category,
        limits.total if limits else 0,
        books.loans,
        books.holds,
        patron_blocks(
            patron, loans, rules, today.day, ended_late=ended_late(work, patron, today), day_is_sure=today.is_sure
        ),
        patron.blocked,
        patron.valid_until,
        patron.note,
        has_pin=pin is not None and pin.hash is not None,
        of_staff=patron.staff is not None,
    )
