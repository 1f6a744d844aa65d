"""Workbooks as schools keep them: what is taken, and what a person is told of the rest."""

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from central_server.database import Store
from central_server.imports.number_formats import padded, plain
from central_server.imports.report import Report
from tests.central_server.support import ROOT, bring
from tests.central_server.test_csv_imports import codes, notes, outcomes, told
from tests.central_server.workbooks import PEOPLE, book, one_sheet, package, row_xml, sheet_xml

pytestmark = pytest.mark.slow

ITEMS = ("Số ĐKCB", "Mã đầu sách", "Tình trạng")


def problems(report: Report) -> list[tuple[str | None, str]]:
    """(cell, code) of every problem."""
    return [(one.cell, one.code) for one in report.findings if one.is_problem]


def cards(store: Store) -> list[str]:
    return [card for patron in told(store, "patron") for card in patron["cards"]]


def bring_people(store: Store, folder: Path, *rows: tuple[Any, ...], **options: Any) -> Report:
    return bring(store, "patrons", one_sheet([PEOPLE, *rows]), folder, **options)


def test_takes_titles_items_and_patrons_when_they_are_workbooks(store: Store, tmp_path: Path) -> None:
    titles = [
        ("Mã đầu sách", "Nhan đề", "Năm xuất bản", "Loại"),
        ("D1", "Dế Mèn phiêu lưu ký", 2020, "STK"),
        ("D2", 1984),
    ]
    assert bring(store, "titles", one_sheet(titles), tmp_path).exit_code == 0
    assert bring(store, "items", one_sheet([ITEMS, ("TK.1", "D1", "tốt"), ("TK.2", "D2")]), tmp_path).exit_code == 0
    assert bring_people(store, tmp_path, ("HS1", "Nguyễn Minh An", "6A1", "hs", date(2030, 5, 31))).exit_code == 0
    assert [one["name"] for one in told(store, "title")] == ["Dế Mèn phiêu lưu ký", "1984"]
    assert [one["barcode"] for one in told(store, "item")] == ["TK.1", "TK.2"]
    assert [(one["shown_name"], one["valid_until"]) for one in told(store, "patron")] == [("Minh An", "2030-05-31")]


def test_changes_nothing_when_the_same_rows_come_from_csv_and_from_a_workbook(store: Store, tmp_path: Path) -> None:
    assert outcomes(bring(store, "patrons", "card,name,category\n000123,An,hs\n", tmp_path)) == {2: "taken"}
    assert outcomes(bring_people(store, tmp_path, ("000123", "An", "", "hs"))) == {2: "unchanged"}


def test_takes_the_sample_as_a_school_sends_it(store: Store, tmp_path: Path) -> None:
    bring(store, "circulation", (ROOT / "samples/circulation.toml").read_bytes(), tmp_path)
    bring(store, "patrons", (ROOT / "samples/patrons.csv").read_bytes(), tmp_path)
    raw = (ROOT / "samples/ban-doc.xlsx").read_bytes()
    assert len(raw) < 20 * 1024
    report = bring(store, "patrons", raw, tmp_path, values={"Loại bạn đọc": "hs"})
    assert (report.exit_code, report.counts()["unchanged"], report.counts()["taken"]) == (0, 44, 0)


def test_takes_each_sheet_with_a_header_and_names_the_others(store: Store, tmp_path: Path) -> None:
    raw = book(
        {
            "6A1": [PEOPLE, ("HS1", "An", "6A1", "hs")],
            "Thống kê": [("Lớp", "Sĩ số"), ("6A1", 1)],
            "7A2": [("DANH SÁCH LỚP 7A2",), (), PEOPLE, ("HS2", "Bình", "7A2", "hs"), ("HS1", "Chi", "7A2", "hs")],
            "ẩn": [PEOPLE, ("HS3", "Dũng", "8A1", "hs")],
        },
        lambda made: setattr(made["ẩn"], "sheet_state", "hidden"),
    )
    report = bring(store, "patrons", raw, tmp_path)
    assert [
        (one.line.sheet, one.code) for one in report.findings if one.line and one.code.endswith(("out", "sheet"))
    ] == [
        ("ẩn", "hidden_sheet"),
        ("Thống kê", "sheet_left_out"),
    ]
    assert cards(store) == ["HS1", "HS2"]
    assert "trang “7A2”, dòng 5 (A5): “Số thẻ” trùng với dòng “6A1” 2" in report.as_text()
    assert "mới: 2 (“6A1” dòng 2; “7A2” dòng 4)" in report.as_text()
    report = bring(store, "patrons", raw, tmp_path, sheets=("ẩn",))
    assert (outcomes(report), cards(store)) == ({2: "taken"}, ["HS1", "HS2", "HS3"])
    report = bring(store, "patrons", raw, tmp_path, sheets=("9A9",))
    assert (codes(report), "“6A1”, “Thống kê”, “7A2”, “ẩn”" in report.as_text()) == ([(None, "no_such_sheet")], True)


