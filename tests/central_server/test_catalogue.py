"""Titles, copies, stocktakes, labels and files of a library, without the pages."""

import csv
import io
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from central_server import said_here
from central_server.catalogue import items, numbers, paper, stocktake, tables_out, titles
from central_server.catalogue.paper import Card, Label
from central_server.catalogue.stocktake import Finding, TooMany, scans_of
from central_server.catalogue.tables_out import _harmless
from central_server.catalogue.titles import ChangedSince
from central_server.catalogue.typed import Wrong
from central_server.database import Store, reading
from central_server.imports.csv_reader import _said
from central_server.tables.library import item, title
from tests.central_server.support import NOON_MS, Station, bring, loan_of, take
from tests.central_server.test_csv_imports import codes, outcomes, told

Known = dict[str, dict[str, str]]
LIBRARY = "hoa-sen"


def a_title(store: Store) -> dict[str, Any]:
    with reading(store) as connection:
        return dict(connection.execute(sa.select(title).where(title.c.library_id == LIBRARY)).mappings().one())


def typed(**values: str) -> dict[str, str]:
    return dict.fromkeys(titles.FIELDS, "") | {"code": "D9", "title": "Sách"} | values


# --- numbers

NEXT = [
    (["TK.00001", "TK.00007", "SGK.5"], [], "TK.00008"),
    (["TK.00001", "TK.00002", "SGK.5"], ["SGK.5"], "SGK.6"),
    (["TK.99999"], [], "TK.100000"),
    (["PM.002774", "PM.002773"], [], "PM.002775"),
    (["7", "8"], [], "9"),
    (["KHO/B", "x"], [], None),
    ([], [], None),
    (["A.1"], ["B.7"], "A.2"),
]


@pytest.mark.parametrize(("known", "like", "expected"), NEXT)
def test_proposes_the_next_number_of_a_series(known: list[str], like: list[str], expected: str | None) -> None:
    assert numbers.next_of(numbers.series(known), like) == expected


def test_counts_on_as_the_first_is_written() -> None:
    assert numbers.following("TK.00099", 3) == ["TK.00099", "TK.00100", "TK.00101"]
    assert numbers.following("TK.9", 2) == ["TK.9", "TK.10"]
    assert numbers.following("KHO", 1) == ["KHO"]
    assert numbers.following("KHO", 2) is None


ISBNS = [
    ("9786042531290", ["9786042531290", "6042531298"]),
    ("6041063916", ["9786041063914", "6041063916"]),
    ("9791095546009", ["9791095546009"]),
    ("080442957X", ["9780804429573", "080442957X"]),
    ("9786042531291", []),
    ("", []),
]


@pytest.mark.parametrize(("isbn", "forms"), ISBNS)
def test_knows_an_isbn_in_both_forms(isbn: str, forms: list[str]) -> None:
    assert sorted(titles.forms_of_isbn(isbn)) == sorted(forms)


# --- titles and copies

