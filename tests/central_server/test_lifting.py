"""Somebody lends again to who is suspended: at a desk, or at the centre."""

import json
from pathlib import Path

import pytest

from central_server import deciding, suspensions
from central_server.database import Store
from tests.central_server.desks import GRANTED, asks, declined, told
from tests.central_server.late import DAY, DAY_MS, LATER_MS, SUSPENDING, Known, day, heard, late_return_of, suspended
from tests.central_server.support import (
    NOON_MS,
    Station,
    bring,
    feed,
    option_of,
    put_on_list,
    request_id,
    run,
)


@pytest.fixture(autouse=True)
def rules(store: Store, known: Known, tmp_path: Path) -> None:
    """Three days late, seven days without; HS3 works at the desk."""
    bring(store, "circulation", SUSPENDING, tmp_path)
    put_on_list(store, known["patron"]["HS3"])


@pytest.fixture
def a() -> Station:
    return Station(wall_ms=NOON_MS - 1)


@pytest.fixture
def b() -> Station:
    return Station(device="tram-2", wall_ms=NOON_MS - 1)


def test_a_desk_that_lends_again_lifts_it_for_what_was_returned_until_then(
    store: Store, known: Known, a: Station, b: Station
) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    b.wall_ms = NOON_MS + 6 * DAY_MS
    lent_again = b.ask_at_desk("patron_block", an, blocked=False)
    _, cursor = feed(store)
    heard(store, b, lent_again)
    assert suspended(store, an) == (None, day(6))
    # The station takes what is told behind the answer: what came before it may be from before it was heard.
    news = [(one["kind"], one["id"]) for one in feed(store, cursor=cursor)[0]]
    assert news[-1] == ("patron", an)
    assert ("request", request_id(lent_again)) in news
    heard(store, a, *late_return_of(a, an, 6, "TK.2"))
    assert suspended(store, an) == (None, day(6)), "on the same day"
    heard(store, a, *late_return_of(a, an, 7, "TK.3"))
    assert suspended(store, an) == (day(13), day(6))


@pytest.mark.parametrize("first_heard", ["the return", "the word"])
def test_what_was_returned_before_is_lifted_whoever_is_heard_first(
    store: Store, known: Known, a: Station, b: Station, first_heard: str
) -> None:
    an = known["patron"]["HS1"]
    b.wall_ms = NOON_MS + 6 * DAY_MS
    said = [(a, late_return_of(a, an)), (b, [b.ask_at_desk("patron_block", an, blocked=False)])]
    for station, operations in said if first_heard == "the return" else reversed(said):
        heard(store, station, *operations)
    assert suspended(store, an) == (None, day(6))


@pytest.mark.parametrize("first_heard", [0, 1])
def test_what_is_overtaken_lifts_it_all_the_same(
    store: Store, known: Known, a: Station, b: Station, first_heard: int
) -> None:
    """Else it would be lifted or not by who is heard first."""
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    a.wall_ms, b.wall_ms = NOON_MS + 6 * DAY_MS, NOON_MS + 7 * DAY_MS
    said = [(a, a.ask_at_desk("patron_block", an, blocked=False)), (b, b.ask_at_desk("patron_block", an, blocked=True))]
    for station, operation in said if first_heard == 0 else reversed(said):
        heard(store, station, operation)
    assert suspended(store, an) == (None, day(6))
    assert told(store, "patron", an)["blocked"]


def test_nobody_lifts_it_who_is_not_of_the_staff(store: Store, known: Known, a: Station, b: Station) -> None:
    an, stranger = known["patron"]["HS1"], known["patron"]["HS2"]
    heard(store, a, *late_return_of(a, an))
    before = suspended(store, an)
    b.wall_ms = NOON_MS + 6 * DAY_MS
    waits = b.ask_at_desk("patron_block", an, blocked=False, staff=stranger)
    heard(store, b, waits, b.ask("patron_block", an, blocked=False))
    assert suspended(store, an) == before == (day(11), None)
    with store.writing.begin() as connection:
        deciding.decide(connection, "hoa-sen", request_id(waits), grant=True, by="cô", why=None, now_ms=LATER_MS)
    assert suspended(store, an) == (None, day(6))


def test_a_year_ahead_lifts_nothing_for_a_year(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    a.wall_ms = NOON_MS + 365 * DAY_MS
    heard(store, a, a.ask_at_desk("patron_block", an, blocked=False), now_ms=NOON_MS)
    assert suspended(store, an) == (None, day(0))


@pytest.mark.slow
def test_the_office_lifts_it(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    common = ("lift-suspension", *option_of(store.where), "--library", "hoa-sen", "--card")
    lifted = run(*common, "HS1", "--json")
    assert lifted.returncode == 0, lifted.stderr
    through = json.loads(lifted.stdout)["lifted_on"]
    assert suspended(store, an) == (None, through)
    with store.writing.begin() as connection:
        suspensions.lift(connection, "hoa-sen", an, DAY)
    assert suspended(store, an) == (None, through), "it is never taken back"
    nobody = run(*common, "HS9")
    assert (nobody.returncode, nobody.stderr) == (2, "Nobody in this library has that card; nothing was done.\n")


def test_a_declined_word_of_a_person_lifts_nothing(store: Store, known: Known, a: Station) -> None:
    an = known["patron"]["HS1"]
    heard(store, a, *late_return_of(a, an))
    a.wall_ms = NOON_MS + 6 * DAY_MS
    assert asks(store, a, a.ask("patron_block", an, blocked=False)) == declined("no_librarian") != GRANTED
    assert suspended(store, an) == (day(11), None)
