"""What operations mean for loans. The outcome is the same in whatever order batches come.

A loan is open when its check-out has come, was not voided, and no check-in that stands ended it. A check-in ends the
loans that it names, and every loan of its item that began before it. So a check-in that comes early waits in `check_in`
and `loan_end` for its check-out, and one that is taken back opens again whatever only it had ended.
"""

from collections.abc import Iterable, Sequence, Set

import sqlalchemy as sa

from central_server import changes, clock
from central_server.among import among
from central_server.bodies import Body, CheckIn, CheckOut, Renew, Void, barcode_of, is_false_reader, loans_of
from central_server.chain import Fault
from central_server.disputes import Docket
from central_server.loans import Loan, Moment, Place
from central_server.tables import check_in, item, loan, loan_end, patron, voided
from central_server.upsert import add_new, put
from central_server.wire import Operation, Reason


class Projection:
    """The loans that a batch of one device touches, loaded at once, changed in memory, written at once.

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
        self._new_ends: set[tuple[str, Place]] = set()
        self._gone_ends: set[tuple[str, Place]] = set()
        self._new_check_ins: dict[Place, tuple[str, Moment]] = {}
        self._new_voided: set[Place] = set()
        self._touched: dict[str, Loan] = {}
        bodies = [body for _, body in batch]
        self._load_catalogue(bodies, {one.reader.patron for one, _ in batch if one.reader})
        self._load_voided(bodies)
        self._load_loans(bodies)
        self._load_check_ins(bodies)

    def apply(self, came: Operation, body: Body, position: int, docket: Docket) -> tuple[list[Fault], str | None]:
        """Let `came` have happened; answers its faults, in no order, and whose it is. It counts all the same."""
        faults = []
        moment = Moment(self._place(body.epoch, body.seq), body.at.wall_ms, body.at.trusted, position)
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
                faults += self._check_out(body, moment, reader, docket)
            case CheckIn():
                self._check_in(body, moment)
            case Renew():
                faults += self._renew(body)
            case Void():
                self._void(body)
        return faults, reader

    def write(self) -> None:
        """Write what `apply` changed, and tell the stations of it."""
        self._write_ends()
        put(self._connection, loan, [one.row(self._library) for one in self._touched.values()])
        news = []
        for one in self._touched.values():
            published = one.published()
            before = self._published.get(one.id, changes.NO_MORE)
            if published is not None and published != before:
                news.append(changes.Thing("loan", one.id, published))
        changes.publish(self._connection, self._library, news)

    # --- what each kind of operation does

    def _check_out(self, body: CheckOut, moment: Moment, reader: str | None, docket: Docket) -> list[Fault]:
        data = body.data
        one = self._loan(data.loan, data.barcode)
        if one.moment is not None:
            # Another operation began a loan of this identity: that one stays, this one is for a person to see.
            return [Fault(Reason.IDENTITY_CONFLICT, {"loan": one.id, **one.moment.place._asdict()})]
        one.moment = moment
        one.barcode = data.barcode
        one.item = self._items.get(data.barcode) or data.item
        one.patron = reader
        one.lent_on = clock.day_of(body.at.wall_ms).isoformat()
        one.extend(data.due_on.isoformat(), 0)
        one.voided = one.voided or moment.place in self._voided
        docket.loans_found.extend({one.id} & self._awaited)
        self._end_by_later_check_ins(one)
        self._settle(one)
        self._by_barcode.setdefault(data.barcode, {})[one.id] = one
        others = [
            other
            for other in self._by_barcode[data.barcode].values()
            if other is not one and other.open and (other.patron is None or other.patron != one.patron)
        ]
        if one.open and others:
            held = [{"loan": other.id, "barcode": other.barcode, "due_on": other.due_on} for other in others]
            return [Fault(Reason.ALREADY_ON_LOAN, held)]
        return []

    def _check_in(self, body: CheckIn, moment: Moment) -> None:
        if moment.place in self._voided:
            return
        barcode = body.data.barcode
        self._check_ins.setdefault(barcode, {})[moment.place] = moment
        self._new_check_ins[moment.place] = (barcode, moment)
        for identity in body.data.loans:
            self._record_end(identity, moment.place)
            if known := self._loans.get(identity):
                self._settle(known)
        for one in list(self._by_barcode.get(barcode, {}).values()):
            if one.moment is not None and one.moment.is_before(moment):
                self._record_end(one.id, moment.place)
                self._settle(one)

    def _renew(self, body: Renew) -> list[Fault]:
        data = body.data
        one = self._loan(data.loan, data.barcode)
        one.extend(data.due_on.isoformat(), data.renewals)
        self._settle(one)
        if one.moment is None:
            self._awaited.add(one.id)
            return [Fault(Reason.UNKNOWN_LOAN, None)]
        return []

    def _void(self, body: Void) -> None:
        data = body.data
        place = self._place(data.voids.epoch, data.voids.seq)
        self._voided.add(place)
        self._new_voided.add(place)
        if data.kind == "check_out":
            for identity in data.loans:
                one = self._loan(identity, data.barcode)
                one.voided = True
                self._settle(one)
            return
        for came_back in self._check_ins.values():
            came_back.pop(place, None)
        self._new_check_ins.pop(place, None)
        for identity, ends in self._ends.items():
            if place in ends:
                ends.discard(place)
                self._new_ends.discard((identity, place))
                self._gone_ends.add((identity, place))
                if known := self._loans.get(identity):
                    # Another check-in may have found it ended already, and left it at that.
                    self._end_by_later_check_ins(known)
                    self._settle(known)

    # --- loans in memory

    def _place(self, epoch: str, seq: int) -> Place:
        return Place(self._device, epoch, seq)

    def _loan(self, identity: str, barcode: str) -> Loan:
        one = self._loans.get(identity)
        if one is None:
            one = self._loans[identity] = Loan(identity, barcode)
        return one

    def _end_by_later_check_ins(self, one: Loan) -> None:
        for place, came_back in self._check_ins.get(one.barcode, {}).items():
            if one.moment is not None and one.moment.is_before(came_back):
                self._record_end(one.id, place)

    def _record_end(self, identity: str, place: Place) -> None:
        ends = self._ends.setdefault(identity, set())
        if place not in ends:
            ends.add(place)
            self._new_ends.add((identity, place))

    def _settle(self, one: Loan) -> None:
        """Work out whether `one` is open, and have it written."""
        one.open = one.moment is not None and not one.voided and not self._ends.get(one.id)
        self._touched[one.id] = one

    # --- loading and writing

    def _load_catalogue(self, bodies: Iterable[Body], patrons: set[str]) -> None:
        barcodes = {barcode for body in bodies if (barcode := barcode_of(body)) is not None}
        items = sa.select(item.c.barcode, item.c.id).where(
            item.c.library_id == self._library, among(item.c.barcode, barcodes)
        )
        self._items: dict[str, str] = {row.barcode: row.id for row in self._connection.execute(items)}
        known = sa.select(patron.c.id).where(patron.c.library_id == self._library, among(patron.c.id, patrons))
        self._patrons = set(self._connection.scalars(known))

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

    def _load_loans(self, bodies: Sequence[Body]) -> None:
        identities = {identity for body in bodies for identity in loans_of(body)}
        back = [body.data.voids for body in bodies if isinstance(body, Void) and body.data.kind == "check_in"]
        mine = loan_end.c.library_id == self._library
        if back:
            ended = sa.select(loan_end.c.loan_id).where(
                mine,
                loan_end.c.device == self._device,
                loan_end.c.epoch.in_({one.epoch for one in back}),
                loan_end.c.seq.in_({one.seq for one in back}),
            )
            identities.update(self._connection.scalars(ended))
        barcodes = {body.data.barcode for body in bodies if isinstance(body, CheckOut | CheckIn)}
        loans = sa.select(loan).where(loan.c.library_id == self._library).order_by(loan.c.id)
        named = loans.where(among(loan.c.id, identities))
        # `open` stands there as the partial index has it.
        on_loan = loans.where(among(loan.c.barcode, barcodes), loan.c.open)
        self._loans = {row.id: Loan.read(row) for row in self._connection.execute(on_loan)}
        self._loans.update({row.id: Loan.read(row) for row in self._connection.execute(named)})
        self._awaited = {one.id for one in self._loans.values() if one.moment is None}
        self._by_barcode: dict[str, dict[str, Loan]] = {}
        for one in self._loans.values():
            self._by_barcode.setdefault(one.barcode, {})[one.id] = one
        self._published = {one.id: one.published() or changes.NO_MORE for one in self._loans.values()}
        self._ends: dict[str, set[Place]] = {}
        for row in self._connection.execute(sa.select(loan_end).where(mine, among(loan_end.c.loan_id, identities))):
            self._ends.setdefault(row.loan_id, set()).add(Place(row.device, row.epoch, row.seq))

    def _load_check_ins(self, bodies: Sequence[Body]) -> None:
        """The check-ins that may end what `bodies` begin (later in the epoch, or by trusted clocks) or open again."""
        self._check_ins: dict[str, dict[Place, Moment]] = {}
        begun = [body for body in bodies if isinstance(body, CheckOut)]
        reopened = {body.data.barcode for body in bodies if isinstance(body, Void) and body.data.kind == "check_in"}
        if not begun and not reopened:
            return
        earliest = min((body.at.wall_ms for body in begun), default=0)
        same_epoch = sa.and_(
            check_in.c.device == self._device,
            among(check_in.c.epoch, {body.epoch for body in begun}),
            check_in.c.seq > min((body.seq for body in begun), default=0),
        )
        later = sa.or_(same_epoch, sa.and_(check_in.c.trusted, check_in.c.wall_ms >= earliest))
        barcodes = {body.data.barcode for body in begun}
        rows = self._connection.execute(
            sa.select(check_in).where(
                check_in.c.library_id == self._library,
                among(check_in.c.barcode, barcodes | reopened),
                sa.or_(later, among(check_in.c.barcode, reopened)),
            )
        )
        for row in rows:
            place = Place(row.device, row.epoch, row.seq)
            moment = Moment(place, row.wall_ms, row.trusted, row.position)
            self._check_ins.setdefault(row.barcode, {})[place] = moment

    def _write_ends(self) -> None:
        mine = {"library_id": self._library}
        add_new(self._connection, voided, [{**mine, **place._asdict()} for place in self._new_voided])
        for place in self._new_voided:
            self._connection.execute(sa.delete(check_in).where(*_is(check_in, self._library, place)))
        rows = [
            {
                **mine,
                "barcode": barcode,
                **place._asdict(),
                "wall_ms": moment.wall_ms,
                "trusted": moment.trusted,
                "position": moment.position,
            }
            for place, (barcode, moment) in self._new_check_ins.items()
        ]
        add_new(self._connection, check_in, rows)
        for identity, place in self._gone_ends:
            here = (loan_end.c.loan_id == identity, *_is(loan_end, self._library, place))
            self._connection.execute(sa.delete(loan_end).where(*here))
        ends = [{**mine, "loan_id": identity, **place._asdict()} for identity, place in self._new_ends]
        add_new(self._connection, loan_end, ends)


def _is(table: sa.Table, library: str, place: Place) -> list[sa.ColumnElement[bool]]:
    return [
        table.c.library_id == library,
        table.c.device == place.device,
        table.c.epoch == place.epoch,
        table.c.seq == place.seq,
    ]
