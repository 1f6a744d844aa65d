"""What happens to one book at two stations: the rows of the protocol's table of interleavings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.central_server.support import NOON_MS, Operation, Station, loan_of, request_id

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

    def waits(self, station: Station, patron: str) -> Operation:
        return self.did(station.ask("place_hold", patron, title=self.title))

    def cancels(self, station: Station, placed: Operation) -> None:
        self.did(station.ask("cancel_hold", placed["reader"]["patron"], hold=request_id(placed)))

    def takes_back(self, station: Station, *names: str) -> Operation:
        return self.did(station.check_in("TK.1", [self.lent[name] for name in names]))


@dataclass(frozen=True)
class Case:
    """`row`: of the protocol's table. `is_open`: loans by their names; `waits`: the cards of who waits then."""

    row: str
    happens: Callable[[Shelf], None]
    is_open: set[str]
    disputes: list[str]
    waits: list[str]


CASES: dict[str, Case] = {}
Happens = Callable[[Shelf], None]


def case(
    row: str, *is_open: str, disputes: tuple[str, ...] = (), waits: tuple[str, ...] = ()
) -> Callable[[Happens], Happens]:
    def keep(happens: Happens) -> Happens:
        CASES[happens.__name__] = Case(row, happens, set(is_open), sorted(disputes), sorted(waits))
        return happens

    return keep


@case("A, then B", "B", disputes=("already_on_loan",))
def lent_at_b_while_lent_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)


@case("A, then C")
def lent_at_a_then_returned_at_b_which_knows_of_no_loan(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)


@case("A, then C, then lent at A again", "again")
def returned_at_b_then_lent_again_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.lends("again", shelf.a, shelf.binh)


@case("A returned, then renewed at B")
def renewed_at_b_after_it_was_returned_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.a, "A")
    shelf.did(shelf.b.renew("TK.1", shelf.an, shelf.lent["A"]))


@case("renewed at B, then returned at A")
def returned_at_a_while_renewed_at_b(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.renew("TK.1", shelf.an, shelf.lent["A"]))
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.takes_back(shelf.a, "A")


@case("A, returned at B, A voided")
def loan_voided_at_a_after_its_book_was_returned_at_b(shelf: Shelf) -> None:
    out = shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b, "A")
    shelf.did(shelf.a.void(out))


@case("A, then B, then B voided", "A")
def loan_at_b_voided_that_had_ended_the_one_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.void(shelf.lends("B", shelf.b, shelf.binh)))


@case("A, then C, then C voided", "A")
def check_in_at_b_voided_that_had_ended_the_loan_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.did(shelf.b.void(shelf.takes_back(shelf.b)))


@case("A, a hold of Bình at B", "A", waits=("HS2",))
def hold_placed_at_b_while_lent_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.waits(shelf.b, shelf.binh)


@case("A, then B, then returned at B")
def lent_at_a_then_lent_at_b_then_returned_at_b(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.takes_back(shelf.b, "B")


@case("A to An, then at B to An", "B")
def lent_at_a_and_at_b_to_the_same_reader(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.an)


@case("A and B, order unknown", "A", "B", disputes=("already_on_loan",))
def lent_at_a_and_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)


@case("A and C, order unknown", "A", disputes=("unclear_order",))
def lent_at_a_and_returned_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)


@case("C, then A", "A")
def returned_at_b_then_lent_at_a(shelf: Shelf) -> None:
    shelf.takes_back(shelf.b)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.lends("A", shelf.a, shelf.an)


@case("A, then a return that names it, whatever the clocks")
def lent_at_a_and_returned_at_b_which_has_no_clock_but_knows_the_loan(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b, "A")


@case("A, and twice lent and returned at B, order unknown", "A", disputes=("unclear_order",))
def lent_at_a_and_lent_and_returned_twice_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    for name in ("B1", "B2"):
        shelf.lends(name, shelf.b, shelf.binh)
        shelf.takes_back(shelf.b, name)


@case("A and C, B's boot is dated later: after A")
def returned_at_b_in_a_boot_that_is_dated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS + HOUR_MS))


@case("A and C, B's boot is dated later: before A", "A")
def returned_at_b_in_a_boot_that_is_dated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case("A and C, B's boot is dated later: before A", "A")
def returned_at_b_in_a_boot_that_ended_undated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS - HOUR_MS))


@case("A and C, order unknown", "A", disputes=("unclear_order",))
def returned_at_b_in_a_boot_that_ended_undated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS + HOUR_MS))


@case("A and C, B's boot is dated later: after A")
def returned_at_b_in_a_boot_that_ended_undated_and_began_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.takes_back(shelf.b)
    shelf.did(shelf.b.date_boot(shelf.b.boot, None, NOON_MS + 2 * HOUR_MS, after_ms=NOON_MS + HOUR_MS))


@case("A and B, B's boot is dated later", "B", disputes=("already_on_loan",))
def lent_at_b_in_a_boot_that_is_dated_after_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS + HOUR_MS))


@case("A and B, B's boot is dated later", "A", disputes=("already_on_loan",))
def lent_at_b_in_a_boot_that_is_dated_before_the_loan_at_a(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case("lent and returned at B over two openings, without a clock")
def lent_and_returned_over_two_openings_without_a_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    out = shelf.b.check_out("TK.1", shelf.binh)
    shelf.written.append((shelf.b.device, out))
    shelf.lent["B"] = loan_of(out)
    shelf.b.reopen()
    shelf.did(shelf.b.check_in("TK.2"))
    shelf.takes_back(shelf.b)


@case(
    "A in a tail that was lost, C by the restored card, without a clock", "B1", disputes=("lost_tail", "unclear_order")
)
def lent_in_a_tail_that_was_lost_and_returned_by_the_restored_copy(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.did(shelf.b.check_in("TK.2"))
    lost = shelf.b.copy()
    out = lost.check_out("TK.1", shelf.binh)
    shelf.written.append((shelf.b.device, out))
    shelf.lent["B1"] = loan_of(out)
    shelf.b.reopen()
    shelf.takes_back(shelf.b)
