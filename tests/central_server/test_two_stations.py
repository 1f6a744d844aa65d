"""Two stations, one book: every row of the protocol's table of interleavings, in every order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from central_server import settling
from central_server.database import Store
from central_server.tables.operations import loan
from tests.central_server.support import NOON_MS, Operation, Station, feed, loan_of, take, take_in, title_of

Known = dict[str, dict[str, str]]
HOUR_MS = 3_600_000


@dataclass
class Shelf:
    """Two stations of one library and the readers An and Bình. `lent`: loans by the name that a test gives them."""

    an: str
    binh: str
    title: str = ""
    a: Station = field(default_factory=Station)
    b: Station = field(default_factory=lambda: Station(device="tram-2", wall_ms=NOON_MS + HOUR_MS))
    written: list[tuple[str, Operation]] = field(default_factory=list)
    lent: dict[str, str] = field(default_factory=dict)

    def did(self, operation: Operation) -> Operation:
        """`operation` has happened, and waits to be sent."""
        device = self.a.device if operation["epoch"] == self.a.epoch else self.b.device
        self.written.append((device, operation))
        return operation

    def lends(self, name: str, station: Station, patron: str) -> Operation:
        out = self.did(station.check_out("TK.1", patron))
        self.lent[name] = loan_of(out)
        return out

    def takes_back(self, station: Station, *names: str) -> Operation:
        return self.did(station.check_in("TK.1", [self.lent[name] for name in names]))


# What happened, which loans are open, and the reasons of the disputes that are.
Case = tuple[Callable[[Shelf], None], set[str], list[str]]
CASES: dict[str, Case] = {}


def case(*is_open: str, disputes: tuple[str, ...] = ()) -> Callable[[Callable[[Shelf], None]], Callable[[Shelf], None]]:
    def keep(happens: Callable[[Shelf], None]) -> Callable[[Shelf], None]:
        CASES[happens.__name__] = happens, set(is_open), sorted(disputes)
        return happens

    return keep


@case("B", disputes=("already_on_loan",))
def lent_at_b_while_lent_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)


@case()
def lent_at_a_then_returned_at_b_which_knows_of_no_loan(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)


@case("again")
def returned_at_b_then_lent_again_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.lends("again", shelf.a, shelf.binh)


@case()
def renewed_at_b_after_it_was_returned_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.a, "A")
    shelf.did(shelf.b.renew("TK.1", shelf.an, shelf.lent["A"]))


@case()
def returned_at_a_while_renewed_at_b(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.renew("TK.1", shelf.an, shelf.lent["A"]))
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.takes_back(shelf.a, "A")


@case()
def loan_voided_at_a_after_its_book_was_returned_at_b(shelf: Shelf) -> None:
    out = shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b, "A")
    shelf.did(shelf.a.void(out))


@case("A")
def loan_at_b_voided_that_had_ended_the_one_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.void(shelf.lends("B", shelf.b, shelf.binh)))


@case("A")
def check_in_at_b_voided_that_had_ended_the_loan_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.void(shelf.takes_back(shelf.b)))


@case("A")
def hold_placed_at_b_while_lent_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.ask("place_hold", shelf.binh, title=shelf.title))


@case()
def lent_at_a_then_lent_at_b_then_returned_at_b(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.takes_back(shelf.b, "B")


@case("B")
def lent_at_a_and_at_b_to_the_same_reader(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.an)


@case("A", "B", disputes=("already_on_loan",))
def lent_at_a_and_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)


@case("A", disputes=("unclear_order",))
def lent_at_a_and_returned_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)


@case()
def lent_at_a_and_returned_at_b_which_has_no_clock_but_knows_the_loan(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b, "A")


@case("A", disputes=("unclear_order",))
def lent_at_a_and_lent_and_returned_twice_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    for name in ("B1", "B2"):
        shelf.lends(name, shelf.b, shelf.binh)
        shelf.takes_back(shelf.b, name)


@case()
def returned_at_b_in_a_boot_that_is_dated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS + HOUR_MS))


@case("A")
def returned_at_b_in_a_boot_that_is_dated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case("A")
def returned_at_b_in_a_boot_that_ended_undated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS - HOUR_MS))


@case("A", disputes=("unclear_order",))
def returned_at_b_in_a_boot_that_ended_undated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS + HOUR_MS))


@case()
def returned_at_b_in_a_boot_that_ended_undated_and_began_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS + 2 * HOUR_MS, after_ms=NOON_MS + HOUR_MS))


@case("B", disputes=("already_on_loan",))
def lent_at_b_in_a_boot_that_is_dated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS + HOUR_MS))


@case("A", disputes=("already_on_loan",))
def lent_at_b_in_a_boot_that_is_dated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case()
def lent_and_returned_over_two_openings_without_a_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    out = shelf.b.check_out("TK.1", shelf.binh)
    shelf.written.append((shelf.b.device, out))
    shelf.lent["B"] = loan_of(out)
    shelf.b.reopen()
    shelf.did(shelf.b.check_in("TK.2"))
    shelf.takes_back(shelf.b)


@case("B1", disputes=("unclear_order",))
def lent_in_a_tail_that_was_lost_and_returned_by_the_restored_copy(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.did(shelf.b.check_in("TK.2"))
    lost = shelf.b.copy()
    out = lost.check_out("TK.1", shelf.binh)
    shelf.written.append((shelf.b.device, out))
    shelf.lent["B1"] = loan_of(out)
    shelf.b.reopen()
    shelf.takes_back(shelf.b)


def arrivals(written: list[tuple[str, Operation]]) -> list[tuple[tuple[str, Operation], ...]]:
    """Every order; of many operations each station's own, the one or the other station first, and all turned round."""
    if len(written) < 4:
        return list(itertools.permutations(written))
    by_station = sorted(written, key=lambda one: one[0])
    backwards = sorted(written, key=lambda one: one[0], reverse=True)
    return [tuple(written), tuple(by_station), tuple(backwards), tuple(reversed(written))]


def open_loans(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(loan.c.id).where(loan.c.library_id == "hoa-sen", loan.c.open)))


def open_disputes(connection: sa.Connection) -> list[str]:
    """Why a person must look at the order of things."""
    order = ("already_on_loan", "unclear_order", "settled_otherwise")
    return sorted(one["reason"] for one in settling.listed(connection, "hoa-sen") if one["reason"] in order)


@pytest.mark.parametrize("name", CASES)
def test_comes_out_alike_in_every_order_of_arrival_when(store: Store, known: Known, name: str) -> None:
    happens, is_open, reasons = CASES[name]
    shelf = Shelf(known["patron"]["HS1"], known["patron"]["HS2"], title_of(store))
    happens(shelf)
    for arrival in arrivals(shelf.written):
        with store.writing.connect() as connection, connection.begin() as undone:
            for device, operation in arrival:
                take_in(connection, operation, device=device)
            assert open_loans(connection) == {shelf.lent[one] for one in is_open}
            assert open_disputes(connection) == reasons
            undone.rollback()


def test_moves_a_due_date_only_once_when_a_renewal_comes_after_the_return(store: Store, known: Known) -> None:
    shelf = Shelf(known["patron"]["HS1"], known["patron"]["HS2"])
    renewed_at_b_after_it_was_returned_at_a(shelf)
    for device, operation in shelf.written:
        take(store, operation, device=device)
    (told,) = [one["data"] for one in feed(store)[0] if one["kind"] == "loan"]
    assert (told["open"], told["due_on"], told["renewals"]) == (False, "2026-12-15", 1)
