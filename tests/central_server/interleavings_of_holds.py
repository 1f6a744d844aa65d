"""What happens to one reader's wishes for a title at two stations: more rows of the same table."""

from __future__ import annotations

from tests.central_server.interleavings import HOUR_MS, Shelf, case
from tests.central_server.support import NOON_MS, request_id


@case("Bình waits, then B, then returned")
def a_hold_at_a_served_by_a_loan_at_b(shelf: Shelf) -> None:
    shelf.waits(shelf.a, shelf.binh)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.takes_back(shelf.b, "B")


@case("Bình has it, then returned, then he waits", waits=("HS2",))
def a_hold_at_b_after_its_reader_gave_the_book_back_at_a(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.binh)
    shelf.takes_back(shelf.a, "A")
    shelf.waits(shelf.b, shelf.binh)


@case("Bình waits at A, and B, then returned, order unknown")
def a_hold_at_a_and_a_loan_at_b_which_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.waits(shelf.a, shelf.binh)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.takes_back(shelf.b, "B")


@case("the same, B's boot is dated later: before he waits", waits=("HS2",))
def a_hold_at_a_and_a_loan_at_b_in_a_boot_that_is_dated_before_it(shelf: Shelf) -> None:
    a_hold_at_a_and_a_loan_at_b_which_has_no_clock(shelf)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case("Bình has it, then waits, then returned")
def a_hold_at_a_of_who_has_the_book_from_b(shelf: Shelf) -> None:
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.waits(shelf.a, shelf.binh)
    shelf.takes_back(shelf.a, "B")


@case("Bình waits, then B, then B voided", waits=("HS2",))
def a_hold_at_a_served_by_a_loan_at_b_that_never_was(shelf: Shelf) -> None:
    shelf.waits(shelf.a, shelf.binh)
    shelf.did(shelf.b.void(shelf.lends("B", shelf.b, shelf.binh)))


@case("A, then B, then An waits, then returned", waits=("HS1",))
def a_hold_of_whose_book_went_on_to_another(shelf: Shelf) -> None:
    shelf.lends("A", shelf.a, shelf.an)
    shelf.lends("B", shelf.b, shelf.binh)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.waits(shelf.a, shelf.an)
    shelf.b.wall_ms += 3 * HOUR_MS
    shelf.takes_back(shelf.b, "B")


@case("Bình waits at A, then also at B", waits=("HS2",))
def holds_of_one_reader_at_both(shelf: Shelf) -> None:
    shelf.waits(shelf.a, shelf.binh)
    shelf.waits(shelf.b, shelf.binh)


@case("Bình waits at A, and at B without a clock", waits=("HS2",))
def holds_of_one_reader_at_both_of_which_one_has_no_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    shelf.waits(shelf.b, shelf.binh)
    shelf.waits(shelf.a, shelf.binh)


@case("Bình waits at A, then also in a boot of B that is dated later", waits=("HS2",))
def holds_of_one_reader_of_which_one_is_dated_later(shelf: Shelf) -> None:
    holds_of_one_reader_at_both_of_which_one_has_no_clock(shelf)
    shelf.did(shelf.b.date_boot(shelf.b.boot, NOON_MS - HOUR_MS))


@case("Bình waits at A, then cancels it, then waits at B", waits=("HS2",))
def a_hold_at_b_after_the_one_at_a_was_cancelled(shelf: Shelf) -> None:
    shelf.cancels(shelf.a, shelf.waits(shelf.a, shelf.binh))
    shelf.waits(shelf.b, shelf.binh)


@case("Bình waits at A, then also at B, then cancels the first")
def a_hold_that_is_cancelled_after_a_second_one(shelf: Shelf) -> None:
    first = shelf.waits(shelf.a, shelf.binh)
    shelf.waits(shelf.b, shelf.binh)
    shelf.a.wall_ms += 2 * HOUR_MS
    shelf.cancels(shelf.a, first)


@case("Bình waits at B over two openings, without a clock, and cancels the first between", waits=("HS2",))
def holds_over_two_openings_without_a_clock(shelf: Shelf) -> None:
    shelf.b.trusted = False
    device = shelf.b.device
    first = shelf.b.ask("place_hold", shelf.binh, title=shelf.title)
    shelf.written.append((device, first))
    shelf.written.append((device, shelf.b.ask("cancel_hold", shelf.binh, hold=request_id(first))))
    shelf.b.reopen()
    shelf.did(shelf.b.check_in("TK.2"))
    shelf.waits(shelf.b, shelf.binh)
