"""What is counted as it happens is what a recount says, whatever happens and in whatever order."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_server import clock, erasing, year_roll
from central_server.class_names import left_name
from central_server.database import REVISION, Store, Where, open_store, reading
from central_server.statistics import marks, recount
from central_server.tables.figures import period_secret, reader_mark, tally
from central_server.tables.library import patron
from central_server.tables.operations import loan
from tests.central_server.databases import Databases
from tests.central_server.support import Station, bring, bring_a_small_library, loan_of, option_of, run, take, title_of
from tests.central_server.test_any_order import History, histories, send, written
from tests.central_server.test_database import at_revision

Known = dict[str, dict[str, str]]
_DAY_MS = 24 * 3_600_000


def kept(store: Store, library: str = "hoa-sen") -> dict[tuple[str, str, str], int]:
    """(measure, month, part) → count, of what is not nothing."""
    with reading(store) as connection:
        rows = connection.execute(sa.select(tally).where(tally.c.library_id == library, tally.c.count != 0))
        found = [dict(row) for row in rows.mappings()]
    return {(row["measure"], row["month"], row["part"]): row["count"] for row in found}


def differences(store: Store, library: str | None = None) -> list[recount.Difference]:
    with reading(store) as connection:
        return recount.differences(connection, library)


def lately(**other: Any) -> Station:
    """A station that works now: its months are open for a while yet."""
    return Station(wall_ms=clock.now_ms(), **other)


@pytest.fixture(scope="module")
def shared(databases: Databases, empty_database: Where) -> Iterator[Store]:
    store = open_store(databases.new(empty_database))
    yield store
    store.close()


def test_counts_what_a_library_has_and_does(store: Store, known: Known, tmp_path: Path) -> None:
    station = lately()
    month = clock.today()[:7]
    patron = known["patron"]["HS1"]
    out = station.check_out("TK.1", patron)
    take(store, out, station.renew("TK.1", patron, loan_of(out)), station.check_in("TK.1", [loan_of(out)]))
    day = clock.today()
    take(
        store,
        station.write("visit", {"day": day}, patron),
        station.write("help_call", {"day": day}),
        station.write("in_house_use", {"barcode": "TK.2", "item": None, "day": day}, actor="anyone"),
        station.write("in_house_use", {"barcode": "TK.2", "item": None, "day": day}, actor="anyone"),
    )
    counted = kept(store)
    assert counted["loans", month, ""] == 1
    assert counted["loans_by_group", month, "hs/"] == 1
    assert (counted["returns", month, ""], counted["renewals", month, ""]) == (1, 1)
    assert [counted[one, month, ""] for one in ("visit", "help_call", "in_house_use")] == [1, 1, 2]
    assert (counted["titles", "", ""], counted["items", "", "available/"], counted["patrons", "", "hs"]) == (1, 3, 3)
    assert (counted["new_titles", month, ""], counted["new_items", month, ""]) == (1, 3)
    assert counted["readers", month, ""] == 1
    bring(store, "items", "Số ĐKCB,Mã đầu sách,Tình trạng\nTK.2,D1,hỏng\n", tmp_path)
    assert kept(store)["items", "", "damaged/"] == 1
    assert differences(store) == []


def test_counts_nobody_on_the_list_who_left_the_school(store: Store, known: Known, tmp_path: Path) -> None:
    def listed(classes: list[str]) -> dict[str, int]:
        people = "".join(f"HS{n},Nguyễn An,hs,{name}\n" for n, name in enumerate(classes, 1))
        bring(store, "patrons", f"Số thẻ,Họ và tên,Loại bạn đọc,Lớp\n{people}", tmp_path)
        assert differences(store) == []
        return {part: count for (measure, _, part), count in kept(store).items() if measure == "patrons"}

    assert listed(["9A", "9A · 2025", "9A · 2025-20266"]) == {"hs": 3}
    now, plan = clock.now_ms(), year_roll.Plan("2025-2026", {"9A": year_roll.LEAVES}, None)
    with store.writing.begin() as connection:
        looked = year_roll.look(connection, "hoa-sen", plan, clock.day_of(now))
        year_roll.carry_out(connection, "hoa-sen", plan, looked.print, "somebody", now)
    assert (kept(store)["patrons", "", "hs"], differences(store)) == (2, [])
    assert listed(["9A · 2025-2026"] * 3) == {}
    assert listed(["10A", "10A", left_name("9A", "2025-2026")]) == {"hs": 2}


def test_counts_the_list_again_when_an_older_database_is_migrated(
    databases: Databases, empty_database: Where, tmp_path: Path
) -> None:
    """And nothing else. From then on the triggers are the new ones, too."""
    where = databases.new(empty_database)
    store = open_store(where)
    patrons = bring_a_small_library(store, tmp_path)["patron"]
    leave = sa.update(patron).values(class_name=left_name("9A", "2025-2026"))
    with store.writing.begin() as connection:
        on = " ON patron" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER figures_patron_update{on}")
        connection.execute(leave.where(patron.c.id == patrons["HS1"]))
        connection.execute(sa.update(tally).where(tally.c.measure == "titles").values(count=7))
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0017'")
    assert kept(store)["patrons", "", "hs"] == 3
    store.close()
    engine = at_revision(where, "0018")
    with engine.begin() as connection:  # the tables are those of today all the time
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{REVISION}'")
    engine.dispose()
    store = open_store(where)
    assert (kept(store)["patrons", "", "hs"], kept(store)["titles", "", ""]) == (2, 7)
    with store.writing.begin() as connection:
        connection.execute(leave.where(patron.c.id == patrons["HS2"]))
    assert kept(store)["patrons", "", "hs"] == 1
    store.close()


def test_counts_each_reader_once_in_a_month(store: Store, known: Known) -> None:
    station, month = lately(), clock.today()[:7]
    first, second = known["patron"]["HS1"], known["patron"]["HS2"]
    for barcode in ("TK.1", "TK.2"):
        take(store, station.check_out(barcode, first))
    voided = station.check_out("TK.3", second)
    take(store, voided)
    assert kept(store)["readers", month, ""] == 2
    take(store, station.void(voided))
    assert kept(store)["readers", month, ""] == 1
    assert kept(store)["loans", month, ""] == 2
    assert differences(store) == []


def test_still_knows_how_many_when_readers_are_forgotten(store: Store, known: Known) -> None:
    station, month = lately(), clock.today()[:7]
    patron = known["patron"]["HS1"]
    take(store, station.check_out("TK.1", patron), station.check_out("TK.2", known["patron"]["HS2"]))
    with store.writing.begin() as connection:
        erasing.erase(connection, "hoa-sen", patron, 0, with_open_loans=True)
        connection.execute(sa.update(loan).values(patron_id=None))
    assert (kept(store)["readers", month, ""], kept(store)["loans_by_group", month, "hs/"]) == (2, 2)
    assert patron.encode() not in bytes(repr(kept(store)), "utf-8")
    assert differences(store) == []


def test_leads_to_nobody_when_a_period_is_over(store: Store, known: Known) -> None:
    """With the secret, whoever has the database can ask for each reader whether they borrowed; without, nobody can."""
    long_ago = clock.now_ms() - 500 * _DAY_MS
    patron = known["patron"]["HS1"]
    take(store, Station(wall_ms=long_ago).check_out("TK.1", patron), lately().check_out("TK.2", patron))
    with reading(store) as connection:
        secrets = {row.period: row.secret for row in connection.execute(sa.select(period_secret))}
    month = clock.today()[:7]
    assert secrets[clock.day_of(long_ago).isoformat()[:7]] is None
    assert secrets[month] is not None
    # What lies open is closed when the next period begins, or when somebody asks for it.
    with store.writing.begin() as connection:
        connection.execute(period_secret.insert(), {"library_id": "hoa-sen", "period": "2020-01", "secret": b"s" * 32})
        connection.execute(period_secret.insert(), {"library_id": "hoa-sen", "period": "2020-02", "secret": b"s" * 32})
    with reading(store) as connection:
        left = connection.scalar(
            sa.select(sa.func.count()).where(period_secret.c.period.like("2020%"), period_secret.c.secret.is_not(None))
        )
        assert left == 0
        assert connection.scalar(sa.select(sa.func.count()).where(period_secret.c.secret.is_not(None))) == 2
    assert differences(store) == []


@pytest.mark.slow
def test_says_what_is_wrong_and_mends_it(store: Store, known: Known, databases: Databases) -> None:
    station, month = lately(), clock.today()[:7]
    take(store, station.check_out("TK.1", known["patron"]["HS1"]))
    with store.writing.begin() as connection:
        connection.execute(sa.update(tally).where(tally.c.measure == "loans").values(count=7))
        connection.execute(sa.delete(tally).where(tally.c.measure == "titles"))
        connection.execute(sa.delete(reader_mark))
    found = {(one.measure, one.kept, one.counted) for one in differences(store)}
    assert {("loans", 7, 1), ("titles", 0, 1), ("reader_mark", 0, 1)} <= found
    store.close()
    said = run("figures", "recount", *option_of(store.where))
    assert (said.returncode, "kept 7, counted 1" in said.stdout) == (1, True)
    assert run("figures", "recount", "--mend", "--library", "hoa-sen", *option_of(store.where)).returncode == 1
    again = run("figures", "recount", *option_of(store.where))
    assert (again.returncode, again.stdout) == (0, "0 differences\n")
    assert kept(store)["readers", month, ""] == 1


def test_is_wrong_at_once_without_a_trigger(store: Store, known: Known) -> None:
    """The control: what the triggers do is done by nothing else."""
    name = "figures_loan_insert"
    with store.writing.begin() as connection:
        on = " ON loan" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
    take(store, lately().check_out("TK.1", known["patron"]["HS1"]))
    assert {one.measure for one in differences(store)} == {"loans", "loans_by_group"}


def check_counted(shared: Store, folder: Path, history: History, data: st.DataObject) -> None:
    """Let `history` come in any order, with imports, erasures and loans that lose their reader in between."""
    library = f"l-{uuid4().hex[:12]}"
    known = bring_a_small_library(shared, folder, library)
    operations = written(history, library, known["patron"], title_of(shared, library))
    chance = data.draw(st.randoms(use_true_random=False))
    rest = copy.deepcopy(operations + chance.choices(operations, k=8) if operations else [])
    chance.shuffle(rest)
    unlinked = False
    while rest:
        size = chance.choice((1, 2, 5, len(rest)))
        send(shared, library, rest[:size])
        rest = rest[size:]
        match chance.randrange(8):
            case 0:
                state = chance.choice(("tốt", "hỏng", "mất"))
                bring(
                    shared,
                    "items",
                    f"Số ĐKCB,Mã đầu sách,Tình trạng\nTK.1,D1,{state}\nTK.{size},D1,{state}\n",
                    folder,
                    library,
                )
            case 1:
                # Some leave, and some come back.
                classes = [chance.choice(("6A", left_name("9A", "2025-2026"))) for _ in range(2)]
                people = f"HS1,Nguyễn Minh An,{chance.choice(('hs', 'gv'))},{classes[0]}\nHS4,Lê Lan,hs,{classes[1]}\n"
                bring(shared, "patrons", f"Số thẻ,Họ và tên,Loại bạn đọc,Lớp\n{people}", folder, library)
            case 2 if (card := chance.choice(("HS2", "HS3"))) in known["patron"]:
                with shared.writing.begin() as connection:
                    erasing.erase(connection, library, known["patron"].pop(card), 0, with_open_loans=True)
                unlinked = True
            case 3:
                with shared.writing.begin() as connection:
                    mine = (loan.c.library_id == library, ~loan.c.open)
                    connection.execute(sa.update(loan).where(*mine).values(patron_id=None))
                unlinked = True
    assert differences(shared, library) == []
    if not unlinked:
        assert_marks_are_exact(shared, library)


def assert_marks_are_exact(store: Store, library: str) -> None:
    """While every reader is known, as many count in a month as borrowed, and not one more."""
    borrowed = (
        f"SELECT count(DISTINCT patron_id) FROM loan AS l WHERE {marks.counts('l')} AND library_id = :library "
        "AND substr(lent_on, 1, 7) = :month"
    )
    with reading(store) as connection:
        open_periods = sa.select(period_secret.c.period).where(
            period_secret.c.library_id == library, period_secret.c.secret.is_not(None)
        )
        for period in connection.scalars(open_periods).all():
            if "-" in period:
                counted = kept(store, library).get(("readers", period, ""), 0)
                assert connection.scalar(sa.text(borrowed), {"library": library, "month": period}) == counted


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_is_what_a_recount_says_whatever_happens(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: History, data: st.DataObject
) -> None:
    check_counted(shared, tmp_path_factory.getbasetemp(), history, data)


@pytest.mark.slow(20)
@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), data=st.data())
def test_is_often_what_a_recount_says_whatever_happens(
    shared: Store, tmp_path_factory: pytest.TempPathFactory, history: History, data: st.DataObject
) -> None:
    check_counted(shared, tmp_path_factory.getbasetemp(), history, data)
