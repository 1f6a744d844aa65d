"""The loans and check-ins that something new may concern: loaded at once, changed in memory, written at once.

Of most items only what is new and the loans that stand are looked at. All is loaded of an item when somebody must look
at its order, or when what was known of it changes: a check-in is taken back, a boot is dated.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from central_server import changes, doubts
from central_server.among import among
from central_server.holds import Touched
from central_server.loans import Loan, columns_of, moment_of
from central_server.one_book import Book, Doubt, consider
from central_server.order import Boot, Moment, Order, Place
from central_server.tables.operations import check_in, dated_boot, loan, loan_end
from central_server.upsert import add_new, put


@dataclass
class Need:
    """What is to be loaded. `whole`: items of which everything is. `late`: which check-ins may have happened after a
    loan that comes only now; asked only of `begun` items.
    """

    barcodes: set[str] = field(default_factory=set)
    loans: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    late: sa.ColumnElement[bool] | None = None


class Books:
    """The items of a library that something concerns."""

    def __init__(self, connection: sa.Connection, library: str) -> None:
        self._connection = connection
        self._library = library
        self.order = Order(connection, library)
        self.loans: dict[str, Loan] = {}
        self.boots: dict[tuple[str, str], Boot] = {}
        self._by_barcode: dict[str, dict[str, Loan]] = {}
        self._check_ins: dict[str, dict[Place, Moment]] = {}
        # Whether the check-in names the loan.
        self._ends: dict[str, dict[Place, bool]] = {}
        self.whole: set[str] = set()
        self._doubts = doubts.Doubts(connection, library)
        self._new_ends: dict[tuple[str, Place], bool] = {}
        self._gone_ends: set[tuple[str, Place]] = set()
        self._changed_check_ins: dict[Place, tuple[str, Moment]] = {}
        self._gone_check_ins: set[Place] = set()
        self._dated: set[tuple[str, str]] = set()
        self._touched: dict[str, Loan] = {}
        self._told: set[str] = set()

    # --- loading

    def load(self, need: Need) -> None:
        """Load what is needed, once."""
        if need.loans:
            self._read_loans(among(loan.c.id, need.loans))
        barcodes = need.barcodes | need.whole | {one.barcode for one in self.loans.values()}
        disputed = self._doubts.load(barcodes)
        self.whole = need.whole | disputed.barcodes
        if more := disputed.loans - self.loans.keys():
            self._read_loans(among(loan.c.id, more))
        # `standing` stands there as the partial index has it.
        self._read_loans(among(loan.c.barcode, barcodes), loan.c.standing)
        if named := need.loans | disputed.loans:
            ends = sa.select(loan_end).where(loan_end.c.library_id == self._library, among(loan_end.c.loan_id, named))
            for row in self._connection.execute(ends):
                self._ends.setdefault(row.loan_id, {})[Place(row.device, row.epoch, row.seq)] = row.named
        self._read_check_ins(need)

    def find_ended(self, ended_by: sa.ColumnElement[bool]) -> set[str]:
        """The loans that these check-ins (of `loan_end`) ended."""
        ended = sa.select(loan_end.c.loan_id).where(loan_end.c.library_id == self._library, ended_by)
        return set(self._connection.scalars(ended))

    def find_in_boots(self, device: str, boots: Collection[str]) -> tuple[set[str], set[str]]:
        """The loans that began or ended in `boots` of a device, and the items of those and of its check-ins."""
        begun = sa.select(loan.c.id, loan.c.barcode).where(*self._in_boots(loan, device, boots))
        rows = self._connection.execute(begun).all()
        back = self._connection.execute(sa.select(check_in).where(*self._in_boots(check_in, device, boots))).all()
        ended = set()
        if back:
            of_them = sa.and_(loan_end.c.device == device, among(loan_end.c.epoch, {row.epoch for row in back}))
            ended = self.find_ended(sa.and_(of_them, among(loan_end.c.seq, {row.seq for row in back})))
        return {row.id for row in rows} | ended, {row.barcode for row in (*rows, *back)}

    def load_boots(self, device: str, boots: Collection[str]) -> None:
        """What is known of `boots` of a device."""
        if not boots:
            return
        mine = (
            dated_boot.c.library_id == self._library,
            dated_boot.c.device == device,
            among(dated_boot.c.boot, boots),
        )
        for row in self._connection.execute(sa.select(dated_boot).where(*mine)):
            self.boots[device, row.boot] = Boot(row.began_ms, row.after_ms, row.before_ms)

    def _in_boots(self, table: sa.Table, device: str, boots: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
        here = (table.c.library_id == self._library, table.c.device == device)
        # As the partial index has it.
        return *here, among(table.c.boot, boots), table.c.boot.is_not(None)

    def _read_loans(self, *which: sa.ColumnElement[bool]) -> None:
        mine = sa.select(loan).where(loan.c.library_id == self._library, *which).order_by(loan.c.id)
        for row in self._connection.execute(mine):
            if row.id not in self.loans:
                one = Loan.read(row)
                if one.moment is not None and not one.voided:
                    self._told.add(one.id)
                self.put(one)

    def _read_check_ins(self, need: Need) -> None:
        wanted: list[sa.ColumnElement[bool]] = [among(check_in.c.barcode, self.whole)] if self.whole else []
        if need.late is not None:
            wanted.append(sa.and_(among(check_in.c.barcode, need.begun), need.late))
        if not wanted:
            return
        mine = sa.select(check_in).where(check_in.c.library_id == self._library, sa.or_(*wanted))
        for row in self._connection.execute(mine):
            moment = moment_of(row)
            self._check_ins.setdefault(row.barcode, {})[moment.place] = moment

    # --- changing

    def put(self, one: Loan) -> None:
        """Let `one` be known, under the barcode that it has now."""
        self.loans[one.id] = one
        self._by_barcode.setdefault(one.barcode, {})[one.id] = one

    def touch(self, one: Loan) -> None:
        """Have `one` written."""
        self._touched[one.id] = one

    def came_back(self, barcode: str, moment: Moment, named: Iterable[str]) -> None:
        """A check-in, which ends the loans `named`, known or not."""
        self._check_ins.setdefault(barcode, {})[moment.place] = moment
        self._changed_check_ins[moment.place] = barcode, moment
        for identity in named:
            self._end(identity, moment.place, named=True)
            if identity in self.loans:
                self.touch(self.loans[identity])

    def take_back(self, place: Place) -> None:
        """The check-in at `place` never was."""
        self._gone_check_ins.add(place)
        self._changed_check_ins.pop(place, None)
        for back in self._check_ins.values():
            back.pop(place, None)
        for identity, ends in self._ends.items():
            if place in ends:
                self._no_end(identity, place)

    def date(self, device: str, boot: str, known: Boot) -> None:
        """Learn when `boot` was, for all that is loaded."""
        self._dated.add((device, boot))
        known = self.boots[device, boot] = known.and_also(self.boots.get((device, boot), Boot()))
        for one in self.loans.values():
            if one.moment and (one.moment.place.device, one.moment.boot) == (device, boot):
                one.date(known)
                self.touch(one)
        for barcode, back in self._check_ins.items():
            for place, moment in back.items():
                if (place.device, moment.boot) == (device, boot):
                    back[place] = moment.dated(known)
                    self._changed_check_ins[place] = barcode, back[place]

    def consider(self, barcode: str) -> list[Doubt]:
        """Work out which loans of the item are open; answers what a person must look at now."""
        loans = {identity: one for identity, one in self._by_barcode.get(barcode, {}).items() if one.barcode == barcode}
        is_whole = barcode in self.whole
        ends = {
            identity: [place for place, is_named in self._ends.get(identity, {}).items() if is_named or not is_whole]
            for identity in loans
        }
        book = Book(loans, self._check_ins.get(barcode, {}), ends, self._doubts.settled(barcode))
        outcome = consider(book, self.order)
        for identity, one in loans.items():
            self._end_after(identity, outcome.after.get(identity), is_whole=is_whole)
            now = identity in outcome.standing, identity in outcome.open
            if (one.standing, one.open) != now:
                one.standing, one.open = now
                self.touch(one)
        self._doubts.now[barcode] = outcome.doubts
        return outcome.doubts

    def answered(self, doubt: Doubt, barcode: str) -> None:
        """A station is told of `doubt`: it is written down though nothing may be left of it."""
        self._doubts.answered.append((barcode, doubt))

    def _end_after(self, identity: str, place: Place | None, *, is_whole: bool) -> None:
        if is_whole:
            for old, is_named in list(self._ends.get(identity, {}).items()):
                if not is_named and old != place:
                    self._no_end(identity, old)
        if place is not None:
            self._end(identity, place, named=False)

    def _end(self, identity: str, place: Place, *, named: bool) -> None:
        ends = self._ends.setdefault(identity, {})
        if not ends.get(place):
            if ends.get(place) != named:
                self._new_ends[identity, place] = named
                self._gone_ends.discard((identity, place))
            ends[place] = named

    def _no_end(self, identity: str, place: Place) -> None:
        del self._ends[identity][place]
        self._new_ends.pop((identity, place), None)
        self._gone_ends.add((identity, place))

    # --- writing

    @property
    def touched(self) -> Touched:
        """What may mean something for holds: the items and readers of all that is loaded. A check-in that ended
        nothing may have been the end of what is not loaded."""
        loans = self.loans.values()
        ended = {place for _, place in self._new_ends}
        idle = {barcode for place, (barcode, _) in self._changed_check_ins.items() if place not in ended}
        moments = [moment for _, moment in self._changed_check_ins.values()]
        moments += [one.moment for one in self._touched.values() if one.moment]
        begins = [moment.earliest for moment in moments]
        return Touched(
            {one.barcode for one in loans} | self._doubts.now.keys(),
            set(self.loans),
            {(one.barcode, one.patron) for one in loans if one.patron},
            self.whole | idle,
            {boot for _, boot in self._dated},
            since=None if None in begins else min((one for one in begins if one is not None), default=None),
        )

    def write(self, now_ms: int) -> tuple[list[str], dict[str, int]]:
        """Write what changed, and tell the stations; answers the ids of the disputes that it opens, and under which
        number of the changes each loan is told."""
        self._write_check_ins()
        self._write_ends()
        boots = [
            {"library_id": self._library, "device": device, "boot": boot, **self.boots[device, boot]._asdict()}
            for device, boot in self._dated
        ]
        put(self._connection, dated_boot, boots)
        put(self._connection, loan, [one.row(self._library) for one in self._touched.values()])
        news = []
        for one in self._touched.values():
            published = one.published()
            # Also what stays as it was: a station that had something to say of it waits for an answer.
            if published is not None and (published != changes.NO_MORE or one.id in self._told):
                news.append(changes.Thing("loan", one.id, published))
        first = changes.publish(self._connection, self._library, news)
        return self._doubts.write(now_ms), {thing.id: number for number, thing in enumerate(news, first)}

    def _write_check_ins(self) -> None:
        mine = {"library_id": self._library}
        for place in self._gone_check_ins:
            self._connection.execute(sa.delete(check_in).where(*_is(check_in, self._library, place)))
        rows = [
            {**mine, "barcode": barcode, **columns_of(moment)} for barcode, moment in self._changed_check_ins.values()
        ]
        put(self._connection, check_in, rows)

    def _write_ends(self) -> None:
        for identity, place in self._gone_ends:
            here = (loan_end.c.loan_id == identity, *_is(loan_end, self._library, place))
            self._connection.execute(sa.delete(loan_end).where(*here))
        rows: list[dict[str, Any]] = [
            {"library_id": self._library, "loan_id": identity, **place._asdict(), "named": named}
            for (identity, place), named in self._new_ends.items()
        ]
        # One that ended a loan by its time may be found to name it.
        put(self._connection, loan_end, [row for row in rows if row["named"]])
        add_new(self._connection, loan_end, [row for row in rows if not row["named"]])


def _is(table: sa.Table, library: str, place: Place) -> list[sa.ColumnElement[bool]]:
    return [
        table.c.library_id == library,
        table.c.device == place.device,
        table.c.epoch == place.epoch,
        table.c.seq == place.seq,
    ]
