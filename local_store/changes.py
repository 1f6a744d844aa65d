"""What the centre tells, into the tables: in bulk, in any order, as often as it comes."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import assert_never

from sqlalchemy import bindparam, case, delete, func, select, text
from sqlalchemy.dialects import sqlite

from kiosk.domain.disputes import DisputeRecord
from kiosk.domain.due_dates import Calendar
from kiosk.domain.ids import erased_mark
from kiosk.domain.loan_policy import CirculationRules
from kiosk.domain.model import Hold
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import (
    Change,
    Gone,
    HoldRecord,
    ItemRecord,
    LoanRecord,
    PatronRecord,
    SettingTold,
    TitleRecord,
    Unread,
)
from local_store import documents, erasing, told_loans
from local_store.card_tags import CardTags
from local_store.disputes import dispute_row
from local_store.prepared import Database, Prepared
from local_store.shapes import upsert
from local_store.tables import card_tag, dispute, document, hold, item, patron, pin, request, setting, title

log = logging.getLogger(__name__)

_Row = dict[str, object]


_PUT_TITLE = upsert(title, "id")
_PUT_ITEM = upsert(item, "id")
_PUT_PATRON = upsert(patron, "id")
PUT_HOLD = upsert(hold, "id")
_PUT_SETTING = upsert(setting, "name")
_PUT_DOCUMENT = upsert(document, "kind")
_PUT_CARD = upsert(card_tag, "tag")
# The cards that a patron has no more; `tags` is a JSON list of those that stay.
_DROP_OTHER_CARDS = Prepared(
    delete(card_tag).where(
        card_tag.c.patron_id == bindparam("patron_id"),
        card_tag.c.tag.not_in(select(text("value")).select_from(func.json_each(bindparam("tags")))),
    )
)
_DROP = {
    table.name: Prepared(delete(table).where(table.c.id == bindparam("id")))
    for table in (title, item, patron, hold, request)
}
_DROP["setting"] = Prepared(delete(setting).where(setting.c.name == bindparam("id")))
_DROP_PIN = Prepared(delete(pin).where(pin.c.patron_id == bindparam("id")))
_asked = sqlite.insert(request).excluded
_PUT_REQUEST = upsert(
    request,
    "id",
    answered_after=case((_asked.state == request.c.state, request.c.answered_after), else_=_asked.answered_after),
    here=func.max(request.c.here, _asked.here),  # which the centre does not tell
)
_PUT_DISPUTE = upsert(dispute, "id")
# What the staff have asked for here and the centre has not answered; "state = 'waiting'" as the partial index has it.
_ASKED_HERE = Prepared(
    select(request.c.id, request.c.kind, request.c.patron_id, request.c.subject).where(
        text("state = 'waiting'"), text("kind IN ('card_block', 'patron_block', 'patron_note', 'item_status')")
    )
)
_HERE = {
    (kind, column.name): Prepared(select(column).where(column.table.c.id == bindparam("id")))
    for kind, column in (
        (OperationKind.PATRON_BLOCK, patron.c.blocked),
        (OperationKind.PATRON_BLOCK, patron.c.suspended_until),
        (OperationKind.PATRON_BLOCK, patron.c.lifted_on),
        (OperationKind.PATRON_NOTE, patron.c.note),
        (OperationKind.ITEM_STATUS, item.c.status),
    )
}


def apply_changes(database: Database, changes: Sequence[Change], after: int, numbered_from: int = 0) -> bool:
    """Writes `changes`; what is said of a loan about which this station still has something to tell is held back.

    `after`: the last trusted day that has begun. Of several changes to one thing the last counts. `numbered_from` is
    added to their numbers. Returns whether anything is among them that local_store.documents keeps parsed.
    """
    latest: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = key_of(change)
        latest.pop(key, None)  # so that the order is that of the last mention: a card goes to whom it was given last
        latest[key] = change
    titles: list[_Row] = []
    items: list[_Row] = []
    patrons: list[_Row] = []
    card_lists: list[_Row] = []
    cards: list[_Row] = []
    loans: list[_Row] = []
    holds: list[_Row] = []
    requests: list[_Row] = []
    disputes: list[_Row] = []
    settings: list[_Row] = []
    gone: list[Gone] = []
    rules: CirculationRules | None = None
    calendar: Calendar | None = None
    tags: CardTags | None = None
    for (_, thing), change in latest.items():
        match change:
            case TitleRecord():
                titles.append(asdict(change))
            case ItemRecord():
                items.append(asdict(change) | {"in_house_only": int(change.in_house_only)})
            case PatronRecord():
                patrons.append(_patron_row(change))
                tags = tags or CardTags(database)
                theirs = [tags.of(number) for number in change.cards]
                card_lists.append({"patron_id": thing, "tags": json.dumps(theirs)})
                cards += ({"tag": tag, "patron_id": thing} for tag in theirs)
            case LoanRecord():
                numbered = {"as_of": numbered_from + change.number}
                loans.append(_loan_row(change, after) | numbered | {"says_how_sure": int(change.says_how_sure)})
            case HoldRecord(hold, placed_ms):
                holds.append(hold_row(hold, placed_ms))
            case RequestRecord():
                requests.append(
                    asdict(change)
                    | {"answered_after": None if change.state is RequestState.WAITING else after}
                    | {"here": int(change.here)}
                )
            case DisputeRecord():
                disputes.append(dispute_row(change))
            case SettingTold(name, value, fixed):  # it takes the place of what was chosen here
                settings.append({"name": name, "told": value, "fixed": int(fixed), "here": None})
            case Gone():
                gone.append(change)
            case Unread():
                pass  # as it was known so far is nearer to the truth than nothing
            case CirculationRules():
                rules = change
            case Calendar():
                calendar = change
            case _:
                assert_never(change)

    if patrons or items:
        asked = _asked_here(database, latest)
        _keep_here(database, asked, [(row["id"], row) for row in patrons])
        _keep_here(database, asked, [(row["barcode"], row) for row in items])
        lost = {id_ for kind, id_ in asked if kind == OperationKind.CARD_BLOCK}
        card_lists, cards = ([row for row in rows if row["patron_id"] not in lost] for rows in (card_lists, cards))
    for drop in gone:
        if drop.kind == "loan":
            told_loans.drop_loan(database, drop.id, numbered_from + drop.number)
        else:
            _drop(database, drop, card_lists)
    told_loans.put_loans(database, loans)
    for statement, rows in (
        (_PUT_TITLE, titles),
        (_PUT_ITEM, items),
        (_PUT_PATRON, patrons),
        (_DROP_OTHER_CARDS, card_lists),
        (_PUT_CARD, cards),
        (PUT_HOLD, holds),
        (_PUT_REQUEST, requests),
        (_PUT_DISPUTE, disputes),
        (_PUT_SETTING, settings),
    ):
        if rows:
            database.run_each(statement, rows)
    if rules is not None:
        database.run(_PUT_DOCUMENT, kind=documents.CIRCULATION, body=documents.rules_text(rules))
    if calendar is not None:
        database.run(_PUT_DOCUMENT, kind=documents.CALENDAR, body=documents.calendar_text(calendar))
    return any((rules, calendar, settings, *(drop.kind == "setting" for drop in gone)))


def _asked_here(database: Database, latest: Mapping[tuple[str, str], Change]) -> frozenset[tuple[str, str]]:
    """Kind and patron or barcode of what holds here already, and what the centre tells may be from before it heard of
    it: all that waits, but for what these changes answer."""
    return frozenset(
        (kind, patron_id or subject)
        for id_, kind, patron_id, subject in database.rows(_ASKED_HERE)
        if not _is_answer(latest.get(("request", id_)))
    )


def _is_answer(change: Change | None) -> bool:
    return change is not None and not (isinstance(change, RequestRecord) and change.state is RequestState.WAITING)


def _keep_here(database: Database, asked: Collection[tuple[str, str]], rows: Sequence[tuple[object, _Row]]) -> None:
    for (kind, column), statement in _HERE.items():
        for about, row in rows:
            if (kind, about) in asked and (here := database.row(statement, id=row["id"])):
                row[column] = here[0]


def key_of(change: Change) -> tuple[str, str]:
    """Kind and id of what a change is about."""
    match change:
        case TitleRecord():
            return "title", change.id
        case ItemRecord():
            return "item", change.id
        case PatronRecord():
            return "patron", change.patron.id
        case LoanRecord():
            return "loan", change.loan.id
        case HoldRecord():
            return "hold", change.hold.id
        case RequestRecord():
            return "request", change.id
        case DisputeRecord():
            return "dispute", change.id
        case SettingTold():
            return "setting", change.name
        case Gone() | Unread():
            return change.kind, change.id
        case CirculationRules():
            return documents.CIRCULATION, ""
        case Calendar():
            return documents.CALENDAR, ""
        case _:
            assert_never(change)


def _drop(database: Database, gone: Gone, card_lists: list[_Row]) -> None:
    if gone.kind in ("patron", "erased_reader"):
        # Whatever else names them is found later, in small steps: the outbox may be long.
        database.run(erasing.PUT_TO_ERASE, mark=gone.id if gone.kind == "erased_reader" else erased_mark(gone.id))
        if gone.kind == "erased_reader":
            return
    statement = _DROP.get(gone.kind)
    if statement is None:
        log.warning("the centre ended a thing of an unknown kind %r", gone.kind)
        return
    database.run(statement, id=gone.id)
    if gone.kind == "patron":
        database.run(_DROP_PIN, id=gone.id)
        card_lists.append({"patron_id": gone.id, "tags": "[]"})


def hold_row(hold: Hold, placed_ms: int) -> _Row:
    return {
        "id": hold.id,
        "title_id": hold.title_id,
        "patron_id": hold.patron_id,
        "shelf": hold.shelf,
        "placed_ms": placed_ms,
        "shelved_on": _day(hold.shelved_on),
    }


def _patron_row(record: PatronRecord) -> _Row:
    patron = record.patron
    return {
        "id": patron.id,
        "shown_name": patron.shown_name,
        "class_name": patron.class_name,
        "category": patron.category,
        "valid_until": _day(patron.valid_until),
        "blocked": int(patron.blocked),
        "suspended_until": _day(patron.suspended_until),
        "note": patron.note or None,
        "staff_id": patron.staff.id if patron.staff else None,
        "staff_role": patron.staff.role.value if patron.staff else None,
        "lifted_on": _day(patron.lifted_on),
    }


def _loan_row(record: LoanRecord, after: int) -> _Row:
    loan = record.loan
    return {
        "id": loan.id,
        "item_id": loan.item_id,
        "patron_id": loan.patron_id,
        "lent_on": loan.lent_on.isoformat(),
        "due_on": loan.due_on.isoformat(),
        "returned_on": None,
        "renewed_on": None,
        "renewals": loan.renewals,
        "provisional": int(loan.provisional),
        "open": int(record.open),
        "ended_after": None if record.open else after,
        "to_tell": 0,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
