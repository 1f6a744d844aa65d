"""Every statement of the store, compiled once. Parameters carry the names of the columns where they can."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite

from local_store.prepared import Prepared
from local_store.tables import (
    audit,
    dispute,
    document,
    epoch,
    hold,
    item,
    loan,
    mentioned,
    meta,
    outbox,
    patron,
    patron_card,
    pruned,
    request,
    title,
    to_check,
    to_erase,
    undated_boot,
    visit,
)

# Literals where an index is partial: SQLite chooses it only when the query says the same words.
_OPEN = text("loan.open = 1")
_ALL_TOLD = "loan.to_tell = 0"
_PENDING = text("outbox.state = 'pending'")
FOR_A_PERSON = text("outbox.state IN ('disputed', 'set_aside')")


def _upsert(table: Table, key: str, only: str = "", **special: ColumnElement[object]) -> Prepared:
    """Inserts or updates by `key`; what is there already, `only` where that is so. A row that says the same already is
    not written: a resync of a whole library then costs reading, and the check-out behind it does not wait for the
    disk."""
    new = sqlite.insert(table)
    columns = {column.name: special.get(column.name, new.excluded[column.name]) for column in table.c}
    del columns[key]
    changed = or_(*(table.c[name].is_distinct_from(value) for name, value in columns.items()))
    where = and_(text(only), changed) if only else changed
    return Prepared(new.on_conflict_do_update(index_elements=[key], set_=columns, where=where))


# meta
META = Prepared(select(meta.c.value).where(meta.c.key == bindparam("key")))
PUT_META = _upsert(meta, "key")
FORGET_CURSOR = Prepared(delete(meta).where(meta.c.key == text("'cursor'")))
_probe = sqlite.insert(meta).values(key=text("'probe'"), value=text("'0'"))
PROBE = Prepared(  # never the same twice: SQLite writes nothing for a row that stays as it was
    _probe.on_conflict_do_update(index_elements=["key"], set_={"value": text("CAST(1 - meta.value AS TEXT)")})
)

# what the library is
_PATRON: Select[tuple[object, ...]] = select(
    patron.c.id, patron.c.shown_name, patron.c.class_name, patron.c.category, patron.c.valid_until, patron.c.blocked
)
PATRON = Prepared(_PATRON.where(patron.c.id == bindparam("id")))
PATRON_BY_CARD = Prepared(
    _PATRON.join(patron_card, patron_card.c.patron_id == patron.c.id).where(patron_card.c.number == bindparam("number"))
)
_ITEM: Select[tuple[object, ...]] = select(
    item.c.id,
    item.c.title_id,
    item.c.barcode,
    item.c.item_type,
    item.c.status,
    # A book whose title has not come yet can be lent all the same.
    func.coalesce(title.c.name, literal_column("''")),
    func.coalesce(title.c.author, literal_column("''")),
    func.coalesce(title.c.shelf, literal_column("''")),
).outerjoin(title, title.c.id == item.c.title_id)
ITEM_BY_BARCODE = Prepared(_ITEM.where(item.c.barcode == bindparam("barcode")).order_by(item.c.id))
ITEM = Prepared(_ITEM.where(item.c.id == bindparam("id")))
TITLE = Prepared(select(*title.c).where(title.c.id == bindparam("id")))
FREE_COPIES = Prepared(
    select(func.count())
    .select_from(item)
    .where(item.c.title_id == bindparam("title_id"), item.c.status == text("'available'"))
    .where(~exists().where(loan.c.item_id == item.c.id, _OPEN))
)
_HOLDS = select(hold.c.id, hold.c.title_id, hold.c.patron_id, hold.c.shelf).order_by(hold.c.placed_ms, hold.c.id)
HOLDS_ON_TITLE = Prepared(_HOLDS.where(hold.c.title_id == bindparam("title_id")))
# Without an index: a school has some hundred holds, none of them past, and each would be written there too.
HOLDS_OF_PATRON = Prepared(_HOLDS.where(hold.c.patron_id == bindparam("patron_id")))
DOCUMENT = Prepared(select(document.c.body).where(document.c.kind == bindparam("kind")))

# loans
_LOAN: Select[tuple[object, ...]] = select(
    loan.c.id,
    loan.c.item_id,
    loan.c.patron_id,
    loan.c.lent_on,
    loan.c.due_on,
    loan.c.renewals,
    func.coalesce(item.c.item_type, literal_column("''")),
    loan.c.provisional,
).outerjoin(item, item.c.id == loan.c.item_id)
LOAN = Prepared(_LOAN.where(loan.c.id == bindparam("id")))
OPEN_LOANS_OF_PATRON = Prepared(
    _LOAN.where(_OPEN, loan.c.patron_id == bindparam("patron_id")).order_by(loan.c.lent_on, loan.c.id)
)
OPEN_LOANS_OF_ITEM = Prepared(
    _LOAN.where(_OPEN, loan.c.item_id == bindparam("item_id")).order_by(loan.c.lent_on.desc(), loan.c.id.desc())
)
RENEWED_ON = Prepared(select(loan.c.renewed_on).where(loan.c.id == bindparam("id")))
ADD_LOAN = Prepared(insert(loan))
REPLACE_LOAN = Prepared(insert(loan).prefix_with("OR REPLACE"))
END_LOAN = Prepared(
    update(loan)
    .where(_OPEN, loan.c.id == bindparam("loan_id"))
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

# operations
_place = select(epoch.c.before + bindparam("op_seq", type_=Integer)).where(epoch.c.id == bindparam("op_epoch"))
_AT = and_(
    outbox.c.place == _place.scalar_subquery(),
    outbox.c.epoch == bindparam("op_epoch"),
    outbox.c.seq == bindparam("op_seq", type_=Integer),
)
# The first row is asked for, no more.
LAST_OPERATION = Prepared(
    select(outbox.c.place, outbox.c.epoch, outbox.c.seq, outbox.c.hash).order_by(outbox.c.place.desc())
)
LAST_AUDIT = Prepared(select(audit.c.place, audit.c.hash).order_by(audit.c.place.desc()))
BEGIN_EPOCH = Prepared(insert(epoch))
ADD_OPERATION = Prepared(insert(outbox))
ADD_AUDIT = Prepared(insert(audit))
PUT_ON_LIST = Prepared(insert(to_check).values({name: bindparam(name) for name in ("why", "epoch", "seq", "barcode")}))
ACT = Prepared(
    select(outbox.c.kind, outbox.c.barcode, outbox.c.loans, outbox.c.boot_id, outbox.c.boottime_ms).where(_AT)
)
OPERATION = Prepared(select(outbox.c.place, outbox.c.state, outbox.c.loans).where(_AT))
_pending_beyond = _PENDING, outbox.c.place > bindparam("told_to", type_=Integer)
_whole_operations = (
    select(
        outbox.c.place,
        outbox.c.epoch,
        outbox.c.seq,
        outbox.c.body,
        outbox.c.hash,
        outbox.c.reader,
        outbox.c.salt,
        outbox.c.private,
    )
    .where(outbox.c.place > bindparam("after", type_=Integer))
    .order_by(outbox.c.place)
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))  # else SQLAlchemy binds a zero of its own
)
PENDING = Prepared(_whole_operations.where(_PENDING))
TOLD = Prepared(
    _whole_operations.where(
        text("outbox.state IN ('settled', 'disputed')"), outbox.c.place <= bindparam("last", type_=Integer)
    )
)
FIRST_PENDING = Prepared(select(outbox.c.place).where(*_pending_beyond).order_by(outbox.c.place))
COUNT_PENDING = Prepared(select(func.count()).select_from(outbox).where(*_pending_beyond))
HAS_TO_TELL = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(to_tell=loan.c.to_tell + bindparam("by", type_=Integer))
)
SETTLE = Prepared(
    update(outbox)
    .where(outbox.c.place == bindparam("at"))
    .values(state=bindparam("to_state"), reason=bindparam("to_reason"))
)
PLACES_SET_ASIDE = Prepared(
    select(outbox.c.place).where(FOR_A_PERSON, text("outbox.state = 'set_aside'")).order_by(outbox.c.place)
)
TELL_AGAIN = Prepared(
    update(outbox)
    .where(FOR_A_PERSON, text("outbox.state = 'set_aside'"))
    .values(state=text("'pending'"), reason=text("NULL"))
)
COUNT_DISPUTED = Prepared(
    select(func.count(literal_column("*"))).select_from(outbox).where(FOR_A_PERSON, text("outbox.state = 'disputed'"))
)

# what the centre tells
PUT_TITLE = _upsert(title, "id")
PUT_ITEM = _upsert(item, "id")
PUT_PATRON = _upsert(patron, "id")
PUT_HOLD = _upsert(hold, "id")
PUT_DOCUMENT = _upsert(document, "kind")
PUT_CARD = _upsert(patron_card, "number")
# The numbers that a patron has no more; `numbers` is a JSON list of those that stay.
DROP_OTHER_CARDS = Prepared(
    delete(patron_card).where(
        patron_card.c.patron_id == bindparam("patron_id"),
        patron_card.c.number.not_in(select(text("value")).select_from(func.json_each(bindparam("numbers")))),
    )
)
_told = sqlite.insert(loan).excluded
PUT_LOAN = _upsert(
    loan,
    "id",
    only=_ALL_TOLD,  # else the centre does not know yet what it speaks of, and will speak of it again
    to_tell=loan.c.to_tell,
    # The centre does not speak of these. A date that it only repeats is no surer than it was.
    renewed_on=loan.c.renewed_on,
    returned_on=case((_told.open == text("1"), text("NULL")), else_=loan.c.returned_on),
    provisional=case((_told.due_on == loan.c.due_on, loan.c.provisional), else_=_told.provisional),
    ended_after=case(
        (_told.open == text("1"), text("NULL")),
        (loan.c.open == text("0"), loan.c.ended_after),
        else_=_told.ended_after,
    ),
    # A reader who was taken out of an ended loan does not come back with its next mention.
    patron_id=case((and_(_told.open == text("0"), loan.c.patron_id.is_(None)), text("NULL")), else_=_told.patron_id),
)
DROP = {
    table.name: Prepared(delete(table).where(table.c.id == bindparam("id")))
    for table in (title, item, patron, hold, request)
} | {"loan": Prepared(delete(loan).where(loan.c.id == bindparam("id"), text(_ALL_TOLD)))}

# a full resync
MENTION = Prepared(sqlite.insert(mentioned).on_conflict_do_nothing())
MENTIONED_OF_KIND = Prepared(select(mentioned.c.id).where(mentioned.c.kind == bindparam("kind")))
_some_mentioned = (
    select(mentioned.c.kind, mentioned.c.id)
    .order_by(mentioned.c.kind, mentioned.c.id)
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
FORGET_MENTIONED = Prepared(delete(mentioned).where(tuple_(mentioned.c.kind, mentioned.c.id).in_(_some_mentioned)))


class Sweep(NamedTuple):
    """`look`: ids after one with whether the centre has named them; `drops`: what is done to one that it has not.
    `never_empty`: a centre that names none of this kind is not believed."""

    kind: str
    look: Prepared
    drops: tuple[Prepared, ...]
    never_empty: bool = False


def _sweep(table: Table, *more: Executable, never_empty: bool = False, only: str = "1") -> Sweep:
    is_named = exists().where(mentioned.c.kind == text(f"'{table.name}'"), mentioned.c.id == table.c.id)
    look = select(table.c.id, is_named).where(table.c.id > bindparam("after"), text(only)).order_by(table.c.id)
    some = look.limit(bindparam("limit", type_=Integer)).offset(literal_column("0"))
    drops = (delete(table).where(table.c.id == bindparam("gone")), *more)
    return Sweep(table.name, Prepared(some), tuple(map(Prepared, drops)), never_empty)


SWEEPS = (
    _sweep(title, never_empty=True),
    _sweep(item, never_empty=True),
    _sweep(patron, delete(patron_card).where(patron_card.c.patron_id == bindparam("gone")), never_empty=True),
    _sweep(loan, only=_ALL_TOLD),
    _sweep(hold),
    _sweep(dispute),
    _sweep(request, only="request.state <> 'waiting'"),
)
"""What goes at the end of a full resync. A request that waits may still be on its way."""

# requests and visits
_asked = sqlite.insert(request).excluded
PUT_REQUEST = _upsert(
    request,
    "id",
    answered_after=case((_asked.state == request.c.state, request.c.answered_after), else_=_asked.answered_after),
)
REQUESTS_OF_PATRON = Prepared(
    select(*(column for column in request.c if column.name != "answered_after"))
    .where(request.c.patron_id == bindparam("patron_id"))
    .order_by(request.c.asked_ms.desc(), request.c.id.desc())
)
PUT_DISPUTE = _upsert(dispute, "id")
DISPUTE = Prepared(select(*dispute.c).where(dispute.c.id == bindparam("id")))
# "is_open = 1" stands there as the partial index has it.
OPEN_DISPUTES = Prepared(select(*dispute.c).where(text("is_open = 1")).order_by(dispute.c.opened_ms, dispute.c.id))
LAST_VISIT = Prepared(select(visit.c.day).where(visit.c.patron_id == bindparam("patron_id")))
PUT_VISIT = _upsert(visit, "patron_id")

# for comparing with the centre
LEDGER = select(
    outbox.c.epoch,
    outbox.c.seq,
    outbox.c.hash,
    outbox.c.kind,
    outbox.c.state,
    outbox.c.reason,
    outbox.c.barcode,
    outbox.c.loans,
).order_by(outbox.c.place)
LOANS_LEDGER = (
    select(loan.c.id, item.c.barcode, loan.c.patron_id, loan.c.due_on, loan.c.renewals, loan.c.open)
    .outerjoin(item, item.c.id == loan.c.item_id)
    .order_by(loan.c.id)
)
TO_CHECK = select(to_check.c.why, to_check.c.epoch, to_check.c.seq, to_check.c.barcode).order_by(to_check.c.place)

COUNTS = union_all(
    *(
        select(literal_column(f"'{name}'"), func.count()).select_from(table)
        for name, table in (("titles", title), ("items", item), ("patrons", patron), ("to_check", to_check))
    ),
    select(literal_column("'open_loans'"), func.count()).select_from(loan).where(_OPEN),
    select(outbox.c.state, func.count()).group_by(outbox.c.state),
    select(literal_column("'pruned'"), func.coalesce(func.sum(pruned.c.last - pruned.c.first + text("1")), text("0"))),
)

PROGRESS = select(meta.c.key, meta.c.value).where(meta.c.key.in_(("stage", "told_again", "tell_again_to")))
COUNT_MENTIONED = select(func.count()).select_from(mentioned)

AUDIT_CHAIN = select(audit.c.place, audit.c.entry, audit.c.hash).order_by(audit.c.place)
HISTORY = (
    select(
        outbox.c.place,
        outbox.c.epoch,
        outbox.c.seq,
        outbox.c.kind,
        outbox.c.body,
        outbox.c.hash,
        outbox.c.reader,
        outbox.c.salt,
        outbox.c.private,
        epoch.c.before,
    )
    .outerjoin(epoch, epoch.c.id == outbox.c.epoch)
    .order_by(outbox.c.place)
)

# boots at an untrusted time
UNDATED_BOOTS = Prepared(select(undated_boot.c.boot_id))
NOTE_UNDATED = Prepared(sqlite.insert(undated_boot).on_conflict_do_nothing())
_undecided = undated_boot.c.began_ms.is_(None), undated_boot.c.before_ms.is_(None)
BOOT_BEGAN = Prepared(
    update(undated_boot)
    .where(*_undecided, undated_boot.c.boot_id == bindparam("anchored"))
    .values(began_ms=bindparam("began"))
)
BOOTS_WERE_BEFORE = Prepared(
    update(undated_boot)
    .where(*_undecided, undated_boot.c.boot_id != bindparam("anchored"))
    .values(before_ms=bindparam("began"))
)
BOOT_TO_DATE = Prepared(
    select(*undated_boot.c)
    .where(or_(undated_boot.c.began_ms.is_not(None), undated_boot.c.before_ms.is_not(None)))
    .order_by(undated_boot.c.place)
)
HAPPENED_FROM = Prepared(
    select(outbox.c.place, outbox.c.boot_id, outbox.c.boottime_ms, outbox.c.kind, outbox.c.body)
    .where(outbox.c.place >= bindparam("from_place", type_=Integer))
    .order_by(outbox.c.place)
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
DATED_UP_TO = Prepared(
    update(undated_boot)
    .where(undated_boot.c.boot_id == bindparam("of_boot"))
    .values(place=bindparam("to_place"), is_told=text("1"))
)
ALL_DATED = Prepared(delete(undated_boot).where(undated_boot.c.boot_id == bindparam("of_boot")))
DATE_LOAN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"))
    .values(
        lent_on=bindparam("from_day"),
        due_on=bindparam("to_due_on"),
        provisional=bindparam("is_provisional"),
        renewed_on=func.coalesce(bindparam("on"), loan.c.renewed_on),
    )
)
DATE_RETURN = Prepared(
    update(loan)
    .where(loan.c.id == bindparam("loan_id"), loan.c.open == text("0"), loan.c.returned_on < bindparam("on"))
    .values(returned_on=bindparam("on"))
)
PRUNED = select(*pruned.c).order_by(pruned.c.first)
PRUNED_ON = select(meta.c.value).where(meta.c.key == text("'pruned_on'"))

# forgetting
TO_ERASE = Prepared(select(to_erase.c.mark).order_by(to_erase.c.mark))
PUT_TO_ERASE = Prepared(sqlite.insert(to_erase).on_conflict_do_nothing())
ERASED = Prepared(delete(to_erase).where(to_erase.c.mark == bindparam("gone")))


class Walk(NamedTuple):
    """`look`: rows after a key (at first `start`) with their readers; `forget`: what is done to one of them."""

    look: Prepared
    forget: Prepared
    start: str | int


def some(query: Select[Any], key: Column[Any]) -> Prepared:
    """The next `limit` rows beyond `after`."""
    found = query.where(key > bindparam("after")).order_by(key).limit(bindparam("limit", type_=Integer))
    return Prepared(found.offset(literal_column("0")))  # else SQLAlchemy binds a zero of its own


def _walk(key: Column[Any], reader: ColumnElement[Any], change: Executable) -> Walk:
    return Walk(some(select(key, reader), key), Prepared(change), 0 if isinstance(key.type, Integer) else "")


def without(table: Table, key: Column[Any], *names: str) -> Executable:
    return update(table).where(key == bindparam("gone")).values({name: text("NULL") for name in names})


def dropped(table: Table, key: Column[Any]) -> Executable:
    return delete(table).where(key == bindparam("gone"))


# Everything that may name a reader, in the order in which it is walked through.
NAMING = (
    _walk(patron.c.id, patron.c.id, dropped(patron, patron.c.id)),
    _walk(patron_card.c.number, patron_card.c.patron_id, dropped(patron_card, patron_card.c.number)),
    _walk(visit.c.patron_id, visit.c.patron_id, dropped(visit, visit.c.patron_id)),
    _walk(hold.c.id, hold.c.patron_id, dropped(hold, hold.c.id)),
    _walk(request.c.id, request.c.patron_id, without(request, request.c.id, "patron_id", "why")),
    _walk(loan.c.id, loan.c.patron_id, without(loan, loan.c.id, "patron_id")),
    _walk(outbox.c.place, outbox.c.reader, without(outbox, outbox.c.place, "reader", "salt", "private")),
)
