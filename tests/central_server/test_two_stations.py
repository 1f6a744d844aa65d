"""Two stations, one book: every row of the protocol's table of interleavings, in every order of arrival."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from central_server import settling
from central_server.changes import read_page
from central_server.database import Store
from central_server.tables.operations import loan
from tests.central_server import interleavings_of_holds as _interleavings_of_holds  # noqa: F401
from tests.central_server.interleavings import CASES, Shelf
from tests.central_server.support import ROOT, Operation, feed, take, take_in, title_of

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "protocol.md"
Known = dict[str, dict[str, str]]
Wishes = dict[str, tuple[object, object]]


def arrivals(written: list[tuple[str, Operation]], most: int) -> list[tuple[tuple[str, Operation], ...]]:
    """Every order; of more than `most` each station's own, the one or the other station first, and all turned round."""
    if len(written) <= most:
        return list(itertools.permutations(written))
    by_station = sorted(written, key=lambda one: one[0])
    backwards = sorted(written, key=lambda one: one[0], reverse=True)
    return [tuple(written), tuple(by_station), tuple(backwards), tuple(reversed(written))]


def open_loans(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(loan.c.id).where(loan.c.library_id == "hoa-sen", loan.c.open)))


def open_disputes(connection: sa.Connection) -> list[str]:
    return sorted(one["reason"] for one in settling.listed(connection, "hoa-sen"))


def wishes(connection: sa.Connection) -> Wishes:
    """Who waits since when, and what was said of every wish."""
    told: Wishes = {}
    for one in read_page(connection, "hoa-sen", "", 2_000).changes:
        data = msgspec.json.decode(one.data)
        if one.kind == "hold" and data:
            told[one.id] = (data["patron"], data["placed_ms"])
        elif one.kind == "request":
            told[f"request {one.id}"] = (data["state"], data["why"])
    return told


@pytest.mark.parametrize("name", CASES)
def test_comes_out_alike_in_every_order_of_arrival_when(store: Store, known: Known, name: str) -> None:
    case = CASES[name]
    shelf = Shelf(known["patron"]["HS1"], known["patron"]["HS2"], title_of(store))
    case.happens(shelf)
    found: list[Wishes] = []
    # PostgreSQL takes as long for a row of 120 orders as for all the others.
    most = 5 if isinstance(store.where, Path) else 4
    for arrival in arrivals(shelf.written, most):
        with store.writing.connect() as connection, connection.begin() as undone:
            for device, operation in arrival:
                take_in(connection, operation, device=device)
            assert open_loans(connection) == {shelf.lent[one] for one in case.is_open}
            assert open_disputes(connection) == case.disputes
            found.append(wishes(connection))
            undone.rollback()
    assert all(one == found[0] for one in found)
    waiting = [card for card in ("HS1", "HS2") for who, _ in found[0].values() if who == known["patron"][card]]
    assert waiting == case.waits


def table() -> dict[str, list[str]]:
    """The protocol's table of interleavings: of what happened, the reasons of the disputes."""
    lines = PAGE.read_text().split("| what happened |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {what: sorted(re.findall("`([a-z_]+)`", disputes)) for what, _, disputes, _ in cells}


def test_tries_every_row_of_the_table_and_no_other() -> None:
    assert {one.row: one.disputes for one in CASES.values()} == table()


def test_moves_a_due_date_only_once_when_a_renewal_comes_after_the_return(store: Store, known: Known) -> None:
    shelf = Shelf(known["patron"]["HS1"], known["patron"]["HS2"])
    CASES["renewed_at_b_after_it_was_returned_at_a"].happens(shelf)
    for device, operation in shelf.written:
        take(store, operation, device=device)
    (told,) = [one["data"] for one in feed(store)[0] if one["kind"] == "loan"]
    assert (told["open"], told["due_on"], told["renewals"]) == (False, "2026-12-15", 1)
