"""Two schools on one server with everything the same: nothing of one is ever seen at the other."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from central_server import chain_audit, deciding, erasing, pages, settings, staff
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.ledger import read_ledger
from central_server.tables import metadata
from central_server.tables.library import patron_card
from central_server.tables.organisations import ABOVE_LIBRARIES
from tests.central_server.support import (
    ACCEPTED,
    NOON_MS,
    Operation,
    Station,
    bring_a_small_library,
    disputed,
    feed,
    loan_of,
    put_on_list,
    request_id,
    take,
)

Known = dict[str, dict[str, str]]
LIBRARIES = ("hoa-sen", "sao-mai")


def unscoped(statement: str) -> set[str]:
    """The tables in a statement of which no `library_id` is compared or given. The list of libraries has none,
    nor has what is the centre's own."""
    named = set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE|FROM \w+,) (\w+)\b", statement)) & set(metadata.tables)
    scoped = set(re.findall(r"\b(\w+)\.library_id\b|INTO (\w+) \(library_id\b", statement))
    return named - {name for pair in scoped for name in pair} - {"library", "server_key"} - ABOVE_LIBRARIES


@pytest.fixture
def twins(store: Store, known: Known, tmp_path: Path) -> Store:
    """Two libraries with the same barcodes and cards; their ids of titles, items and patrons are the same too."""
    bring_a_small_library(store, tmp_path, "sao-mai")
    with store.writing.begin() as connection:
        for table, name in (("title", "code"), ("item", "barcode"), ("patron", "card")):
            same = f"SELECT id FROM {table} AS twin WHERE twin.library_id = 'hoa-sen' AND twin.{name} = {table}.{name}"
            connection.exec_driver_sql(f"UPDATE {table} SET id = ({same}) WHERE library_id = 'sao-mai'")
        connection.exec_driver_sql(
            "UPDATE item SET title_id = (SELECT id FROM title LIMIT 1) WHERE library_id = 'sao-mai'"
        )
    return store


def history(library: str, known: Known, title: str, loan: str, request: str, epoch: str) -> list[Operation]:
    """With the same station, epoch, loan and request in every library."""
    an = known["patron"]["HS1"]
    station = Station(library, epoch=epoch)
    return [
        station.check_out("TK.1", an, loan),
        station.ask("place_hold", an, request=request, title=title),
        station.ask("card_link", known["patron"]["HS2"], private="HS.900"),
        station.check_in("TK.9"),
        station.check_out("TK.1", known["patron"]["HS3"]),
        station.write("visit", {"day": "2026-11-23"}, an),
    ]


def seen(store: Store, library: str) -> dict[str, Any]:
    """Everything that a library is shown."""
    with reading(store) as connection:
        requests = deciding.listed(connection, library, everything=True)
        audited = chain_audit.audit(connection, library)
    return {"feed": feed(store, library)[0], "ledger": read_ledger(store, library), "requests": requests, "of": audited}


def test_shows_nothing_of_one_library_to_the_other_when_all_their_names_are_the_same(
    twins: Store, known: Known
) -> None:
    with twins.reading.connect() as connection:
        title = str(connection.exec_driver_sql("SELECT id FROM title").scalar())
    same = (title, str(uuid4()), str(uuid4()), "ab" * 16)
    first, second = (history(library, known, *same) for library in LIBRARIES)
    before = copy.deepcopy(seen(twins, "sao-mai"))
    verdicts = [*[ACCEPTED] * 3, disputed("unknown_item"), disputed("already_on_loan"), ACCEPTED]
    # The hold comes after the loan of the same title: declined, and the same in both.
    assert take(twins, *first) == verdicts
    assert seen(twins, "sao-mai") == before
    here = copy.deepcopy(seen(twins, "hoa-sen"))
    assert take(twins, *second, library="sao-mai") == verdicts
    assert seen(twins, "hoa-sen") == here
    there = seen(twins, "sao-mai")
    assert there["ledger"]["disputes"] == here["ledger"]["disputes"] == 2
    with twins.writing.begin() as connection:
        by = {"by": "cô", "why": None, "now_ms": NOON_MS}
        deciding.decide(connection, "hoa-sen", request_id(first[2]), grant=True, **by)
        with pytest.raises(CannotDo, match="no request"):
            deciding.decide(connection, "sao-mai", request_id(first[2]), grant=True, **by)
        erasing.erase(connection, "hoa-sen", known["patron"]["HS1"], NOON_MS, with_open_loans=True)
    assert seen(twins, "sao-mai") == there
    assert take(twins, Station(epoch="cd" * 16).void(first[0]))[0][0] == "disputed"  # of a store that began anew
    assert seen(twins, "sao-mai") == there


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    for engine in (store.reading, store.writing):
        sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in (store.reading, store.writing):
        sa.event.remove(engine, "before_cursor_execute", note)


