"""What readers find, and that whatever writes titles lets them be found."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import clock, lookup
from central_server.database import Store, reading
from central_server.imports import titles as titles_module
from central_server.imports.words import words_of_title
from central_server.tables.library import title
from tests.central_server.support import NOON_MS, Station, bring, loan_of, take, title_of

TITLES = """Mã đầu sách,Nhan đề,Tác giả,ISBN,Ký hiệu xếp giá,Loại
D1,Dế Mèn phiêu lưu ký,Tô Hoài,978-604-2-13561-0,8(V) T450H,STK
D2,Đất rừng phương Nam,Đoàn Giỏi,,8(V) Đ406G,STK
D3,Tiếng Việt 5,Nhiều tác giả,,4(V) T306V,SGK
D4,Война и мир,Лев Толстой,,8(N),STN
D5,"100% ""thật"" _ \\ 'đố'",Ai?,,,STK
"""
FOUND = {
    "dế mèn": "D1",
    "DE MEN": "D1",
    "phiêu dế": "D1",
    "hoai to men": "D1",
    "lu": "D1",
    "978-604-2-13561-0": "D1",
    "9786042135610": "D1",
    "978 604 2 13561 0": "D1",
    "97860421": "D1",
    "T450H": "D1",
    "d1": "D1",
    "dat": "D2",
    "Đất": "D2",
    "doan gioi": "D2",
    "5": "D3",
    "viet tieng 5 nhieu": "D3",
    "война толстой": "D4",
    "100 that": "D5",
    "'đố'": "D5,D2",
    "men dat": "",
    "èn": "",
    "hieu": "",
    "%": "",
    "_": "",
    "\\": "",
    "de%men": "D1",
    "🦕": "",
    "dế 🦕": "D1",
}


@pytest.fixture
def catalogue(store: Store, tmp_path: Path) -> Store:
    bring(store, "titles", TITLES, tmp_path)
    copies = "A.1,D1,tốt,\nA.2,D1,tốt,x\nA.3,D1,hỏng,\nA.4,D1,mất,\nA.5,D1,thanh lý,\nB.1,D2,tốt,\n"
    bring(store, "items", f"Số ĐKCB,Mã đầu sách,Tình trạng,Chỉ đọc tại chỗ\n{copies}", tmp_path)
    bring(store, "patrons", "Số thẻ,Họ và tên,Loại bạn đọc\nHS1,Nguyễn Minh An,hs\n", tmp_path)
    return store


def codes(store: Store, query: str, **filters: object) -> list[str]:
    with reading(store) as connection:
        return [row["code"] for row in lookup.find(connection, "hoa-sen", query, **filters)[0]]  # type: ignore[arg-type]


@pytest.mark.parametrize("query", FOUND)
def test_finds_by_the_beginnings_of_words_without_accents(catalogue: Store, query: str) -> None:
    assert ",".join(codes(catalogue, query)) == FOUND[query]


def test_filters_and_stands_in_the_order_of_names(catalogue: Store) -> None:
    assert codes(catalogue, "") == ["D5", "D2", "D1", "D3", "D4"]
    assert codes(catalogue, "", item_type="SGK") == ["D3"]
    assert codes(catalogue, "", only_inside=True) == ["D2", "D1"]
    with reading(catalogue) as connection:
        assert lookup.item_types(connection, "hoa-sen") == ["SGK", "STK", "STN"]
        assert lookup.find(connection, "sao-khue", "") == ([], False)


def test_turns_pages_of_twenty(catalogue: Store, tmp_path: Path) -> None:
    rows = "".join(f"Z{number},Zebra {number:02}\n" for number in range(41))
    bring(catalogue, "titles", f"Mã đầu sách,Nhan đề\n{rows}", tmp_path)
    with reading(catalogue) as connection:
        pages = [lookup.find(connection, "hoa-sen", "zebra", page=page) for page in (1, 2, 3, 4, 999_999)]
    assert [(len(found), more) for found, more in pages] == [(20, True), (20, True), (1, False), (0, False), (0, False)]
    assert len({row["id"] for found, _ in pages for row in found}) == 41


def test_says_of_each_copy_where_it_is(catalogue: Store) -> None:
    with reading(catalogue) as connection:
        patron = str(connection.exec_driver_sql("SELECT id FROM patron").scalar())
    station = Station()
    out = station.check_out("A.1", patron)
    take(catalogue, out)
    with reading(catalogue) as connection:
        (one,) = lookup.find(connection, "hoa-sen", "men")[0]
        found = lookup.one_title(connection, "hoa-sen", one["id"])
        assert lookup.one_title(connection, "sao-khue", one["id"]) is None
    assert one["copies"] == lookup.Copies(all=3, inside=1), "neither the lost nor the withdrawn one counts"
    assert found is not None
    assert [tuple(copy.values()) for copy in found["items"]] == [
        ("A.1", "lent", "2026-12-01"),
        ("A.2", "here", None),
        ("A.3", "damaged", None),
        ("A.4", "lost", None),
    ]
    assert patron not in repr(found)
    assert loan_of(out) not in repr(found)
    assert codes(catalogue, "men", only_inside=True) == ["D1"]


def test_counts_what_is_borrowed_most_but_not_what_few_borrow(catalogue: Store) -> None:
    with reading(catalogue) as connection:
        patron = str(connection.exec_driver_sql("SELECT id FROM patron").scalar())
    station = Station()
    often = [station.check_out("A.1", patron) for _ in range(3)]
    voided = station.check_out("A.1", patron)
    take(catalogue, *often, voided, station.void(voided), *(station.check_out("B.1", patron) for _ in range(2)))
    today = clock.day_of(NOON_MS)
    with reading(catalogue) as connection:
        found = lookup.most_borrowed(connection, "hoa-sen", today, 10)
        names = lookup.titles(connection, "hoa-sen", [identity for identity, _ in found])
        assert lookup.most_borrowed(connection, "hoa-sen", today + timedelta(days=100), 10) == []
    assert [(names[identity]["code"], times) for identity, times in found] == [("D1", 3)]


def test_a_title_is_found_as_it_is_called_now_and_is_new_once(catalogue: Store, tmp_path: Path) -> None:
    with catalogue.writing.begin() as connection:
        connection.execute(sa.update(title).values(added_on="2026-01-01"))
    bring(catalogue, "titles", "Mã đầu sách,Nhan đề\nD1,Cuộc phiêu lưu\nD9,Sách mới\n", tmp_path)
    assert (codes(catalogue, "cuoc"), codes(catalogue, "men"), codes(catalogue, "hoai")) == (["D1"], [], ["D1"])
    with reading(catalogue) as connection:
        newest = lookup.newest(connection, "hoa-sen", 3)
    assert [row["added_on"] == "2026-01-01" for row in newest] == [False, True, True]
    assert newest[0]["code"] == "D9"


def test_what_a_page_writes_is_found_too(store: Store, known: dict[str, dict[str, str]]) -> None:
    """Whoever changes a row of `title` gives it to `publish`."""
    with store.writing.begin() as connection:
        row = dict(connection.execute(sa.select(title)).mappings().one())
        titles_module.publish(connection, "hoa-sen", [row | {"title": "Đồi gió hú"}])
        kept = dict(connection.execute(sa.select(title)).mappings().one())
    assert (kept["title"], kept["search"]) == ("Đồi gió hú", words_of_title(kept))
    assert kept["added_on"] == row["added_on"]
    assert codes(store, "gio") == ["D1"]
    assert title_of(store) == kept["id"]
