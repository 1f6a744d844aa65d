"""Who brought books back late before the centre kept it is suspended once its database is up to date."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import late_returns, suspensions
from central_server.database import Store, Where, open_store, reading
from central_server.tables.library import library as library_table
from tests.central_server.databases import Databases
from tests.central_server.late import SUSPENDING, Known, day, heard, late_return_of, suspended
from tests.central_server.support import NOON_MS, Station, bring, bring_a_small_library, option_of, run
from tests.central_server.test_database import at_revision, rows_for

_KEPT_THEN = ("library", "title", "item", "patron", "change", "operation", "loan", "check_in", "loan_end")


def from_before(databases: Databases, source: Store) -> Where:
    """A database of the program from before, with what `source` has, where nobody has ever been suspended."""
    where = databases.new()
    # 0015 only begins to count, and then nothing but our program can write loans.
    engine, old = at_revision(where, "0014"), sa.MetaData()
    old.reflect(engine)
    with source.reading.connect() as then, engine.begin() as now:
        for name in _KEPT_THEN:
            if rows := rows_for(old.tables[name], then):
                now.execute(old.tables[name].insert(), rows)
    engine.dispose()
    return where


def two_late(store: Store, known: Known, folder: Path, rules: str = "") -> None:
    """HS1 and HS2 brought a book back five days late, while nothing suspended; then `rules` came."""
    station = Station(wall_ms=NOON_MS - 1)
    heard(store, station, *late_return_of(station, known["patron"]["HS1"]))
    heard(store, station, *late_return_of(station, known["patron"]["HS2"], barcode="TK.2"))
    assert suspended(store, known["patron"]["HS1"]) == (None, None)
    if rules:
        bring(store, "circulation", rules, folder)


def left(store: Store) -> list[str | None]:
    with reading(store) as connection:
        return list(connection.scalars(sa.select(library_table.c.late_after)))


@pytest.fixture
def before(databases: Databases, tmp_path: Path) -> tuple[Where, Known]:
    """A database from before of a library that suspends, and the library's ids."""
    source = open_store(databases.new())
    known = bring_a_small_library(source, tmp_path)
    two_late(source, known, tmp_path, SUSPENDING)
    with source.writing.begin() as connection:
        # What the program of today told of them was not told then.
        connection.execute(sa.text('UPDATE change SET data = replace(data, \'"suspended_until":"\', \'"then":"\')'))
    where = from_before(databases, source)
    source.close()
    return where, known


def test_a_migrated_database_considers_everybody_even_after_a_stop(
    before: tuple[Where, Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, known = before
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    store = open_store(where, migrate=True)
    assert left(store) == [""]
    reckoned, reckon = [], late_returns.reckon

    def stops(connection: sa.Connection, library: str, barcodes: list[str]) -> set[str]:
        reckoned.append(barcodes)
        if len(reckoned) == 2:
            raise KeyboardInterrupt
        return reckon(connection, library, barcodes)

    monkeypatch.setattr(late_returns, "_CHUNK", 1)
    monkeypatch.setattr(late_returns, "reckon", stops)
    with pytest.raises(KeyboardInterrupt):
        suspensions.catch_up(store)
    assert left(store) == ["TK.1"]
    assert suspended(store, an) == (day(11), None)
    suspensions.catch_up(store)
    assert reckoned == [["TK.1"], ["TK.2"], ["TK.2"]], "what was done is not done again"
    assert left(store) == [None]
    assert [suspended(store, one) for one in (an, ha)] == [(day(11), None)] * 2
    suspensions.catch_up(store)
    assert len(reckoned) == 3
    store.close()


@pytest.mark.slow
def test_the_command_that_migrates_considers_everybody(before: tuple[Where, Known]) -> None:
    where, known = before
    assert run("migrate", *option_of(where)).returncode == 0
    store = open_store(where)
    assert (suspended(store, known["patron"]["HS1"]), left(store)) == ((day(11), None), [None])
    store.close()


def test_where_nothing_suspends_the_rules_that_do_consider_everybody(
    store: Store, known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_late(store, known, tmp_path)
    with store.writing.begin() as connection:
        connection.execute(sa.update(library_table).values(late_after=""))
    with monkeypatch.context() as nothing:
        nothing.delattr(late_returns, "reckon")
        suspensions.catch_up(store)
    assert left(store) == [None]
    bring(store, "circulation", SUSPENDING, tmp_path)
    assert suspended(store, known["patron"]["HS2"]) == (day(11), None)
