"""What somebody of the staff should look at, and what is written down when they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from kiosk.desk.asked import unserved
from kiosk.desk.readers import line_of
from kiosk.desk.recording import Today, Tools, record, shown
from kiosk.domain.disputes import DisputeRecord, Version
from kiosk.domain.model import Hold, Item, Loan, Patron
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.domain.school_lists import place_in_list, words
from kiosk.ports.desk_store import ToCheckRecord
from kiosk.ports.store import ToCheck, UnitOfWork
from kiosk.session.desk_states import (
    BY_ITSELF,
    Act,
    CheckLine,
    Counts,
    DisputeLine,
    OverdueLine,
    ShelveLine,
    UnsentLine,
    VersionShown,
    Work,
    WorkLine,
)
from kiosk.session.effects import CountWork, ListWork, TickOff
from kiosk.session.inputs import DeskActDone, WorkCounted, WorkListed
from kiosk.session.notices import BookShown

_TOLD_FOR_MS = 7 * 86_400_000
"""So long it is told that a settlement asked for here was declined, because somebody else was first."""


def count_work(work: UnitOfWork, ask: CountWork, tools: Tools) -> WorkCounted:
    today = Today.of(work, tools)
    listed = work.to_check()
    calls = sum(one.why is ToCheck.HELP for one in listed)
    lengths = {
        Work.DISPUTES: sum(_is_to_settle(line) for line in _disputes(work, today)),
        Work.TO_CHECK: len(listed) - calls,
        Work.OVERDUE: len(_overdue(work, today)),
        Work.TO_SHELVE: sum(1 for _ in _to_shelve(work, today)),
        Work.HELP: calls,
        Work.UNSENT: sum(one.count for one in work.unsent()),
    }
    day = work.counts_of(today.day)
    counts = Counts(day.lent, day.returned, day.readers, lengths)
    return WorkCounted(ask.visit, ask.request, counts, tools.clock.monotonic())


def list_work(work: UnitOfWork, ask: ListWork, tools: Tools) -> WorkListed:
    lines = tuple(_lines(work, ask.work, Today.of(work, tools)))
    return WorkListed(ask.visit, ask.request, ask.work, lines, tools.clock.monotonic())


def tick_off(work: UnitOfWork, ask: TickOff, tools: Tools) -> DeskActDone:
    match ask.act:
        case Act.CHECKED:
            well = _checked(work, ask, tools)
        case Act.SHELVED:
            well = _shelved(work, ask, tools)
        case _:
            well = False
    if well:
        work.commit()
    return DeskActDone(ask.visit, ask.request, ask.act, well, tools.clock.monotonic())


def _checked(work: UnitOfWork, ask: TickOff, tools: Tools) -> bool:
    line = next((one for one in work.to_check() if str(one.place) == ask.id), None)
    if line is None or not work.checked(line.place):
        return False
    data = {"operation": {"epoch": line.id.epoch, "seq": line.id.seq}, "why": line.why}
    moment = Today.of(work, tools).moment
    record(work, tools, moment, OperationKind.CHECKED, data, patron_id=None, by=ask.by)
    return True


def _shelved(work: UnitOfWork, ask: TickOff, tools: Tools) -> bool:
    """Which copy it is has to be known: the shelf is for this very book."""
    item = work.item_by_barcode(ask.barcode)
    if item is None or work.open_loans_of_item(item.id):
        return False
    today = Today.of(work, tools)
    hold = next(
        (one for one in _to_shelve(work, today) if one.title_id == item.title_id and ask.id in ("", one.id)), None
    )
    if hold is None:
        return False
    work.shelve_hold(hold.id, today.day)
    record(
        work,
        tools,
        today.moment,
        OperationKind.HOLD_SHELVED,
        {"hold": hold.id, "barcode": item.barcode, "day": today.day.isoformat()},
        patron_id=hold.patron_id,
        barcode=item.barcode,
        by=ask.by,
    )
    return True


# ---- the lists


def _lines(work: UnitOfWork, which: Work, today: Today) -> Iterator[WorkLine]:
    match which:
        case Work.DISPUTES:
            yield from _disputes(work, today)
        case Work.TO_CHECK:
            yield from (_check_line(work, one) for one in work.to_check() if one.why is not ToCheck.HELP)
        case Work.HELP:
            yield from (_check_line(work, one) for one in work.to_check() if one.why is ToCheck.HELP)
        case Work.OVERDUE:
            lines = [_overdue_line(work, loan, patron, today) for loan, patron in _overdue(work, today)]
            yield from sorted(lines, key=_by_class)
        case Work.TO_SHELVE:
            yield from (line for hold in _to_shelve(work, today) if (line := _shelve_line(work, hold)))
        case Work.UNSENT:
            for one in work.unsent():
                yield UnsentLine(f"{one.kind}{'!' * one.set_aside}", one.kind, one.count, one.set_aside)


def _check_line(work: UnitOfWork, one: ToCheckRecord) -> CheckLine:
    patron = _patron_of(work, one.loans)
    reader = line_of(patron) if patron else None
    return CheckLine(str(one.place), one.id, one.why, _book(work, one.barcode), reader, one.wall_ms)


def _overdue(work: UnitOfWork, today: Today) -> Sequence[tuple[Loan, Patron]]:
    """On a day that nobody vouches for, nobody is late."""
    loans = work.overdue_loans(today.day) if today.is_sure else ()
    return [(loan, patron) for loan in loans if loan.patron_id and (patron := work.patron(loan.patron_id))]


def _by_class(line: OverdueLine) -> tuple[Any, ...]:
    """Each class together, in the order of a school's lists; who is of no class comes last."""
    class_name = line.reader.class_name
    place, *by_name = place_in_list(words(line.reader.name), class_name)
    return not class_name, place, class_name, *by_name, line.due_on


