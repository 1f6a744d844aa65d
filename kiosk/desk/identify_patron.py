"""Whose card this is, and whether anything can be borrowed with it."""

from __future__ import annotations

from kiosk.desk.asked import ended_late
from kiosk.desk.recording import Today, Tools
from kiosk.domain.circulation import patron_blocks
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import IdentifyPatron, ResolveCode
from kiosk.session.inputs import CodeResolved, PatronFound, PatronNotFound


def identify_patron(work: UnitOfWork, ask: IdentifyPatron, tools: Tools) -> PatronFound | PatronNotFound:
    patron = work.patron_by_card(ask.card)
    at = tools.clock.monotonic()
    if patron is None:
        return PatronNotFound(ask.visit, ask.request, at)
    today = Today.of(work, tools)
    rules = work.rules()
    loans = work.open_loans_of_patron(patron.id)
    limits = rules.limits_for(patron.category)
    return PatronFound(
        ask.visit,
        ask.request,
        patron.id,
        ask.card,
        patron.shown_name,
        len(loans),
        limits.total if limits else 0,
        patron_blocks(
            patron,
            loans,
            rules,
            today.day,
            ended_late=ended_late(work, patron, today),
            day_is_sure=today.is_sure,
        ),
        at,
        patron.staff,
    )


def resolve_code(work: UnitOfWork, ask: ResolveCode, tools: Tools) -> CodeResolved:
    return CodeResolved(
        ask.visit,
        ask.request,
        ask.text,
        known_card=work.patron_by_card(ask.text) is not None,
        known_item=work.item_by_barcode(ask.text if ask.as_item is None else ask.as_item) is not None,
        at=tools.clock.monotonic(),
        as_item=ask.as_item,
    )
