"""What the librarian's desk reads and writes, in the unit of work of everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from sqlalchemy import (
    Integer,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from kiosk.domain.model import Hold, Item, ItemStatus, Loan, Patron
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.domain.requests import RequestRecord
from kiosk.domain.school_lists import holds_words, is_wanted, place_in_list, words
from kiosk.domain.staff import Staff
from kiosk.ports.central import TitleRecord
from kiosk.ports.desk_store import DayCount, DeskStore, PinRecord, SettingRecord, ToCheck, ToCheckRecord, UnsentCount
from local_store import statements as sql
from local_store.card_tags import CardTags
from local_store.changes import PUT_HOLD, hold_row
from local_store.documents import Documents
from local_store.outbox import Outbox
from local_store.prepared import Database, Prepared, Row
from local_store.rows import hold_of, item_of, loan_of, patron_of, request_of
from local_store.shapes import upsert
from local_store.tables import (
    card_tag,
    epoch,
    hold,
    item,
    loan,
    outbox,
    patron,
    pin,
    setting,
    title,
    to_check,
    trusted_day,
)

# readers
_NAMES = Prepared(select(patron.c.id, patron.c.shown_name, patron.c.class_name))
_PATRON_WITH_CARD = Prepared(select(card_tag.c.patron_id).where(card_tag.c.tag == bindparam("tag")))
_STAFF = Prepared(sql.A_PATRON.where(patron.c.staff_id == bindparam("staff_id")))
_ADD_CARD = Prepared(insert(card_tag))
_REMOVE_CARDS = Prepared(delete(card_tag).where(card_tag.c.patron_id == bindparam("patron_id")))
_COUNT_CARDS = Prepared(
    select(func.count()).select_from(card_tag).where(card_tag.c.patron_id == bindparam("patron_id"))
)
_SET_BLOCKED = Prepared(update(patron).where(patron.c.id == bindparam("at")).values(blocked=bindparam("to")))
_LIFT_SUSPENSION = Prepared(
    update(patron)
    .where(patron.c.id == bindparam("at"))
    .values(
        suspended_until=text("NULL"),
        lifted_on=func.max(func.coalesce(patron.c.lifted_on, literal_column("''")), bindparam("to")),
    )
)
_SET_NOTE = Prepared(update(patron).where(patron.c.id == bindparam("at")).values(note=bindparam("to")))
_PIN = Prepared(
    select(pin.c.hash, pin.c.failures, pin.c.boot_id, pin.c.boottime_ms, pin.c.of_staff).where(
        pin.c.patron_id == bindparam("patron_id")
    )
)
_PUT_PIN = upsert(pin, "patron_id")

# loans. Every open one that has a reader stands in an index with them: literals, as the partial indexes have them.
_OVERDUE = Prepared(
    sql.LOANS.where(sql.OPEN, loan.c.patron_id > text("''"), loan.c.due_on < bindparam("day"), sql.SURE).order_by(
        loan.c.due_on, loan.c.id
    )
)
_ENDED_LATE = Prepared(
    sql.LOANS.add_columns(loan.c.returned_on)
    .where(text("loan.returned_on > loan.due_on"), loan.c.patron_id == bindparam("patron_id"))
    .where(loan.c.returned_on >= bindparam("day"), sql.SURE)
    .order_by(loan.c.returned_on.desc(), loan.c.id.desc())
)
# By item only open ones are indexed. Ids are in the order of time, so the past ones of a month or two are the last.
_newest = (
    select(loan)
    .order_by(loan.c.id.desc())
    .limit(literal_column("20000"))
    .offset(literal_column("0"))
    .subquery("newest")
)
_LAST_PAST_LOAN = Prepared(
    select(_newest.c.id)
    .where(_newest.c.item_id == bindparam("item_id"), text("newest.open = 0"), _newest.c.patron_id > text("''"))
    .order_by(_newest.c.lent_on.desc(), _newest.c.id.desc())
)

# titles, items and holds
_TITLES = Prepared(select(title.c.id, title.c.name))
_ITEMS_OF_TITLE = Prepared(
    sql.AN_ITEM.add_columns(exists().where(loan.c.item_id == item.c.id, sql.OPEN))
    .where(item.c.title_id == bindparam("title_id"))
    .order_by(item.c.barcode, item.c.id)
)
_SET_STATUS = Prepared(update(item).where(item.c.id == bindparam("at")).values(status=bindparam("to")))
_WAITING = Prepared(sql.HOLDS.order_by(hold.c.title_id, hold.c.placed_ms, hold.c.id))
_REMOVE_HOLD = Prepared(delete(hold).where(hold.c.id == bindparam("id")))
_SHELVE = Prepared(update(hold).where(hold.c.id == bindparam("at")).values(shelved_on=bindparam("to")))
_DATE_SHELVING = Prepared(
    update(hold)
    .where(hold.c.id == bindparam("at"), hold.c.shelved_on < bindparam("to"))
    .values(shelved_on=bindparam("to"))
)

# what happened
_LAST_PLACE_BEFORE = Prepared(
    select(trusted_day.c.place).where(trusted_day.c.day < bindparam("day")).order_by(trusted_day.c.number.desc())
)
_LOANS_OF_OPERATIONS = Prepared(
    select(
        outbox.c.place,
        outbox.c.loans,
        case(
            (outbox.c.kind == text("'void'"), func.json_extract(outbox.c.body, literal_column("'$.data.kind'"))),
            else_=text("''"),
        ),
        outbox.c.kind,
    )
    .where(text("outbox.kind IN ('check_out', 'check_in', 'void')"))
    .where(outbox.c.place > bindparam("after"), outbox.c.place < bindparam("before"))
    .order_by(outbox.c.place.desc())
    .limit(bindparam("limit", type_=Integer))
    .offset(literal_column("0"))
)
_DAYS_OF_LOAN = Prepared(
    select(loan.c.lent_on, loan.c.returned_on, loan.c.patron_id).where(loan.c.id == bindparam("loan_id"))
)
_UNSENT = Prepared(
    select(outbox.c.kind, func.count())
    .where(sql.PENDING, outbox.c.place > bindparam("told_to", type_=Integer))
    .group_by(outbox.c.kind)
)
_SET_ASIDE = Prepared(select(outbox.c.kind, func.count()).where(*sql.SET_ASIDE).group_by(outbox.c.kind))
_TO_CHECK = Prepared(
    select(
        to_check.c.place,
        to_check.c.why,
        to_check.c.epoch,
        to_check.c.seq,
        to_check.c.barcode,
        outbox.c.loans,
        case(
            (
                func.json_extract(outbox.c.body, literal_column("'$.at.trusted'")) == text("1"),
                func.json_extract(outbox.c.body, literal_column("'$.at.wall_ms'")),
            ),
            else_=text("NULL"),
        ),
    )
    .select_from(to_check)
    .outerjoin(epoch, epoch.c.id == to_check.c.epoch)
    .outerjoin(
        outbox,
        and_(
            outbox.c.place == epoch.c.before + to_check.c.seq,
            outbox.c.epoch == to_check.c.epoch,
            outbox.c.seq == to_check.c.seq,
        ),
    )
    .order_by(to_check.c.place)
)
_CHECKED = Prepared(delete(to_check).where(to_check.c.place == bindparam("place")))
_REASONS = frozenset(ToCheck)

# settings
_PUT_HERE = upsert(setting, "name", told=setting.c.told, fixed=setting.c.fixed)

_AT_ONCE = 200
"""Operations in one look."""


class DeskWork(DeskStore):
    _db: Database
    _outbox: Outbox
    _documents: Documents

    # readers

    def find_patrons(self, text: str, limit: int) -> Sequence[Patron]:
        wanted = words(text)
        if not wanted:
            return ()
        found = []
        for id_, shown_name, class_name in self._db.rows(_NAMES):
            name = words(shown_name)
            if is_wanted(wanted, name, words(class_name)):
                found.append((*place_in_list(name, class_name), shown_name, id_))
        patrons = (patron_of(self._db.row(sql.PATRON, id=id_)) for *_, id_ in sorted(found)[:limit])
        return [patron for patron in patrons if patron]

    def find_titles(self, text: str, limit: int) -> Sequence[TitleRecord]:
        wanted = words(text)
        if not wanted:
            return ()
        found = []
        for id_, name in self._db.rows(_TITLES):
            of_name = _words_of_title(name)
            if holds_words(wanted, of_name):
                found.append((not of_name[0].startswith(wanted[0]), of_name, name, id_))
        titles = (self._db.row(sql.TITLE, id=id_) for *_, id_ in sorted(found)[:limit])
        return [TitleRecord(*row) for row in titles if row]

    def items_of_title(self, title_id: str) -> Sequence[tuple[Item, bool]]:
        found = ((item_of(row[:-1]), bool(row[-1])) for row in self._db.rows(_ITEMS_OF_TITLE, title_id=title_id))
        return [(one, is_lent) for one, is_lent in found if one]

    def staff(self, staff_id: str) -> Staff | None:
        found = patron_of(self._db.row(_STAFF, staff_id=staff_id))
        return found.staff if found else None

    def pin(self, patron_id: str) -> PinRecord | None:
        row = self._db.row(_PIN, patron_id=patron_id)
        if row is None:
            return None
        hash_, failures, boot_id, boottime_ms, of_staff = row
        return PinRecord(hash_, failures, boot_id, boottime_ms, bool(of_staff))

    def put_pin(self, patron_id: str, record: PinRecord) -> None:
        self._db.run(
            _PUT_PIN,
            patron_id=patron_id,
            hash=record.hash,
            failures=record.failures,
            boot_id=record.boot_id,
            boottime_ms=record.boottime_ms,
            of_staff=int(record.of_staff),
        )

    def add_card(self, number: str, patron_id: str) -> bool:
        tag = CardTags(self._db).of(number)
        row = self._db.row(_PATRON_WITH_CARD, tag=tag)
        if row is None:
            self._db.run(_ADD_CARD, tag=tag, patron_id=patron_id)
        return row is None or row[0] == patron_id

    def remove_cards(self, patron_id: str) -> None:
        self._db.run(_REMOVE_CARDS, patron_id=patron_id)

    def cards_of(self, patron_id: str) -> int:
        return int(self._db.rows(_COUNT_CARDS, patron_id=patron_id)[0][0])

    def set_blocked(self, patron_id: str, blocked: bool) -> None:
        self._db.run(_SET_BLOCKED, at=patron_id, to=int(blocked))

    def lift_suspension(self, patron_id: str, through: date) -> None:
        self._db.run(_LIFT_SUSPENSION, at=patron_id, to=through.isoformat())

    def set_note(self, patron_id: str, text: str) -> None:
        self._db.run(_SET_NOTE, at=patron_id, to=text or None)

    # loans, items and holds

    def overdue_loans(self, today: date) -> Sequence[Loan]:
        return [loan_of(row) for row in self._db.rows(_OVERDUE, day=today.isoformat())]

    def ended_late(self, patron_id: str, since: date) -> Sequence[tuple[Loan, date]]:
        rows = self._db.rows(_ENDED_LATE, patron_id=patron_id, day=since.isoformat())
        return [(loan_of(row[:-1]), date.fromisoformat(row[-1])) for row in rows]

    def last_loan_of_item(self, item_id: str) -> Loan | None:
        row = self._db.row(sql.OPEN_LOANS_OF_ITEM, item_id=item_id)
        if row is None:
            past = self._db.row(_LAST_PAST_LOAN, item_id=item_id)
            row = self._db.row(sql.LOAN, id=past[0]) if past else None
        return loan_of(row) if row else None

    def set_item_status(self, item_id: str, status: ItemStatus) -> None:
        self._db.run(_SET_STATUS, at=item_id, to=status.value)

    def waiting_holds(self) -> Sequence[Hold]:
        return [hold_of(row) for row in self._db.rows(_WAITING)]

    def add_hold(self, hold: Hold, placed_ms: int) -> None:
        self._db.run(PUT_HOLD, **hold_row(hold, placed_ms))

    def remove_hold(self, hold_id: str) -> None:
        self._db.run(_REMOVE_HOLD, id=hold_id)

    def shelve_hold(self, hold_id: str, on: date) -> None:
        self._db.run(_SHELVE, at=hold_id, to=on.isoformat())

    def date_shelving(self, hold_id: str, on: date) -> None:
        self._db.run(_DATE_SHELVING, at=hold_id, to=on.isoformat())

    # what happened

    def counts_of(self, day: date) -> DayCount:
        """From the newest operation back to one of an earlier day: of a day as long as that, however much there is."""
        wanted = day.isoformat()
        undone: set[str] = set()
        lent: set[str] = set()
        returned: set[str] = set()
        readers: set[str] = set()
        for kind, voids, loan_id in self._back_to(day):
            if kind == OperationKind.VOID:
                if voids == OperationKind.CHECK_OUT:
                    undone.add(loan_id)
                continue  # a return that was taken back has no day any more
            row = self._db.row(_DAYS_OF_LOAN, loan_id=loan_id)
            if row is None or loan_id in undone:
                continue
            lent_on, returned_on, patron_id = row
            is_lent = kind == OperationKind.CHECK_OUT
            if is_lent and lent_on < wanted:
                break
            if (lent_on if is_lent else returned_on) == wanted:
                (lent if is_lent else returned).add(loan_id)
                if patron_id is not None:
                    readers.add(patron_id)
        return DayCount(len(lent), len(returned), len(readers))

    def _back_to(self, day: date) -> Iterator[tuple[str, str, str]]:
        """Kind, what it voids, and a loan, of the operations that may be of this day; the newest first."""
        earlier = self._db.row(_LAST_PLACE_BEFORE, day=day.isoformat())
        after, before = earlier[0] if earlier else 0, self._outbox.ends.place + 1
        while True:
            rows = self._db.rows(_LOANS_OF_OPERATIONS, after=after, before=before, limit=_AT_ONCE)
            for _, loans, voids, kind in rows:
                for loan_id in loans.split():
                    yield kind, voids, loan_id
            if len(rows) < _AT_ONCE:
                return
            before = rows[-1][0]

    def unsent(self) -> Sequence[UnsentCount]:
        aside = self._db.rows(_SET_ASIDE)
        pending = self._db.rows(_UNSENT, told_to=self._outbox.ends.told_to)
        return [UnsentCount(kind, count, rows is aside) for rows in (aside, pending) for kind, count in rows]

    def to_check(self) -> Sequence[ToCheckRecord]:
        return [_listed(row) for row in self._db.rows(_TO_CHECK) if row[1] in _REASONS]

    def checked(self, place: int) -> bool:
        return self._db.run(_CHECKED, place=place) > 0

    # settings

    def settings(self) -> Sequence[SettingRecord]:
        return self._documents.settings(self._db)

    def put_setting(self, name: str, value: str) -> None:
        self._db.run(_PUT_HERE, name=name, told=None, fixed=0, here=value)
        self._documents = Documents()

    def recent_requests(self, limit: int) -> Sequence[RequestRecord]:
        return [request_of(row) for row in self._db.rows(sql.RECENT_REQUESTS, limit=limit)]


@lru_cache(maxsize=10_000)
def _words_of_title(name: str) -> Sequence[str]:
    """Kept, for they are asked for with every key that is typed. A reader's name is not kept so."""
    return tuple(words(name))


def _listed(row: Row) -> ToCheckRecord:
    place, why, epoch, seq, barcode, loans, wall_ms = row
    return ToCheckRecord(place, ToCheck(why), OperationId(epoch, seq), barcode, tuple((loans or "").split()), wall_ms)