def _overdue_line(work: UnitOfWork, loan: Loan, patron: Patron, today: Today) -> OverdueLine:
    book = _shown(work.item(loan.item_id))
    return OverdueLine(loan.id, line_of(patron), book, loan.due_on, (today.day - loan.due_on).days)


def _to_shelve(work: UnitOfWork, today: Today) -> Iterator[Hold]:
    """As many of a queue as there are copies of the title in the library, but for those whose book stands there."""
    for title_id, queue in groupby(work.waiting_holds(), lambda hold: hold.title_id):
        first = unserved(work, list(queue), today)[: work.free_copies(title_id)]
        yield from (hold for hold in first if hold.shelved_on is None)


def _shelve_line(work: UnitOfWork, hold: Hold) -> ShelveLine | None:
    patron, title = work.patron(hold.patron_id), work.title(hold.title_id)
    book = BookShown("", title.id, title.name, title.author) if title else _shown(None)
    return ShelveLine(hold.id, line_of(patron), book, hold.shelf) if patron else None


# ---- disputes


def _disputes(work: UnitOfWork, today: Today) -> Iterator[DisputeLine]:
    """All that are open; and those that somebody else has settled, while a settlement of ours was on its way."""
    asked: dict[str, RequestRecord] = {}
    for record_ in work.requests_of_nobody(OperationKind.SETTLEMENT):
        if record_.here:
            asked.setdefault(record_.subject, record_)  # the newest
    since = max(today.moment.wall_ms, work.time_floor_ms()) - _TOLD_FOR_MS
    for dispute in work.open_disputes():
        yield _dispute_line(work, dispute, asked.get(dispute.id))
    for one in asked.values():
        if one.state is RequestState.DECLINED and one.asked_ms > since:
            settled = work.dispute(one.subject)
            if settled is not None and not settled.is_open:
                yield _dispute_line(work, settled, one)


def _is_to_settle(line: DisputeLine) -> bool:
    return not line.settled and line.asked is not RequestState.WAITING


def _dispute_line(work: UnitOfWork, dispute: DisputeRecord, asked: RequestRecord | None) -> DisputeLine:
    versions = [one for one in (dispute.came, dispute.held) if one]
    barcode = next((one.barcode for one in versions if one.barcode), None)
    return DisputeLine(
        dispute.id,
        dispute.reason,
        _book(work, barcode) if barcode else None,
        _version(work, dispute.held),
        _version(work, dispute.came),
        dispute.ways,
        dispute.opened_ms,
        asked.state if asked else None,
        "" if dispute.is_open else dispute.way or BY_ITSELF,
    )


def _version(work: UnitOfWork, version: Version | None) -> VersionShown | None:
    if version is None:
        return None
    patron = _patron_of(work, version.loans)
    is_here = version.device == work.origin.device_id
    name = patron.shown_name if patron else ""
    return VersionShown(is_here, version.device, version.kind, name, version.at_ms)


def _patron_of(work: UnitOfWork, loans: Sequence[str]) -> Patron | None:
    """Who had the book, as long as that is known here."""
    loan = work.loan(loans[0]) if loans else None
    return work.patron(loan.patron_id) if loan and loan.patron_id else None


def _book(work: UnitOfWork, barcode: str) -> BookShown:
    item = work.item_by_barcode(barcode) if barcode else None
    return shown(item) if item else BookShown(barcode, "", "", "")


def _shown(item: Item | None) -> BookShown:
    return shown(item) if item else BookShown("", "", "", "")
