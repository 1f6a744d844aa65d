"""Whose card this is, and whether anything can be borrowed with it."""

from __future__ import annotations

from kiosk.desk.asked import ended_late
from kiosk.desk.recording import Today, Tools
from kiosk.domain.circulation import patron_blocks
from kiosk.domain.settings import CARD_PROOF
from kiosk.ports.desk_store import values_of
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
        *_proof(work, patron.id, ask),
    )


def _proof(work: UnitOfWork, patron_id: str, ask: IdentifyPatron) -> tuple[bool, bool]:
    """Whether the library wants a PIN beside this card, and whether there is one."""
    wanted = CARD_PROOF.value(values_of(work.settings()))
    if wanted != "pin" and not (wanted == "pin_on_camera" and ask.by_camera):
        return False, False
    pin = work.pin(patron_id)
    return True, pin is not None and pin.hash is not None


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
