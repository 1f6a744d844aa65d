"""Readers as who works at a library finds and changes them."""

from datetime import date
from pathlib import Path

import pytest

from central_server import readers
from central_server.database import Store, reading
from central_server.readers import Unfit, Values
from tests.central_server.desks import told
from tests.central_server.late import SUSPENDING, day, heard, lends, returns
from tests.central_server.support import CIRCULATION, NOON_MS, Station, bring, feed, take, title_of

Known = dict[str, dict[str, str]]
TODAY = date(2026, 12, 5)


@pytest.fixture
def school(store: Store, known: Known, tmp_path: Path) -> Store:
    people = "A1,Đặng Thị Ánh,10A1,hs\nA2,Phan Ánh Dương,2A,hs\nB1,Cao Bá Quát,2A,hs\nG1,Trần Ánh,,gv\n"
    bring(store, "patrons", f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n{people}", tmp_path)
    bring(store, "patrons", f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n{people}", tmp_path, "sao-khue")
    return store


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("anh", ["A1", "G1", "A2"]),
        ("ÁNH dang", ["A1"]),
        ("dang anh 10a1", ["A1"]),
        ("2a", ["A2", "B1"]),
        ("quat", ["B1"]),
        ("uat", []),
        ("g1", ["G1"]),
        ("hs", ["HS1", "HS3", "HS2"]),
        ("%", []),
        ("' OR 1=1 --", []),
        ("", []),
    ],
)
def test_finds_by_name_card_or_class(school: Store, words: str, found: list[str]) -> None:
    with reading(school) as connection:
        lines, more = readers.find(connection, "hoa-sen", words, TODAY, 10)
    assert ([one.card for one in lines], more) == (found, False)


def test_finds_page_by_page(school: Store) -> None:
    with reading(school) as connection:
        pages = [readers.find(connection, "hoa-sen", "anh", TODAY, 2, start) for start in (0, 2)]
    assert [([one.card for one in lines], more) for lines, more in pages] == [(["A1", "G1"], True), (["A2"], False)]


def test_lists_classes_as_people_count(school: Store) -> None:
    with reading(school) as connection:
        assert readers.classes(connection, "hoa-sen") == [("2A", 2), ("10A1", 1)]
        assert [one.card for one in readers.of_class(connection, "hoa-sen", "2A", TODAY)] == ["A2", "B1"]


def test_shows_what_a_reader_has_and_waits_for(school: Store, known: Known) -> None:
    an, station = known["patron"]["HS1"], Station()
    out = station.check_out("TK.1", an, item=known["item"]["TK.1"])
    stranger = station.check_out("LA.1", an)
    wish = station.ask("place_hold", known["patron"]["HS2"], title=title_of(school))
    back = station.check_out("TK.2", an, item=known["item"]["TK.2"])
    take(school, out, stranger, wish, back, station.check_in("TK.2"))
    with reading(school) as connection:
        shown = readers.reader(connection, "hoa-sen", an, TODAY)
        waits = readers.reader(connection, "hoa-sen", known["patron"]["HS2"], TODAY)
        assert readers.reader(connection, "sao-khue", an, TODAY) is None
        assert readers.reader(connection, "hoa-sen", "a\0b", TODAY) is None
    assert shown is not None
    assert [(one.barcode, one.title, one.is_late) for one in shown.loans] == [
        ("LA.1", "", True),
        ("TK.1", "Dế Mèn phiêu lưu ký", True),
    ]
    assert waits is not None
    assert [one.title for one in waits.holds] == ["Dế Mèn phiêu lưu ký"]


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        (Values("", "An", "", "hs"), {"card": "bad_card"}),
        (Values("HS1", "An", "", "hs"), {"card": "card_taken"}),
        (Values("079204001234", "An", "", "hs"), {"card": "national_number"}),
        (Values("N1", " ", "", "hs"), {"name": "bad_name"}),
        (Values("N1", "x" * 201, "", "hs"), {"name": "bad_name"}),
        (Values("N1", "An", "y" * 65, "hs"), {"class_name": "bad_class"}),
        (Values("N1", "An", "", "vua"), {"category": "bad_category"}),
        (Values("N1", "An", "", "hs", "31/02/2027"), {"valid_until": "bad_date"}),
    ],
)
def test_adds_nobody_who_cannot_be(school: Store, tmp_path: Path, values: Values, faults: dict[str, str]) -> None:
    bring(school, "circulation", CIRCULATION, tmp_path)
    before = feed(school)[0]
    with school.writing.begin() as connection, pytest.raises(Unfit) as unfit:
        readers.add(connection, "hoa-sen", values)
    assert (unfit.value.faults, feed(school)[0]) == (faults, before)


def test_adds_and_changes_and_tells_the_stations(school: Store) -> None:
    with school.writing.begin() as connection:
        new = readers.add(connection, "hoa-sen", Values(" 00123 ", "Võ  Thị Sáu", "7A", "hs", "2027-05-31"))
    assert told(school, "patron", new)["cards"] == ["00123"]
    with school.writing.begin() as connection:
        assert readers.change(connection, "hoa-sen", new, Values("", "Võ Thị Sáu", "8A", "hs"))
        assert not readers.change(connection, "sao-khue", new, Values("", "Không", "", "hs"))
    data = told(school, "patron", new)
    assert (data["class_name"], data["valid_until"], data["cards"]) == ("8A", None, ["00123"])


def test_lifts_a_suspension(school: Store, known: Known, tmp_path: Path) -> None:
    an, station = known["patron"]["HS1"], Station(wall_ms=NOON_MS - 1)
    bring(school, "circulation", SUSPENDING, tmp_path)
    out = lends(station, an, due=0)
    heard(school, station, out, returns(station, out, 3))
    today = date.fromisoformat(day(3))
    with school.writing.begin() as connection:
        found = readers.reader(connection, "hoa-sen", an, today)
        assert found
        assert found.line.suspended_until == told(school, "patron", an)["suspended_until"] == day(9)
        assert readers.lift_suspension(connection, "hoa-sen", an, today)
        assert not readers.lift_suspension(connection, "hoa-sen", "nobody", today)
    assert told(school, "patron", an)["suspended_until"] is None
