"""What operations mean for loans. The outcome is the same in whatever order batches come.

Every fact is let into the books, and then the item that it is about is considered anew (`central_server.one_book`). So
a check-in that comes early waits for its check-out, and one that is taken back opens again whatever only it had ended.
"""

from collections.abc import Iterable, Sequence, Set

import msgspec
import sqlalchemy as sa

from central_server.among import among
from central_server.bodies import (
    Body,
    CheckIn,
    CheckOut,
    DateBoot,
    Renew,
    Void,
    barcode_of,
    is_false_reader,
    loans_of,
    predecessor_of,
)
from central_server.books import Books, Need
from central_server.chain import Fault
from central_server.disputes import Docket
from central_server.holds import Touched
from central_server.loans import Loan, grade_of
from central_server.order import Boot, Moment, Place
from central_server.tables.library import item, patron
from central_server.tables.operations import check_in, loan_end, operation, succession, voided
from central_server.upsert import add_new
from central_server.wire import Operation, Reason


class Projection:
    """What a batch of one device does to the loans of its library; none of it is recorded yet.

    `erased`: the patrons who were erased, of those that the batch names.
    """

    def __init__(
        self,
        connection: sa.Connection,
        library: str,
        device: str,
        batch: Sequence[tuple[Operation, Body]],
        erased: Set[str],
    ) -> None:
        self._connection = connection
        self._library = library
        self._device = device
        self._erased = erased
        self._new_voided: set[Place] = set()
        self._asked_before: set[int] = set()
        bodies = [body for _, body in batch]
        self._load_catalogue(bodies, {one.reader.patron for one, _ in batch if one.reader})
        self._load_voided(bodies)
        self._books = Books(connection, library)
        self._load_books(bodies)

    def apply(self, came: Operation, body: Body, position: int, docket: Docket) -> tuple[list[Fault], str | None]:
        """Let `came` have happened; answers its faults, in no order, and whose it is. It counts all the same."""
        faults = []
        moment = self._moment(body)
        false_reader = is_false_reader(came, body)
        named = came.reader.patron if came.reader and came.reader.patron not in self._erased else None
        reader = None if false_reader else named
        if false_reader:
            faults.append(Fault(Reason.FALSE_READER, None))
        if (barcode := barcode_of(body)) is not None and barcode not in self._items:
            faults.append(Fault(Reason.UNKNOWN_ITEM, None))
        if named and named not in self._patrons:
            faults.append(Fault(Reason.UNKNOWN_PATRON, None))
        match body:
            case CheckOut():
                faults += self._check_out(body, moment, position, reader, docket)
            case CheckIn():
                faults += self._check_in(body, moment)
            case Renew():
                faults += self._renew(body)
            case Void():
                self._void(body)
            case DateBoot():
                self._date_boot(body)
        return faults, reader

    def write(self, now_ms: int) -> tuple[list[str], dict[str, int]]:
        """Write what `apply` changed, and tell the stations; answers the ids of the disputes that it opens, and under
        which number of the changes each loan is told."""
        rows = [{"library_id": self._library, **place._asdict()} for place in self._new_voided]
        add_new(self._connection, voided, rows)
        for barcode in self._books.whole:
            self._books.consider(barcode)
        return self._books.write(now_ms)

    @property
    def touched(self) -> Touched:
        """What may mean something for holds, once it is written."""
        touched = self._books.touched
        touched.positions = self._asked_before
        touched.titles = self._titles
        return touched

    # --- what each kind of operation does

    def _check_out(
        self, body: CheckOut, moment: Moment, position: int, reader: str | None, docket: Docket
    ) -> list[Fault]:
        data = body.data
        one = self._loan(data.loan, data.barcode)
        if one.moment is not None:
            # Another operation began a loan of this identity: that one stays, this one is for a person to see.
            return [Fault(Reason.IDENTITY_CONFLICT, {"loan": one.id, **one.moment.place._asdict()})]
        if one.renewals >= 0:
            docket.loans_found.append(one.id)
        one.moment = moment
        one.position = position
        one.barcode = data.barcode
        one.item = self._items.get(data.barcode) or data.item
        one.patron = reader
        one.category, one.grade = self._patrons.get(reader or "", (None, None))
        # What a boot that was dated said of it before it came is better than the day that the station went by.
        one.lent_on = one.lent_on or data.lent_on.isoformat()
        one.learn_day()
        one.extend(data.due_on.isoformat(), 0, provisional=data.provisional)
        one.voided = one.voided or moment.place in self._voided
        self._books.put(one)
        self._books.touch(one)
        return self._consider(data.barcode, moment.place)

    def _check_in(self, body: CheckIn, moment: Moment) -> list[Fault]:
        if moment.place in self._voided:
            return []
        barcode = body.data.barcode
        self._books.came_back(barcode, moment, body.data.loans)
        for other in self._barcodes_of(body.data.loans) - {barcode}:
            self._consider(other, moment.place)
        return self._consider(barcode, moment.place)

    def _renew(self, body: Renew) -> list[Fault]:
        data = body.data
        one = self._loan(data.loan, data.barcode)
        one.extend(data.due_on.isoformat(), data.renewals, provisional=data.provisional)
        self._books.touch(one)
        return [Fault(Reason.UNKNOWN_LOAN, None)] if one.moment is None else []

    def _void(self, body: Void) -> None:
        data = body.data
        place = self._place(data.voids.epoch, data.voids.seq)
        self._voided.add(place)
        self._new_voided.add(place)
        if data.kind == "check_out":
            for identity in data.loans:
                one = self._loan(identity, data.barcode)
                one.voided = True
                self._books.touch(one)
        else:
            self._books.take_back(place)
            for identity in data.loans:
                if one_back := self._books.loans.get(identity):
                    self._books.touch(one_back)
        for barcode in {data.barcode} | self._barcodes_of(data.loans):
            self._consider(barcode, place)

    def _date_boot(self, body: DateBoot) -> None:
        data = body.data
        known = Boot(data.began_ms, data.after_ms, data.before_ms)
        self._books.date(self._device, data.boot, known)
        for dated in data.loans:
            one = self._loan(dated.loan, "")
            one.extend(dated.due_on.isoformat(), dated.renewals)
            if dated.renewals == 0 and not (one.moment and one.moment.exact is not None):
                one.lent_on = dated.lent_on.isoformat()
            self._books.touch(one)

    # --- loans in memory

    def _consider(self, barcode: str, place: Place) -> list[Fault]:
        """Consider the item anew; answers what is to be said of the operation at `place`."""
        about = [doubt for doubt in self._books.consider(barcode) if doubt.place == place]
        for doubt in about:
            self._books.answered(doubt, barcode)
        return [Fault(doubt.reason, None) for doubt in about]

    def _place(self, epoch: str, seq: int) -> Place:
        return Place(self._device, epoch, seq)

    def _moment(self, body: Body) -> Moment:
        place, at = self._place(body.epoch, body.seq), body.at
        if at.trusted:
            return Moment(place, at.wall_ms, at.wall_ms)
        known = self._books.boots.get((self._device, at.boot), Boot())
        return Moment(place, None, None, at.boot, at.boottime_ms).dated(known)

    def _loan(self, identity: str, barcode: str) -> Loan:
        one = self._books.loans.get(identity)
        if one is None:
            one = Loan(identity, barcode)
            self._books.put(one)
        return one

    def _barcodes_of(self, loans: Iterable[str]) -> set[str]:
        return {self._books.loans[identity].barcode for identity in loans if identity in self._books.loans}

    # --- loading

    def _load_catalogue(self, bodies: Iterable[Body], patrons: set[str]) -> None:
        barcodes = {barcode for body in bodies if (barcode := barcode_of(body)) is not None}
        items = sa.select(item.c.barcode, item.c.id, item.c.title_id).where(
            item.c.library_id == self._library, among(item.c.barcode, barcodes)
        )
        rows = self._connection.execute(items).all()
        self._items: dict[str, str] = {row.barcode: row.id for row in rows}
        self._titles: dict[str, str] = {row.barcode: row.title_id for row in rows}
        known = sa.select(patron.c.id, patron.c.category, patron.c.class_name).where(
            patron.c.library_id == self._library, among(patron.c.id, patrons)
        )
        self._patrons = {row.id: (row.category, grade_of(row.class_name)) for row in self._connection.execute(known)}

    def _load_voided(self, bodies: Sequence[Body]) -> None:
        rows = self._connection.execute(
            sa.select(voided.c.epoch, voided.c.seq).where(
                voided.c.library_id == self._library,
                voided.c.device == self._device,
                among(voided.c.epoch, {body.epoch for body in bodies}),
                among(voided.c.seq, {body.seq for body in bodies}),
            )
        )
        self._voided = {self._place(row.epoch, row.seq) for row in rows}

    def _load_books(self, bodies: Sequence[Body]) -> None:
        books = self._books
        of_loans = [body for body in bodies if isinstance(body, CheckOut | CheckIn | Renew | Void)]
        begun = [body for body in bodies if isinstance(body, CheckOut)]
        dated = {body.data.boot for body in bodies if isinstance(body, DateBoot)}
        books.load_boots(self._device, dated | {body.at.boot for body in bodies if not body.at.trusted})
        need = Need(
            barcodes={body.data.barcode for body in of_loans if not isinstance(body, Renew)},
            loans={identity for body in bodies for identity in loans_of(body)},
            whole={body.data.barcode for body in of_loans if isinstance(body, Void)},
            begun={body.data.barcode for body in begun},
        )
        back = [body.data.voids for body in of_loans if isinstance(body, Void) and body.data.kind == "check_in"]
        if back:
            of_them = (
                among(loan_end.c.epoch, {one.epoch for one in back}),
                among(loan_end.c.seq, {one.seq for one in back}),
            )
            need.loans |= books.find_ended(sa.and_(loan_end.c.device == self._device, *of_them))
        if dated:
            loans, barcodes = books.find_in_boots(self._device, dated)
            need.loans |= loans
            need.whole |= barcodes | {body.data.barcode for body in of_loans if body.at.boot in dated}
        self._learn_epochs(bodies, need)
        if begun:
            need.late = self._late(begun)
        books.load(need)

    def _learn_epochs(self, bodies: Sequence[Body], need: Need) -> None:
        """The first operation of an epoch may come after others of it, and tells only now where they belong."""
        new = {}
        for body in bodies:
            if named := predecessor_of(body):
                new[body.epoch] = named
                self._books.order.learn(self._device, body.epoch, named)
        if not new:
            return
        here = (operation.c.library_id == self._library, operation.c.device == self._device)
        held = sa.select(operation.c.epoch).where(*here, among(operation.c.epoch, new)).limit(1)
        followed = sa.select(succession.c.epoch).where(
            succession.c.library_id == self._library,
            succession.c.device == self._device,
            among(succession.c.after_epoch, new),
        )
        if self._connection.scalar(held) is None and self._connection.scalar(followed.limit(1)) is None:
            return
        epochs = self._books.order.epochs_after(self._device, set(new))
        need.loans |= self._books.find_ended(
            sa.and_(loan_end.c.device == self._device, among(loan_end.c.epoch, epochs))
        )
        kinds = ("check_out", "check_in", "place_hold", "cancel_hold")
        those = sa.select(operation.c.position, operation.c.kind, operation.c.barcode, operation.c.loans).where(
            *here, among(operation.c.epoch, epochs), among(operation.c.kind, kinds)
        )
        for row in self._connection.execute(those):
            if row.barcode is None:
                self._asked_before.add(row.position)
                continue
            need.whole.add(row.barcode)
            need.loans.update(msgspec.json.decode(row.loans) if row.kind == "check_out" else ())

    def _late(self, begun: Sequence[CheckOut]) -> sa.ColumnElement[bool]:
        """The check-ins that are not certainly before what `begun` begins."""
        known = [self._moment(body).earliest for body in begun]
        by_time: sa.ColumnElement[bool] = sa.true()
        if None not in known:
            earliest = min(one for one in known if one is not None)
            by_time = sa.or_(check_in.c.latest_ms.is_(None), check_in.c.latest_ms >= earliest)
        elsewhere = sa.and_(check_in.c.device != self._device, by_time)
        epochs = {body.epoch for body in begun}
        later = self._books.order.epochs_after(self._device, epochs)
        of_epochs: sa.ColumnElement[bool] = among(check_in.c.epoch, later)
        if later == epochs:
            of_epochs = sa.and_(of_epochs, check_in.c.seq > min(body.seq for body in begun))
        return sa.or_(elsewhere, sa.and_(check_in.c.device == self._device, sa.or_(of_epochs, by_time)))
