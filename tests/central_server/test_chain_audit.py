"""The centre's audit: a healthy store passes, whatever was disputed in it; a changed one is found and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import erasing
from central_server.chain_audit import Fault, Report, audit
from central_server.database import Store, reading
from central_server.tables.operations import dispute, operation, operation_body, operation_reader
from tests.central_server.support import NOON_MS, Station, loan_of, option_of, run, take

Known = dict[str, dict[str, str]]


def audited(store: Store, library: str | None = None) -> Report:
    with reading(store) as connection:
        return audit(connection, library)


@pytest.fixture
def busy(store: Store, known: Known) -> Store:
    """Twelve operations of two stations, among them one of each kind of misplaced ones."""
    an = known["patron"]["HS1"]
    one, two = Station(epoch="aa" * 16), Station(device="tram-2", epoch="bb" * 16)
    out = one.check_out("TK.1", an)
    take(store, out, one.renew("TK.1", an, loan_of(out)), one.check_in("TK.1", [loan_of(out)]))
    one.reopen().epoch = "cc" * 16
    missing = one.check_in("TK.2")
    take(store, missing | {"seq": 1}, one.check_in("TK.3"))
    one.check_in("TK.1")
    take(store, one.check_in("TK.2"))  # a gap
    one.last_hash = "12" * 32
    take(store, one.check_in("TK.3"))  # a broken chain
    one.seq += 1
    take(store, one.seal("nobody can read this"), one.check_in("TK.1"))
    false = two.check_out("TK.1", an)
    false["reader"]["patron"] = known["patron"]["HS2"]
    take(store, false, two.check_in("TK.1"), device="tram-2")
    two.epoch, two.seq, two.last_hash = "dd" * 16, 0, "00" * 32
    two.predecessor = None
    take(store, two.check_in("TK.1"), device="tram-2")  # began anew
    return store


def test_passes_when_every_misplaced_operation_has_its_dispute(busy: Store) -> None:
    expected = Report(libraries=1, devices=2, epochs=4, operations=12, readers=3, erased=0, disputed=5)
    assert audited(busy) == expected
    assert audited(busy, "hoa-sen") == expected
    assert audited(busy, "sao-mai") == Report()


def test_passes_when_a_reader_was_erased(busy: Store, known: Known) -> None:
    with busy.writing.begin() as connection:
        erasing.erase(connection, "hoa-sen", known["patron"]["HS1"], NOON_MS)
    report = audited(busy)
    assert (report.fault, report.readers, report.erased) == (None, 1, 2)


def at(epoch: str, seq: int) -> tuple[sa.ColumnElement[bool], ...]:
    return operation.c.epoch == epoch * 16, operation.c.seq == seq


def flip_a_body(connection: sa.Connection) -> None:
    second = operation_body.c.position == 2
    body = connection.scalar(sa.select(operation_body.c.body).where(second))
    changed = body.replace(b"2026-12-15", b"2026-12-16")
    connection.execute(sa.update(operation_body).where(second).values(body=changed))


def delete_a_body(connection: sa.Connection) -> None:
    connection.execute(sa.delete(operation_body).where(operation_body.c.position == 3))


def flip_a_hash(connection: sa.Connection) -> None:
    connection.execute(sa.update(operation).where(*at("aa", 3)).values(hash="0f" * 32))


def delete_a_row(connection: sa.Connection) -> None:
    connection.execute(sa.delete(operation).where(*at("aa", 2)))


def delete_a_dispute(connection: sa.Connection) -> None:
    connection.execute(sa.delete(dispute).where(dispute.c.reason == "gap"))


def swap_two(connection: sa.Connection) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        connection.execute(sa.update(operation).where(*at("aa", old)).values(seq=new))


def change_a_reader(connection: sa.Connection) -> None:
    where = operation_reader.c.position == 2
    connection.execute(
        sa.update(operation_reader).where(where).values(patron_id="11111111-1111-1111-1111-111111111111")
    )


FIRST = Fault("hoa-sen", 0, "tram-1", "aa" * 16, 0, "")
CHANGES: list[tuple[Callable[[sa.Connection], None], Fault]] = [
    (flip_a_body, replace(FIRST, position=2, seq=2, what="the hash does not follow from the operation before")),
    (flip_a_hash, replace(FIRST, position=3, seq=3, what="the hash does not follow from the operation before")),
    (delete_a_body, replace(FIRST, position=3, seq=3, what="the body is missing")),
    (delete_a_row, Fault("hoa-sen", 2, "", "", 0, "an operation is missing")),
    (delete_a_dispute, Fault("hoa-sen", 6, "tram-1", "cc" * 16, 4, "the dispute about it is missing")),
    (swap_two, replace(FIRST, position=3, seq=2, what="the body cannot be read")),
    (change_a_reader, replace(FIRST, position=2, seq=2, what="the reader does not match the commitment")),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_names_the_first_fault_when_something_was_changed(
    busy: Store, change: Callable[[sa.Connection], None], expected: Fault
) -> None:
    with busy.writing.begin() as connection:
        for table, act in product(("operation", "operation_body"), ("update", "delete")):
            of_table = "" if isinstance(busy.where, Path) else f" ON {table}"
            connection.exec_driver_sql(f"DROP TRIGGER {table}_refuses_{act}{of_table}")
        change(connection)
    found = audited(busy).fault
    assert found is not None
    assert replace(found, what=found.what.removesuffix(", and no dispute says so")) == expected


@pytest.mark.slow
def test_says_on_the_command_line_whether_every_chain_verifies(busy: Store) -> None:
    good = run("audit", *option_of(busy.where))
    assert (good.returncode, good.stdout.endswith(": every chain verifies\n")) == (0, True)
    with busy.writing.begin() as connection:
        change_a_reader(connection)
    bad = run("audit", *option_of(busy.where), "--library", "hoa-sen", "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["fault"]["seq"] == 2
    none = run("audit", *option_of(busy.where), "--library", "sao-mai")
    assert (none.returncode, none.stdout) == (2, "")
