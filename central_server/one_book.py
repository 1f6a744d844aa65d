"""What the operations about one item come to: which of its loans are open, and what a person must look at.

A function of what is known and nothing else, so it is the same in whatever order things came. The rules are those of
docs/protocol.md, *Two stations, one book*.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from central_server.loans import Loan
from central_server.order import LATEST_MS, Moment, Order, Place
from central_server.wire import Reason, Way


class Doubt(NamedTuple):
    """A dispute about `place`, in which another operation (`held`) has a part."""

    place: Place
    reason: Reason
    subject: str
    held: Place


class Settled(NamedTuple):
    """A person settled the doubt about `place` and `subject` by `way`; `id` is that of the dispute."""

    id: str
    place: Place
    reason: Reason
    subject: str
    way: Way


@dataclass
class Book:
    """All that counts for the loans of one item. `named_ends`: the check-ins that name a loan, by its id."""

    loans: Mapping[str, Loan]
    check_ins: Mapping[Place, Moment]
    named_ends: Mapping[str, Collection[Place]]
    settled: Sequence[Settled]


@dataclass
class Outcome:
    """`after`: the check-in by which a loan that none names ended. `standing` loans were ended by no check-in."""

    after: dict[str, Place] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)


def consider(book: Book, order: Order) -> Outcome:
    """Which loans of `book` are open, and which disputes about them."""
    return _Considered(book, order).outcome


class _Considered:
    def __init__(self, book: Book, order: Order) -> None:
        self._book = book
        self._order = order
        self.outcome = Outcome()
        # What a person said: these loans are over, and these check-ins ended not these loans.
        self._over: set[str] = set()
        self._spared: set[tuple[str, Place]] = set()
        for settled in book.settled:
            if settled.reason is Reason.ALREADY_ON_LOAN:
                first, second = settled.subject.split()
                self._over.add(first if settled.way is Way.FIRST_OVER else second)
            elif settled.way is Way.ON_LOAN:
                self._spared.add((settled.subject, settled.place))
            else:
                self._over.add(settled.subject)
        standing = [one for one in book.loans.values() if self._stands(one)]
        self.outcome.standing = {one.id for one in standing}
        active = [one for one in standing if one.id not in self._over]
        unfinished = self._compare(active)
        self.outcome.open = {one.id for one in unfinished}
        for one in unfinished:
            self._doubt_check_ins(one)
        for settled in book.settled:
            self._doubt_settled(settled)

    def _stands(self, one: Loan) -> bool:
        if one.moment is None or one.voided:
            return False
        if self._book.named_ends.get(one.id):
            return False
        for place, back in self._book.check_ins.items():
            if (one.id, place) not in self._spared and self._order.is_before(one.moment, back):
                self.outcome.after[one.id] = place
                return False
        return True

    def _compare(self, active: Sequence[Loan]) -> list[Loan]:
        """Those of `active` that no other one ended: whoever holds the book is right."""
        over: set[str] = set()
        for number, one in enumerate(active):
            for other in active[number + 1 :]:
                first, second, is_known = self._ordered(one, other)
                same_reader = first.patron == second.patron
                if is_known or same_reader:
                    over.add(first.id)
                if not same_reader and not self._is_between(first, second, active):
                    subject = f"{first.id} {second.id}"
                    places = _moment(second).place, _moment(first).place
                    self.outcome.doubts.append(Doubt(places[0], Reason.ALREADY_ON_LOAN, subject, places[1]))
        left = [one for one in active if one.id not in over]
        # Clocks that are wrong within what is allowed can make a ring with a chain: somebody has the book.
        return left or sorted(active, key=_last)[-1:]

    def _ordered(self, one: Loan, other: Loan) -> tuple[Loan, Loan, bool]:
        """Both, the first first, and whether that is known: if not, by their places."""
        if self._order.is_before(_moment(one), _moment(other)):
            return one, other, True
        if self._order.is_before(_moment(other), _moment(one)):
            return other, one, True
        first, second = sorted((one, other), key=lambda loan: _moment(loan).place)
        return first, second, False

    def _is_between(self, first: Loan, second: Loan, active: Sequence[Loan]) -> bool:
        is_before = self._order.is_before
        return any(
            is_before(_moment(first), _moment(one)) and is_before(_moment(one), _moment(second)) for one in active
        )

    def _doubt_check_ins(self, one: Loan) -> None:
        """Of the check-ins that may have ended `one`, the last of each station: it tells of all before it."""
        lent, is_before = _moment(one), self._order.is_before
        maybe = [
            back for back in self._book.check_ins.values() if not is_before(lent, back) and not is_before(back, lent)
        ]
        for back in maybe:
            if (one.id, back.place) not in self._spared and not any(is_before(back, later) for later in maybe):
                self.outcome.doubts.append(Doubt(back.place, Reason.UNCLEAR_ORDER, one.id, lent.place))

    def _doubt_settled(self, settled: Settled) -> None:
        """A person's word stands, also against what came later; but then a person must look again."""
        loans, is_before = self._book.loans, self._order.is_before
        if settled.reason is Reason.ALREADY_ON_LOAN:
            first, second = (loans[identity] for identity in settled.subject.split())
            over, had_it = (first, second) if settled.way is Way.FIRST_OVER else (second, first)
            lent = _moment(over)
            ends = self._book.named_ends.get(had_it.id, ())
            contradicted = had_it.voided or any(
                is_before(back, lent)
                for place, back in self._book.check_ins.items()
                if place in ends or is_before(_moment(had_it), back)
            )
        else:
            over = loans[settled.subject]
            lent = _moment(over)
            back_then = self._book.check_ins.get(settled.place)
            if settled.way is Way.ON_LOAN:
                contradicted = back_then is not None and is_before(lent, back_then)
            else:
                contradicted = back_then is None or is_before(back_then, lent)
        if contradicted and over.id in self.outcome.standing:
            self.outcome.doubts.append(Doubt(settled.place, Reason.SETTLED_OTHERWISE, settled.id, lent.place))


def _moment(one: Loan) -> Moment:
    assert one.moment is not None, "only loans of which the check-out is known are compared"
    return one.moment


def _last(one: Loan) -> tuple[int, Place]:
    moment = _moment(one)
    return moment.latest if moment.latest is not None else LATEST_MS, moment.place