WRONG = {
    "no title": ({"title": ""}, {"title": "missing"}),
    "no code": ({"code": "  "}, {"code": "missing"}),
    "a code that is taken": ({"code": "D1"}, {"code": "taken"}),
    "an ISBN with a wrong digit": ({"isbn": "9786042531291"}, {"isbn": "isbn"}),
    "a year of two digits": ({"year": "99"}, {"year": "year"}),
    "a line end": ({"author": "a\x00b"}, {"author": "control"}),
    "a surrogate": ({"title": "\ud800"}, {"title": "control"}),
    "too much": ({"title": "x" * 1001}, {"title": "too_long"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_keeps_no_title_that_is_wrong(store: Store, known: Known, name: str) -> None:
    values, wrong = WRONG[name]
    with store.writing.begin() as connection, pytest.raises(Wrong) as raised:
        titles.add(connection, LIBRARY, typed(**values))
    assert raised.value.fields == wrong
    assert len(told(store, "title")) == 1


def test_finds_by_words_without_marks_by_code_isbn_and_barcode(store: Store, known: Known) -> None:
    with store.writing.begin() as connection:
        titles.add(connection, LIBRARY, typed(title="Đất rừng phương Nam", author="Đoàn Giỏi", isbn="6042531298"))
    found: dict[str, list[str]] = {}
    words = ("dat RUNG gioi", "Đất", "D9", "9786042531290", "TK.2", "phieu luu", "không có", "", "  ", "%", "D")
    with reading(store) as connection:
        for one in words:
            found[one] = [row["code"] for row in titles.search(connection, LIBRARY, one).rows]
        assert titles.search(connection, LIBRARY, "", 2, 1).rows[0]["code"] == "D1"
        assert titles.search(connection, LIBRARY, "", 1, 1).more
    both = ["D9", "D1"]
    assert found["dat RUNG gioi"] == found["Đất"] == found["D9"] == found["9786042531290"] == ["D9"]
    assert found["TK.2"] == found["phieu luu"] == ["D1"]
    assert found["không có"] == []
    assert found[""] == found["  "] == both
    assert found["%"] == [], "what is nothing but signs finds nothing, as on the readers' page"
    assert found["D"] == both


def test_counts_copies_and_those_that_are_lent(store: Store, known: Known) -> None:
    take(store, Station().check_out("TK.1", known["patron"]["HS1"], item=known["item"]["TK.1"]))
    with store.writing.begin() as connection:
        said_here.item(connection, LIBRARY, "TK.3", "status", "withdrawn", "p", NOON_MS)
        (row,) = titles.search(connection, LIBRARY, "").rows
        due = [one["due_on"] for one in items.of_title(connection, LIBRARY, row["id"])]
    assert (row["held"], row["lent"]) == (2, 1)
    assert due == ["2026-12-01", None, None]


def test_adds_all_copies_or_none(store: Store, known: Known) -> None:
    row = a_title(store)
    with store.writing.begin() as connection:
        with pytest.raises(Wrong) as raised:
            items.add(connection, LIBRARY, row, "TK.2", 3, {"status": "available"})
        assert raised.value.fields == {"first": "taken", "numbers": "TK.2, TK.3"}
        for first, count, wrong in (
            ("TK.9", 0, "count"),
            ("TK.9", 501, "count"),
            ("KHO", 2, "first"),
            ("", 1, "first"),
        ):
            with pytest.raises(Wrong) as raised:
                items.add(connection, LIBRARY, row, first, count, {"status": "available"})
            assert list(raised.value.fields) == [wrong]
        with pytest.raises(Wrong):
            items.add(connection, LIBRARY, row, "TK.9", 1, {"status": "stolen"})
        assert items.proposed(connection, LIBRARY, row) == "TK.4"
        assert items.add(connection, LIBRARY, row, "TK.4", 2, {"status": "available", "source": "project"}) == [
            "TK.4",
            "TK.5",
        ]
    assert len(told(store, "item")) == 5


def test_changes_a_copy_only_as_it_was_shown(store: Store, known: Known) -> None:
    identity = known["item"]["TK.1"]
    with store.writing.begin() as connection:
        row = items.find(connection, LIBRARY, identity)
        assert row
        version = titles.version_of(row)
        items.change(
            connection,
            LIBRARY,
            identity,
            version,
            {"status": "damaged", "source": "", "in_house_only": True},
            "p",
            NOON_MS,
        )
        with pytest.raises(ChangedSince):
            items.change(connection, LIBRARY, identity, version, {"status": "lost"}, "p", NOON_MS)
        with pytest.raises(KeyError):
            items.change(connection, "sao-khue", identity, version, {"status": "lost"}, "p", NOON_MS)
    (one,) = [row for row in told(store, "item") if row["barcode"] == "TK.1"]
    assert (one["status"], one["in_house_only"]) == ("damaged", True)


def test_removes_no_copy_that_somebody_had(store: Store, known: Known) -> None:
    an = known["patron"]["HS1"]
    loan = Station()
    take(store, loan.check_out("TK.1", an, item=known["item"]["TK.1"]), loan.check_in("TK.1"))
    with store.writing.begin() as connection:
        assert not items.remove(connection, LIBRARY, known["item"]["TK.1"])
        assert not items.remove(connection, "sao-khue", known["item"]["TK.2"])
        assert items.remove(connection, LIBRARY, known["item"]["TK.2"])
    assert [row["barcode"] for row in told(store, "item") if row] == ["TK.1", "TK.3"]


def test_a_title_that_somebody_waits_for_stays(store: Store, known: Known) -> None:
    with store.writing.begin() as connection:
        empty = titles.add(connection, LIBRARY, typed())
        asked = titles.add(connection, LIBRARY, typed(code="D10"))
    station = Station()
    take(store, station.ask("place_hold", known["patron"]["HS1"], title=asked))
    with store.writing.begin() as connection:
        assert not titles.remove(connection, LIBRARY, a_first(connection))
        assert not titles.remove(connection, LIBRARY, asked)
        assert titles.remove(connection, LIBRARY, empty)


def a_first(connection: sa.Connection) -> str:
    return str(connection.scalar(sa.select(title.c.id).where(title.c.library_id == LIBRARY, title.c.code == "D1")))


# --- stocktakes


def test_compares_what_was_scanned_with_what_should_be_there(store: Store, known: Known, tmp_path: Path) -> None:
    rest = "\n".join(f"SH.{number},D2" for number in range(1, 8))
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại,Kệ\nD2,Khác,STK,Kệ 2\nD1,Dế Mèn,STK,Kệ 1\n", tmp_path)
    bring(store, "items", f"Số ĐKCB,Mã đầu sách\n{rest}\n", tmp_path)
    bring(store, "items", "Số ĐKCB,Mã đầu sách,Tình trạng\nSH.2,D2,mất\nSH.3,D2,thanh lý\nSH.5,D2,hỏng\n", tmp_path)
    take(
        store, Station().check_out("SH.4", known["patron"]["HS1"]), Station().check_out("SH.7", known["patron"]["HS1"])
    )
    with store.writing.begin() as connection:
        identity = stocktake.begin(connection, LIBRARY, "Kệ 2", "p", NOON_MS)
        stocktake.scan(connection, LIBRARY, identity, ["SH.1", "sh.2", "SH.3", "SH.4", "TK.1", "LA.1"], NOON_MS)
        one = stocktake.find(connection, LIBRARY, identity)
        assert one
        found = {
            what.value: [line["barcode"] for line in stocktake.lines_of(connection, LIBRARY, identity, what)]
            for what in Finding
        }
    assert found == {
        "missing": ["SH.5", "SH.6"],
        "unknown": ["LA.1"],
        "found_lost": ["SH.2"],
        "found_withdrawn": ["SH.3"],
        "found_lent": ["SH.4"],
        "other_shelf": ["TK.1"],
        "here": ["SH.1"],
    }
    with store.writing.begin() as connection:
        stocktake.scan(connection, LIBRARY, identity, ["SH.5"], NOON_MS + 1)
        assert [row["barcode"] for row in stocktake.to_be_lost(connection, LIBRARY, identity)] == ["SH.6"]
        assert stocktake.mark_lost(connection, LIBRARY, identity, "p", NOON_MS + 2) == 1
        for again in (
            lambda: stocktake.mark_lost(connection, LIBRARY, identity, "p", NOON_MS + 3),
            lambda: stocktake.scan(connection, LIBRARY, identity, ["SH.6"], NOON_MS + 3),
            lambda: stocktake.scan(connection, "sao-khue", identity, ["SH.6"], NOON_MS + 3),
        ):
            with pytest.raises(KeyError):
                again()
        assert stocktake.find(connection, "sao-khue", identity) is None
    lost = sorted(row["barcode"] for row in told(store, "item") if row["status"] == "lost")
    assert lost == ["SH.2", "SH.6"]


def test_marks_nothing_as_lost_that_was_lent_since(store: Store, known: Known) -> None:
    with store.writing.begin() as connection:
        identity = stocktake.begin(connection, LIBRARY, "", "p", NOON_MS)
        stocktake.scan(connection, LIBRARY, identity, ["TK.1"], NOON_MS)
    take(store, Station().check_out("TK.2", known["patron"]["HS1"], item=known["item"]["TK.2"]))
    with store.writing.begin() as connection:
        assert stocktake.mark_lost(connection, LIBRARY, identity, "p", NOON_MS) == 1
    assert [row["barcode"] for row in told(store, "item") if row["status"] == "lost"] == ["TK.3"]


SCANS = [
    ("TK.1\nTK.2\r\nTK.1\n\n", ["TK.1", "TK.2"]),
    ("\ufeffTK.1,2026-11-30 10:00:00\nTK.2;1\nTK.3\t1", ["TK.1", "TK.2", "TK.3"]),
    ('"TK.1","x"\n  TK 2  \n', ["TK.1", "TK 2"]),
    ("\x00\n\x1b[A\n", []),
    ("x" * 100, ["x" * 64]),
]


@pytest.mark.parametrize(("text", "expected"), SCANS)
def test_reads_what_scanners_write(text: str, expected: list[str]) -> None:
    assert scans_of(text) == expected


def test_takes_no_endless_list_of_scans() -> None:
    with pytest.raises(TooMany):
        scans_of("\n".join(map(str, range(stocktake.MOST_SCANS + 1))))


# --- labels and cards


def read_codes(pdf: bytes) -> list[list[str]]:
    pages = (page.render(scale=300 / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(io.BytesIO(pdf)))
    return [sorted(code.text for code in zxingcpp.read_barcodes(page)) for page in pages]


def test_every_label_of_a_sheet_can_be_read_from_any_place_on() -> None:
    made = [Label(f"TK.{number:05}", "895.922 334 / D250M", "Nguyễn Thị Ngọc Ánh " * number) for number in range(26)]
    for start, split in ((1, 24), (20, 5)):
        pages = read_codes(paper.labels(made, "Thư viện Hoa Sen", start))
        codes_ = [one.barcode for one in made]
        assert pages[0] == codes_[:split]
        assert sorted(code for page in pages for code in page) == codes_


def test_every_card_of_a_sheet_can_be_read_and_has_its_vietnamese_letters() -> None:
    made = [Card(f"HS2500{number:02}", "Đặng Nguyễn Quỳnh Ưởng", "6A1") for number in range(11)]
    pdf = paper.cards(made, "Thư viện Trường THCS Hoa Sen", 10)
    assert [len(page) for page in read_codes(pdf)] == [1, 10]
    text = pypdfium2.PdfDocument(io.BytesIO(pdf))[1].get_textpage().get_text_bounded()
    assert "Đặng Nguyễn Quỳnh Ưởng" in text


@pytest.mark.parametrize("start", [0, -1, 25, 999])
def test_a_sheet_has_no_other_places(start: int) -> None:
    with pytest.raises(ValueError, match="places"):
        paper.labels([Label("TK.1", "", "")], "x", start)


CODES = [("TK.00123", True), ("A" * 12, True), ("PM.002774", True), ("", False), ("Đ.1", False), ("A" * 40, False)]


@pytest.mark.parametrize(("code", "fits"), CODES)
def test_knows_which_codes_fit_on_a_label(code: str, fits: bool) -> None:
    assert paper.is_printable(code) is fits
    if fits:
        assert read_codes(paper.labels([Label(code, "", "")], "x")) == [[code]]


# --- Excel and CSV out

FORMULAS = [
    '=HYPERLINK("http://x")',
    "+84",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''+1",
    "=",
    '"=1"',
    ",=1",
    "＝1",
    "＋1",
    "－1",
    "＠A1",
    "'＝1",
    "'x",
    "a=1",
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str) -> None:
    (row,) = csv.reader(io.StringIO(tables_out.as_csv([[cell]]).decode("utf-8-sig"), newline=""))
    assert not row[0].startswith(tuple("=+-@\t\r＝＋－＠"))
    assert row[0].removeprefix("'") == cell or row[0] == cell
    sheet = openpyxl.load_workbook(io.BytesIO(tables_out.as_xlsx([[cell]], "x"))).active
    assert sheet is not None
    written = sheet.cell(1, 1)
    assert (written.data_type, str(written.value).replace("_x000D_", "\r").replace("\n", "\r")) == ("s", cell)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_takes_back_every_file_without_a_change(store: Store, known: Known, tmp_path: Path, ending: str) -> None:
    names = [one for one in FORMULAS if one.strip() == one]
    with store.writing.begin() as connection:
        for number, name in enumerate(names):
            titles.add(
                connection, LIBRARY, typed(code=f"{number:05}", title=name, author=name, shelf="007", year="1957")
            )
        row = titles.find(connection, LIBRARY, a_first(connection))
        assert row
        for place, source in enumerate(islice(items.SOURCES, 1, None)):
            items.add(connection, LIBRARY, row, f"0{place}", 1, {"status": items.STATUSES[place % 4], "source": source})
    before = [kept(store, table) for table in (title, item)]
    for kind in tables_out.KINDS:
        with reading(store) as connection:
            cells = tables_out.rows_of(connection, LIBRARY, kind)
            raw = tables_out.as_csv(cells) if ending == "csv" else tables_out.as_xlsx(cells, "Tệp")
        report = bring(store, kind, raw, tmp_path)
        assert codes(report) == []
        assert set(outcomes(report).values()) == {"unchanged"}, report.as_text()
    assert [kept(store, table) for table in (title, item)] == before


def kept(store: Store, table: sa.Table) -> list[dict[str, Any]]:
    with reading(store) as connection:
        found = connection.execute(sa.select(table).where(table.c.library_id == LIBRARY).order_by(table.c.id))
        return [dict(row) for row in found.mappings()]


@settings(deadline=None)
@given(st.text(max_size=20))
def test_a_mark_against_formulas_is_taken_off_again(text: str) -> None:
    assert _said(_harmless(text)) == text


def test_a_book_that_came_back_after_the_stocktake_is_not_lost(store: Store, known: Known) -> None:
    with store.writing.begin() as connection:
        found = stocktake.begin(connection, LIBRARY, "", "somebody", NOON_MS)
        stocktake.scan(connection, LIBRARY, found, ["TK.2"], NOON_MS)
        assert "TK.1" in [row["barcode"] for row in stocktake.to_be_lost(connection, LIBRARY, found)]
    station = Station(wall_ms=NOON_MS + 1)
    out = station.check_out("TK.1", known["patron"]["HS1"])
    take(store, out, station.check_in("TK.1", [loan_of(out)]))
    with reading(store) as connection:
        left = [row["barcode"] for row in stocktake.to_be_lost(connection, LIBRARY, found)]
    assert left == ["TK.3"]
