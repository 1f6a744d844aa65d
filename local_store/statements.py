"""What a unit of work asks and writes, and what several topics share; a topic of its own keeps its own. Every statement
is compiled once. Parameters carry the names of the columns where they can."""

from __future__ import annotations

from sqlalchemy import Integer, Select, bindparam, exists, func, insert, literal_column, select, text, update
from sqlalchemy.dialects import sqlite

from local_store.prepared import Prepared
from local_store.shapes import upsert
from local_store.tables import (
    card_tag,
    dispute,
    hold,
    item,
    loan,
    meta,
    patron,
    request,
    title,
    to_check,
    visit,
)

# Literals where an index is partial: SQLite chooses it only when the query says the same words.
OPEN = text("loan.open = 1")
ALL_TOLD = "loan.to_tell = 0"
FOR_A_PERSON = text("outbox.state IN ('disputed', 'set_aside')")
PENDING = text("outbox.state = 'pending'")
SET_ASIDE = FOR_A_PERSON, text("outbox.state = 'set_aside'")
SURE = text("loan.provisional = 0")

# meta
META = Prepared(select(meta.c.value).where(meta.c.key == bindparam("key")))
PUT_META = upsert(meta, "key")
_probe = sqlite.insert(meta).values(key=text("'probe'"), value=text("'0'"))
PROBE = Prepared(  # never the same twice: SQLite writes nothing for a row that stays as it was
    _probe.on_conflict_do_update(index_elements=["key"], set_={"value": text("CAST(1 - meta.value AS TEXT)")})
)

# what the library is
A_PATRON: Select[tuple[object, ...]] = select(
    patron.c.id,
    patron.c.shown_name,
    patron.c.class_name,
    patron.c.category,
    patron.c.valid_until,
    patron.c.blocked,
    patron.c.suspended_until,
    patron.c.note,
    patron.c.staff_id,
    patron.c.staff_role,
    patron.c.lifted_on,
)
PATRON = Prepared(A_PATRON.where(patron.c.id == bindparam("id")))
PATRON_BY_TAG = Prepared(
    A_PATRON.join(card_tag, card_tag.c.patron_id == patron.c.id).where(card_tag.c.tag == bindparam("tag"))
)
AN_ITEM: Select[tuple[object, ...]] = select(
    item.c.id,
    item.c.title_id,
    item.c.barcode,
    item.c.item_type,
    item.c.status,
    # A book whose title has not come yet can be lent all the same.
    func.coalesce(title.c.name, literal_column("''")),
    func.coalesce(title.c.author, literal_column("''")),
    func.coalesce(title.c.shelf, literal_column("''")),
    item.c.in_house_only,
).outerjoin(title, title.c.id == item.c.title_id)
ITEM_BY_BARCODE = Prepared(AN_ITEM.where(item.c.barcode == bindparam("barcode")).order_by(item.c.id))
ITEM = Prepared(AN_ITEM.where(item.c.id == bindparam("id")))
TITLE = Prepared(select(*title.c).where(title.c.id == bindparam("id")))
FREE_COPIES = Prepared(
    select(func.count())
    .select_from(item)
    .where(item.c.title_id == bindparam("title_id"), item.c.status == text("'available'"))
    .where(item.c.in_house_only == text("0"))
    .where(~exists().where(loan.c.item_id == item.c.id, OPEN))
)
HOLDS = select(hold.c.id, hold.c.title_id, hold.c.patron_id, hold.c.shelf, hold.c.shelved_on)
_HOLDS = HOLDS.order_by(hold.c.placed_ms, hold.c.id)
HOLDS_ON_TITLE = Prepared(_HOLDS.where(hold.c.title_id == bindparam("title_id")))
# Without an index: a school has some hundred holds, none of them past, and each would be written there too.
HOLDS_OF_PATRON = Prepared(_HOLDS.where(hold.c.patron_id == bindparam("patron_id")))

# loans
LOANS: Select[tuple[object, ...]] = select(
    loan.c.id,
    loan.c.item_id,
    loan.c.patron_id,
    loan.c.lent_on,
    loan.c.due_on,
    loan.c.renewals,
    func.coalesce(item.c.item_type, literal_column("''")),
    loan.c.provisional,
).outerjoin(item, item.c.id == loan.c.item_id)
LOAN = Prepared(LOANS.where(loan.c.id == bindparam("id")))
OPEN_LOANS_OF_PATRON = Prepared(
    LOANS.where(OPEN, loan.c.patron_id == bindparam("patron_id")).order_by(loan.c.lent_on, loan.c.id)
)
OPEN_LOANS_OF_ITEM = Prepared(
    LOANS.where(OPEN, loan.c.item_id == bindparam("item_id")).order_by(loan.c.lent_on.desc(), loan.c.id.desc())
)
RENEWED_ON = Prepared(select(loan.c.renewed_on).where(loan.c.id == bindparam("id")))
ADD_LOAN = Prepared(insert(loan))
REPLACE_LOAN = Prepared(insert(loan).prefix_with("OR REPLACE"))
END_LOAN = Prepared(
    update(loan)
    .where(OPEN, loan.c.id == bindparam("loan_id"))
    .values(open=text("0"), returned_on=bindparam("on"), ended_after=bindparam("after"))
)
REOPEN_LOAN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(open=text("1"), returned_on=text("NULL"), ended_after=text("NULL"))
)
EXTEND_LOAN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(
        due_on=bindparam("to_due_on"),
        renewals=bindparam("to_renewals"),
        renewed_on=bindparam("on"),
        provisional=bindparam("is_provisional"),
    )
)

# requests and visits
REQUESTS_OF_PATRON = Prepared(
    select(*(column for column in request.c if column.name != "answered_after"))
    .where(request.c.patron_id == bindparam("patron_id"))
    .order_by(request.c.asked_ms.desc(), request.c.id.desc())
)
REQUESTS_OF_NOBODY = Prepared(
    select(*(column for column in request.c if column.name != "answered_after"))
    .where(text("patron_id IS NULL"), request.c.kind == bindparam("kind"))
    .order_by(request.c.asked_ms.desc(), request.c.id.desc())
)
RECENT_REQUESTS = Prepared(  # from the index of the readers', where those of nobody stand together
    select(*(column for column in request.c if column.name != "answered_after"))
    .where(text("patron_id IS NULL"))
    .order_by(request.c.asked_ms.desc(), request.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
DISPUTE = Prepared(select(*dispute.c).where(dispute.c.id == bindparam("id")))
# "is_open = 1" stands there as the partial index has it.
OPEN_DISPUTES = Prepared(select(*dispute.c).where(text("is_open = 1")).order_by(dispute.c.opened_ms, dispute.c.id))
LAST_VISIT = Prepared(select(visit.c.day).where(visit.c.patron_id == bindparam("patron_id")))
PUT_VISIT = upsert(visit, "patron_id")
# Not before the place of its operation in the outbox: so no line ever has the number of one that was ticked off.
_next_line = func.max(
    bindparam("not_before", type_=Integer),
    select(func.coalesce(func.max(to_check.c.place), text("0")) + text("1")).scalar_subquery(),
)
PUT_ON_LIST = Prepared(
    insert(to_check).values(
        {name: bindparam(name) for name in ("why", "epoch", "seq", "barcode")} | {"place": _next_line}
    )
)
