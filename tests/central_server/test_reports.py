"""What a library says of itself, against what is known to have happened."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import reports, today
from central_server.clock import day_of
from central_server.database import Store, reading
from central_server.devices import State
from central_server.organisations import Node
from central_server.reports import Month
from central_server.statistics.commended import keen_readers
from central_server.statistics.periods import Kind, Period
from central_server.tables.figures import tally
from central_server.tables.keys import device
from central_server.tables.library import item, patron, title
from central_server.tables.organisations import organisation
from tests.central_server.signing import Key
from tests.central_server.support import NOON_MS, Station, bring, let_in, loan_of, take

Known = dict[str, dict[str, str]]
TODAY = day_of(NOON_MS)
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)
DAY_MS = 24 * 3_600_000


@pytest.fixture
def school(store: Store, known: Known, tmp_path: Path) -> Store:
    """HS1 of 7A and HS2 of 10A have borrowed; another library has done the same."""
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại\nD2,Góc sân và khoảng trời,STK\n", tmp_path)
    bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.9,D2\n", tmp_path)
    for library in ("hoa-sen", "sao-khue"):
        if library != "hoa-sen":
            people = "HS1,Bạn Khác,7A,hs\n"
            bring(store, "patrons", f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n{people}", tmp_path, library)
    with store.writing.begin() as connection:
        for card, name in (("HS1", "7A"), ("HS2", "10A")):
            mine = sa.update(patron).where(patron.c.library_id == "hoa-sen", patron.c.card == card)
            connection.execute(mine.values(class_name=name))
    station = Station()
    an, ha = known["patron"]["HS1"], known["patron"]["HS2"]
    one, two = station.check_out("TK.1", an), station.check_out("TK.2", ha)
    three = station.check_out("TK.3", an)
    use = {"barcode": "TK.2", "item": None, "day": "2026-11-20"}
    take(
        store,
        one,
        two,
        three,
        station.check_in("TK.2", [loan_of(two)]),
        station.void(three),
        station.check_in("TK.3"),
        station.write("in_house_use", use, actor="anyone"),
        station.write("visit", {"day": "2026-12-02"}, an),
    )
    return store


def test_counts_by_month_what_was_not_taken_back(school: Store) -> None:
    with reading(school) as connection:
        assert reports.by_month(connection, "hoa-sen", FIRST, LAST) == [
            Month("2026-11", 2, 2, 1, 0),
            Month("2026-12", 0, 0, 0, 1),
        ]
        assert reports.by_month(connection, "sao-khue", FIRST, FIRST) == [Month("2026-11", 0, 0, 0, 0)]
        assert reports.between(connection, "hoa-sen", FIRST, LAST) == Month("2026-12", 2, 2, 1, 1)
        assert reports.loans_by_class(connection, "hoa-sen", FIRST, LAST) == [
            ("7A", {"2026-11": 1}),
            ("10A", {"2026-11": 1}),
        ]


def test_counts_check_ins_as_the_figures_do(school: Store) -> None:
    station = Station(device="tram-2")
    take(school, station.check_in("TK.2"), station.check_in("TK.9"), device="tram-2")
    with reading(school) as connection:
        counted = sa.select(tally.c.count).where(tally.c.measure == "returns", tally.c.library_id == "hoa-sen")
        (month,) = reports.by_month(connection, "hoa-sen", FIRST, FIRST.replace(day=30))
        assert month.returns == connection.scalar(counted.where(tally.c.month == month.month)) == 4


def test_lists_what_is_late_by_class(school: Store, known: Known) -> None:
    with reading(school) as connection:
        assert reports.overdue(connection, "hoa-sen", TODAY) == []
        (late,) = reports.overdue(connection, "hoa-sen", date(2026, 12, 11))
    assert (late.class_name, late.name, late.barcode, late.days) == ("7A", "Nguyễn Minh An", "TK.1", 10)


def test_names_the_most_borrowed_and_what_nobody_borrowed(school: Store) -> None:
    with reading(school) as connection:
        (book,) = reports.most_borrowed(connection, "hoa-sen", FIRST, LAST)
        assert (book.title, book.copies, book.count) == ("Dế Mèn phiêu lưu ký", 3, 2)
        assert [one.title for one in reports.never_borrowed(connection, "hoa-sen", FIRST)] == ["Góc sân và khoảng trời"]
        both = reports.never_borrowed(connection, "hoa-sen", date(2027, 1, 1))
    # What is on loan is not idle, whenever it was lent.
    assert [one.title for one in both] == ["Góc sân và khoảng trời"]


def test_names_what_is_new(school: Store) -> None:
    with school.writing.begin() as connection:
        mine = sa.update(title).where(title.c.library_id == "hoa-sen")
        connection.execute(mine.values(added_on=None))
        connection.execute(mine.where(title.c.code == "D2").values(added_on=TODAY.isoformat()))
        found = reports.new_titles(connection, "hoa-sen", TODAY, TODAY)
        assert [(one.title, one.copies, day) for one, day in found] == [("Góc sân và khoảng trời", 1, TODAY)]
        assert reports.new_titles(connection, "hoa-sen", FIRST, FIRST) == []


def test_lists_what_is_gone_and_where_books_come_from(school: Store) -> None:
    with school.writing.begin() as connection:
        connection.execute(sa.update(item).where(item.c.barcode == "TK.9").values(status="lost", source="donation"))
    with reading(school) as connection:
        assert [(one.barcode, one.status) for one in reports.gone(connection, "hoa-sen")] == [("TK.9", "lost")]
        assert reports.sources(connection, "hoa-sen") == {"donation": (1, 0), None: (3, 3)}
        assert reports.never_borrowed(connection, "hoa-sen", FIRST) == []


def test_tells_what_was_reported_and_wished_without_who(school: Store, known: Known) -> None:
    station = Station(device="tram-2")
    an = known["patron"]["HS1"]
    fault = station.ask("fault_report", an, about="station", barcode=None, private="Màn hình mờ")
    take(school, fault, station.ask("suggestion", text="Đất rừng phương Nam"), device="tram-2")
    with reading(school) as connection:
        (broken,) = reports.said(connection, "hoa-sen", "fault_report")
        (wish,) = reports.said(connection, "hoa-sen", "suggestion")
    assert (broken.about, broken.text, broken.state) == ("station", "Màn hình mờ", "waiting")
    assert wish.text == "Đất rừng phương Nam"


def test_commends_who_borrows_and_is_not_late(school: Store) -> None:
    with reading(school) as connection:
        both = reports.commended(connection, "hoa-sen", FIRST, LAST, TODAY)
        later = reports.commended(connection, "hoa-sen", FIRST, LAST, date(2026, 12, 11))
    assert both == [("7A", "Nguyễn Minh An", 1), ("10A", "Trần Thu Hà", 1)]
    assert later == [("10A", "Trần Thu Hà", 1)]


def test_a_schools_page_commends_the_same_readers(school: Store) -> None:
    node = Node("t", None, "t/", "school", "Trường", one_school=True, commends=True, library="hoa-sen")
    months = Period(Kind.MONTH, 2026, 11)
    with school.writing.begin() as connection:
        row = {"id": "t", "path": "t/", "kind": "school", "name": "Trường", "one_school": True, "commends": True}
        connection.execute(organisation.insert(), row | {"library_id": "hoa-sen"})
        both = keen_readers(connection, node, months, TODAY)
        later = keen_readers(connection, node, months, date(2026, 12, 11))
    assert [one.name for one in both] == ["Nguyễn Minh An", "Trần Thu Hà"]
    assert [one.name for one in later] == ["Trần Thu Hà"]


def test_today_says_what_waits(school: Store, known: Known) -> None:
    station = Station(device="tram-2")
    bao = known["patron"]["HS3"]
    with reading(school) as connection:
        before = today.look(connection, "hoa-sen", NOON_MS)
    assert [one.why for one in today_checks(school)] == ["voided"]
    key = Key()
    let_in(school, key, "hoa-sen", "tram-2")
    help_ = station.write("help_call", {"day": "2026-11-18"}, actor="anyone")
    take(school, station.ask("place_hold", bao, title=other_title(school)), help_, device="tram-2")
    with reading(school) as connection:
        now = today.look(connection, "hoa-sen", NOON_MS + 2 * DAY_MS)
        assert today.look(connection, "sao-khue", NOON_MS).to_check == 0
    assert (before.disputes, before.requests, before.to_shelve, before.silent) == (0, 0, (), ())
    assert [(one.title, one.waiting, one.free) for one in now.to_shelve] == [("Góc sân và khoảng trời", 1, 1)]
    assert [name for name, _ in now.silent] == ["tram-2"]
    assert (before.to_check, now.to_check) == (1, 2)
    with school.writing.begin() as connection:
        connection.execute(sa.update(device).values(state=State.REVOKED.value))
        assert today.silent(connection, "hoa-sen", NOON_MS + 2 * DAY_MS) == []


def other_title(store: Store) -> str:
    """The id of the title that nobody borrowed."""
    with reading(store) as connection:
        mine = sa.select(title.c.id).where(title.c.library_id == "hoa-sen", title.c.code == "D2")
        return str(connection.scalar(mine))


def today_checks(store: Store) -> list[today.ToCheck]:
    with reading(store) as connection:
        return today.to_check(connection, "hoa-sen", NOON_MS)


def test_what_was_looked_at_at_the_station_waits_no_more(school: Store) -> None:
    station = Station(device="tram-3")
    help_ = station.write("help_call", {"day": "2026-11-18"}, actor="anyone")
    seen = {"operation": {"epoch": help_["epoch"], "seq": help_["seq"]}, "why": "help"}
    take(school, help_, device="tram-3")
    assert [one.why for one in today_checks(school)].count("help") == 1
    take(school, station.write("checked", seen, actor="librarian"), device="tram-3")
    assert [one.why for one in today_checks(school)].count("help") == 0
