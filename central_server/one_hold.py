"""What a reader's wishes for one title come to: which of them count, and which one still waits.

A function of what is known and nothing else, as `central_server.one_book` is. The rules are those of docs/protocol.md,
*Two stations, one book*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from central_server.order import LATEST_MS, Moment, Order, Place


@dataclass(frozen=True, slots=True)
class Placing:
    """A `place_hold`, and every `cancel_hold` that names it."""

    id: str
    moment: Moment
    cancelled: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Lending:
    """A loan of the title to the reader. `over`: what ended it; or a person said that it is over."""

    id: str
    moment: Moment
    over: Sequence[Moment]
    is_said_to_be_over: bool = False


class Outcome(NamedTuple):
    """`why` it is declined; else it waits, unless it was cancelled or a loan serves it."""

    why: str | None = None
    is_cancelled: bool = False
    served_by: str | None = None


def consider(placings: Sequence[Placing], lent: Sequence[Lending], order: Order) -> Mapping[str, Outcome]:
    """What becomes of each of `placings`, by id."""
    return _Considered(lent, order).outcomes(placings)


class _Considered:
    def __init__(self, lent: Sequence[Lending], order: Order) -> None:
        self._lent = sorted(lent, key=lambda one: _at_the_latest(one.moment))
        self._is_before = order.is_before

    def outcomes(self, placings: Sequence[Placing]) -> dict[str, Outcome]:
        found: dict[str, Outcome] = {}
        granted: list[Placing] = []
        for one in self._from_the_earliest(placings):
            if any(self._is_before(lent.moment, one.moment) and not self._is_over(lent, one) for lent in self._lent):
                found[one.id] = Outcome("already_yours")
            elif not all(self._has_ended(earlier, one) for earlier in granted):
                found[one.id] = Outcome("already_waiting")
            else:
                granted.append(one)
                served_by = next((lent.id for lent in self._serving(one)), None)
                found[one.id] = Outcome(None, bool(one.cancelled), served_by)
        return found

    def _from_the_earliest(self, placings: Sequence[Placing]) -> Iterator[Placing]:
        """Each time one that none of those left is known to be before."""
        left = {one.id: one for one in sorted(placings, key=lambda one: _at_the_latest(one.moment))}
        before = {
            one.id: [other.id for other in placings if self._is_before(other.moment, one.moment)] for one in placings
        }
        while left:
            # Clocks that are wrong within what is allowed can make a ring with a chain.
            free = (identity for identity in left if not any(other in left for other in before[identity]))
            yield left.pop(next(free, next(iter(left))))

    def _is_over(self, lent: Lending, placing: Placing) -> bool:
        """Whether the loan is known to have been over when the reader asked."""
        if lent.is_said_to_be_over and self._is_before(lent.moment, placing.moment):
            return True
        return any(self._is_before(end, placing.moment) for end in lent.over)

    def _serving(self, placing: Placing) -> Iterator[Lending]:
        for lent in self._lent:
            if not self._is_before(lent.moment, placing.moment) and not self._is_over(lent, placing):
                yield lent

    def _has_ended(self, earlier: Placing, one: Placing) -> bool:
        """Whether `earlier` is known to have been cancelled or served when `one` was placed."""
        if any(self._is_before(cancel, one.moment) for cancel in earlier.cancelled):
            return True
        return any(
            self._is_before(lent.moment, one.moment) or self._is_over(lent, one) for lent in self._serving(earlier)
        )


def _at_the_latest(moment: Moment) -> tuple[int, Place]:
    return LATEST_MS if moment.latest is None else moment.latest, moment.place