def test_imports_nothing_when_a_sheet_that_is_meant_lacks_a_column(store: Store, tmp_path: Path) -> None:
    raw = book(
        {"6A1": [PEOPLE, ("HS1", "An", "6A1", "hs")], "6A2": [("Số thẻ", "Họ và tên", "Lớp"), ("HS2", "Bình", "6A2")]}
    )
    report = bring(store, "patrons", raw, tmp_path)
    assert (report.exit_code, codes(report), told(store, "patron")) == (2, [(1, "missing_column")], [])
    report = bring(store, "patrons", raw, tmp_path, values={"loại bạn đọc": "Học sinh"})
    assert (report.exit_code, [one["category"] for one in told(store, "patron")]) == (0, ["hs", "hs"])


def test_finds_the_header_when_titles_stand_above_it_and_headings_across(store: Store, tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        for span in ("A1:F1", "C3:D3", "A3:A4", "B3:B4", "E3:E4", "E5:E7", "A8:F8"):
            sheet.merge_cells(span)

    rows = [
        ("TRƯỜNG THCS HOA SEN – Họ và tên học sinh",),
        (),
        ("STT", "Số thẻ", "Họ và tên", None, "Lớp", "Loại bạn đọc"),
        (None, None, "Họ đệm", "Tên"),
        (1, "HS1", "Nguyễn Minh", "An", "6A1", "hs"),
        (2, "HS2", "Trần Thu", "Hà", None, "hs"),
        (3, "HS3", "Lê Văn", "Bảo", None, "hs"),
        ("Các em chuyển trường",),
        (4, "HS4", "Vũ", "Tú", "6A2", "hs"),
    ]
    report = bring(store, "patrons", one_sheet(rows, merge), tmp_path)
    assert (report.exit_code, outcomes(report)) == (0, dict.fromkeys((5, 6, 7, 9), "taken"))
    seen = [(one["shown_name"], one["class_name"]) for one in told(store, "patron")]
    assert seen == [("Minh An", "6A1"), ("Thu Hà", "6A1"), ("Văn Bảo", "6A1"), ("Vũ Tú", "6A2")]
    assert "(E5:E7): Ô gộp ở cột “Lớp”: đã điền “6A1” cho 3 dòng." in report.as_text()
    assert notes(report).count("band") == 1


def test_leaves_out_lines_when_only_their_number_was_filled_in(store: Store, tmp_path: Path) -> None:
    rows = [("STT", *PEOPLE), (1, "HS1", "An", "", "hs"), *((number,) for number in range(2, 50))]
    report = bring(store, "patrons", one_sheet(rows), tmp_path)
    assert (report.exit_code, outcomes(report)) == (0, {2: "taken"})
    assert notes(report) == ["unknown_column", "idle_lines"]


def test_skips_the_lines_when_they_share_a_code(store: Store, tmp_path: Path) -> None:
    raw = one_sheet(
        [PEOPLE, ("HS1", "An", "", "hs"), (None, "Bình", "", "hs")], lambda sheet: sheet.merge_cells("A2:A3")
    )
    assert problems(bring(store, "patrons", raw, tmp_path)) == [("A2", "merged_code"), ("A3", "merged_code")]


def test_skips_a_number_when_other_codes_show_that_it_lost_zeros(store: Store, tmp_path: Path) -> None:
    report = bring_people(
        store, tmp_path, ("000123", "An", "", "hs"), (124, "Bình", "", "hs"), (250001.0, "Chi", "", "hs")
    )
    assert (problems(report), cards(store)) == ([("A3", "zeros_lost")], ["000123", "250001"])
    assert "là số 124, còn mã khác trong cột dài 6 chữ số" in report.as_text()


@pytest.mark.parametrize(
    ("number", "code"), [(12, "zeros_lost"), (12.5, "code_not_whole"), (-5, "code_not_whole"), (1e17, "code_not_whole")]
)
def test_skips_a_number_when_it_may_not_be_the_code(store: Store, tmp_path: Path, number: float, code: str) -> None:
    report = bring_people(store, tmp_path, (100, "An", "", "hs"), (number, "Bình", "", "hs"))
    assert (problems(report), cards(store)) == ([("A3", code)], ["100"])


def test_takes_short_numbers_when_a_person_says_that_they_are_whole(store: Store, tmp_path: Path) -> None:
    people = ((100, "An", "", "hs"), (12, "Bình", "", "hs"))
    report = bring_people(store, tmp_path, *people, numbers_as_shown=True)
    assert (report.exit_code, notes(report)) == (0, ["codes_are_numbers"])
    assert cards(store) == ["100", "12"]


@pytest.mark.parametrize("raw", [one_sheet([PEOPLE, (123, "An", "", "hs")]), b"card,name,category\n123,An,hs\n"])
def test_skips_a_number_when_the_library_knows_it_with_zeros(store: Store, tmp_path: Path, raw: bytes) -> None:
    bring_people(store, tmp_path, ("000123", "An", "", "hs"))
    report = bring(store, "patrons", raw, tmp_path)
    assert ([code for _, code in codes(report)], cards(store)) == (["zeros_known"], ["000123"])
    assert "“000123”" in report.as_text()
    bring(store, "patrons", raw, tmp_path, numbers_as_shown=True)
    assert cards(store) == ["000123", "123"]


def test_takes_a_number_as_shown_when_its_format_fixes_the_zeros(store: Store, tmp_path: Path) -> None:
    def show(sheet: Worksheet) -> None:
        sheet["A2"].number_format = "000000"
        sheet["A3"].number_format = '"HS"00000'

    rows = [PEOPLE, (123, "An", "", "hs"), (124, "Bình", "", "hs")]
    assert bring(store, "patrons", one_sheet(rows, show), tmp_path).exit_code == 0
    assert cards(store) == ["000123", "HS00124"]


@pytest.mark.parametrize(
    ("number_format", "shown"),
    [
        ("000000", "000123"),
        ("00-00", "01-23"),
        ("00", "123"),
        (r"\T\K\.0000", "TK.0123"),
        ("000000;-000000;0", "000123"),
        ("[Red]00000_)", "00123"),
        ("General", None),
        ("0", None),
        ("#,##0", None),
        ("0.00", None),
        ("0%", None),
        ("00E+00", None),
        ("@", None),
        ("0" * 1000, None),
    ],
)
def test_shows_a_number_as_excel_does(number_format: str, shown: str | None) -> None:
    assert padded("123", number_format) == shown


def test_writes_numbers_as_people_do() -> None:
    numbers = ("250001.0", "2.50001E5", "-7", "0.1", "12345678901234567", "0.30000000000000004")
    assert [plain(one) for one in numbers] == ["250001", "250001", "-7", "0.1", "1.23456789012346e+16", "0.3"]


@pytest.mark.parametrize(
    "cell", [date(2026, 11, 25), datetime(2026, 11, 25, 7, 30), "25/11/2026", "2026-11-25", "25.11.2026", 46351]
)
def test_reads_a_date_when_it_is_written_in_any_clear_way(store: Store, tmp_path: Path, cell: Any) -> None:
    report = bring_people(store, tmp_path, ("HS1", "An", "", "hs", cell))
    assert (report.exit_code, notes(report)) == (0, ["serial_date"] if cell == 46351 else [])
    assert told(store, "patron")[0]["valid_until"] == "2026-11-25"


@pytest.mark.parametrize("cell", [date(2026, 11, 25), 46351 - 1462])
def test_counts_days_from_1904_when_the_workbook_does(store: Store, tmp_path: Path, cell: Any) -> None:
    raw = book({"6A1": [PEOPLE, ("HS1", "An", "", "hs", cell)]}, lambda made: setattr(made, "epoch", CALENDAR_MAC_1904))
    assert bring(store, "patrons", raw, tmp_path).exit_code == 0
    assert told(store, "patron")[0]["valid_until"] == "2026-11-25"


@pytest.mark.parametrize("cell", ["31/02/2027", "11/25/2026", "25/11/26", 2030, 99_999_999, time(7, 30), "46351", True])
def test_skips_a_patron_when_the_date_is_none(store: Store, tmp_path: Path, cell: Any) -> None:
    report = bring_people(store, tmp_path, ("HS1", "An", "", "hs", cell))
    assert problems(report) == [("E2", "bad_date")]


def test_skips_dates_that_could_be_either_when_the_column_puts_the_month_first(store: Store, tmp_path: Path) -> None:
    days = ("11/25/2026", "03/04/2026", "05/05/2026", "2026-04-03", date(2026, 4, 3))
    report = bring_people(store, tmp_path, *((f"HS{at}", "An", "", "hs", day) for at, day in enumerate(days)))
    assert sorted(problems(report)) == [("E2", "bad_date"), ("E3", "ambiguous_date")]
    assert [one["valid_until"] for one in told(store, "patron")] == ["2026-05-05", "2026-04-03", "2026-04-03"]


def test_skips_a_line_when_excel_made_a_date_of_a_class(store: Store, tmp_path: Path) -> None:
    report = bring_people(store, tmp_path, ("HS1", "An", date(2026, 1, 6), "hs"), ("HS2", "Bình", "6/1", "hs"))
    assert problems(report) == [("C2", "date_in_cell")]
    assert [one["class_name"] for one in told(store, "patron")] == ["6/1"]


def test_takes_saved_values_of_formulas_and_skips_those_without(store: Store, tmp_path: Path) -> None:
    header = row_xml(1, "card", "name", "category")
    saved = '<row r="2"><c r="A2" t="str"><f>"HS"&amp;1</f><v>HS1</v></c><c r="B2" t="inlineStr"><is><t>An</t></is></c>'
    saved += '<c r="C2" t="str"><f>D2</f><v>hs</v></c></row>'
    unsaved = '<row r="3"><c r="A3"><f>A2&amp;"b"</f></c><c r="B3" t="inlineStr"><is><t>Bình</t></is></c></row>'
    failed = row_xml(4, "HS4").replace("</row>", '<c r="B4" t="e"><v>#N/A</v></c></row>')
    report = bring(store, "patrons", package(sheet_xml(header + saved + unsaved + failed)), tmp_path)
    assert problems(report) == [("A3", "formula_without_value"), ("B4", "error_cell")]
    assert "#N/A" in report.as_text()
    assert (cards(store), "3 ô là công thức" in report.as_text()) == (["HS1"], True)


def test_composes_letters_and_drops_odd_blanks_when_a_mac_wrote_them(store: Store, tmp_path: Path) -> None:
    report = bring_people(store, tmp_path, ("HS1\u00a0", "Nguye\u0302\u0303n\u00a0 Minh  An ", " 6A1", "hs"))
    assert (report.exit_code, cards(store)) == (0, ["HS1"])
    assert told(store, "patron")[0]["class_name"] == "6A1"
    with store.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM patron").scalar() == "Nguyễn Minh An"


def test_reads_rich_text_without_what_only_tells_how_to_say_it(store: Store, tmp_path: Path) -> None:
    name = '<c t="inlineStr"><is><r><t>Minh </t></r><r><t>An</t></r><rPh sb="0" eb="1"><t>XX</t></rPh></is></c>'
    rows = row_xml(1, "card", "name", "category") + row_xml(2, "HS1", "?", "hs").replace(
        '<c t="inlineStr"><is><t>?</t></is></c>', name
    )
    assert bring(store, "patrons", package(sheet_xml(rows)), tmp_path).exit_code == 0
    assert told(store, "patron")[0]["shown_name"] == "Minh An"


def test_converts_old_letters_when_the_fonts_show_them(store: Store, tmp_path: Path) -> None:
    def old_fonts(sheet: Worksheet) -> None:
        sheet["B2"].font = Font(name=".VnTime")
        sheet["B3"].font = Font(name=".VnArialH")

    # As Unicode both could be names too.
    rows = [PEOPLE, ("HS1", "Vò Tó", "6A1", "hs"), ("HS2", "Lª Tó", "6A1", "hs"), ("HS3", "Nguyễn Tú", "6A1", "hs")]
    report = bring(store, "patrons", one_sheet(rows, old_fonts), tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["converted"])
    assert [one["shown_name"] for one in told(store, "patron")] == ["Vũ Tú", "LÊ TÚ", "Nguyễn Tú"]


def test_says_where_everything_is_when_it_reports_for_programs(store: Store, tmp_path: Path) -> None:
    report = bring_people(store, tmp_path, ("HS1", "An", "", "hs"), ("HS2", "", "", "hs"))
    said = json.loads(json.dumps(report.as_json()))
    assert said["columns"][0]["read"]["Số thẻ"] == "Số thẻ"
    assert said["lines"] == [
        {"line": 2, "sheet": "6A1", "outcome": "taken"},
        {"line": 3, "sheet": "6A1", "outcome": "skipped"},
    ]
    assert {key: said["problems"][0][key] for key in ("line", "sheet", "cell", "code")} == {
        "line": 3,
        "sheet": "6A1",
        "cell": "B3",
        "code": "missing_value",
    }


def test_tells_alike_problems_together_when_there_are_many(store: Store, tmp_path: Path) -> None:
    report = bring_people(store, tmp_path, *((f"HS{number}", "", "", "hs") for number in range(40)))
    lines = report.as_text().splitlines()
    assert len([line for line in lines if "trống" in line]) == 10
    assert "còn 30 chỗ nữa giống như ở dòng 2: “6A1” dòng 12–41." in report.as_text()
    assert len(report.as_json()["problems"]) == 40