def test_scopes_every_statement_by_the_library(
    twins: Store, known: Known, statements: list[str], tmp_path: Path
) -> None:
    """Of every table that a statement names, `library_id` is asked for, set or compared."""
    with twins.reading.connect() as connection:
        title = str(connection.exec_driver_sql("SELECT id FROM title").scalar())
    statements.clear()
    batch = history("hoa-sen", known, title, str(uuid4()), str(uuid4()), "ab" * 16)
    station = Station(epoch="cd" * 16, predecessor={"epoch": "ab" * 16, "seq": 5, "hash": "00" * 32})
    ask = station.ask("cancel_hold", known["patron"]["HS1"], hold=request_id(batch[1]))
    status = station.ask("item_status", actor="librarian", barcode="TK.1", status="lost")
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    put_on_list(twins, ha)
    at_desk = [
        station.ask_at_desk("card_block", an),
        station.ask_at_desk("card_link", an, private="HS.901"),
        station.ask_at_desk("card_link", an, private="HS2"),
        *(station.ask_at_desk("patron_block", an, blocked=blocked) for blocked in (True, False)),
        station.ask_at_desk("patron_note", an, private="Hay để quên thẻ"),
        station.ask_at_desk("item_source", barcode="TK.1", source="donation"),
        *(station.ask_at_desk("settings", values={"self_return": way}) for way in ("to_check", "recorded")),
        station.write("hold_shelved", {"hold": request_id(batch[1]), "barcode": "TK.1", "day": "2026-11-23"}, an),
        station.write("help_call", {"day": "2026-11-23"}),
    ]
    take(
        twins,
        *at_desk,
        *batch,
        ask,
        status,
        station.void(batch[0]),
        station.renew("TK.1", str(uuid4()), loan_of(batch[0])),
    )
    with twins.writing.begin() as connection:
        for one in (batch[2], status):
            deciding.decide(connection, "hoa-sen", request_id(one), grant=True, by="cô", why=None, now_ms=NOON_MS)
        erasing.patron_of_card(connection, "hoa-sen", "HS1")
        staff.listed(connection, "hoa-sen")
        settings.put(connection, "hoa-sen", {"closed": "2026-11-23"}, now_ms=NOON_MS, fixed=True)
        settings.unfix(connection, "hoa-sen", "closed")
        staff.remove(connection, "hoa-sen", ha)
        staff.add(connection, "hoa-sen", ha, staff.Role.MAINTAINER, NOON_MS)
        erasing.erase(connection, "hoa-sen", known["patron"]["HS1"], NOON_MS, with_open_loans=True)
    seen(twins, "hoa-sen")
    pages.overview(twins)
    assert len(statements) > 60
    assert [(statement, names) for statement in statements if (names := unscoped(statement))] == []


def test_finds_a_statement_that_is_not_scoped(twins: Store, statements: list[str]) -> None:
    """The negative control of the test above."""
    with reading(twins) as connection:
        connection.execute(sa.select(patron_card.c.number).where(patron_card.c.patron_id == ""))
    assert unscoped(statements[-1]) == {"patron_card"}
