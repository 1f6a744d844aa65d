"""Titles, items and patrons from CSV: what is taken, and what a person is told of the rest."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from central_server.changes import read_page
from central_server.database import Store
from central_server.imports.report import Report
from central_server.imports.sentences import _SENTENCES
from central_server.imports.words import tidy
from tests.central_server.databases import Databases
from tests.central_server.support import CIRCULATION, bring

TITLES = "Mã đầu sách,Nhan đề,Tác giả,Nhà xuất bản,Năm xuất bản,ISBN,Ký hiệu xếp giá,Kệ,Loại\n"
DE_MEN = "D1,Dế Mèn phiêu lưu ký,Tô Hoài,Kim Đồng,2020,978-604-2-53129-0,895.922 / D250M,Kệ 1,STK\n"


def told(store: Store, kind: str, library: str = "hoa-sen") -> list[dict[str, Any]]:
    """The newest states of all things of `kind` in the change feed."""
    with store.reading.connect() as connection:
        page = read_page(connection, library, "", 2000)
    return [json.loads(bytes(one.data)) for one in page.changes if one.kind == kind]


def codes(report: Report) -> list[tuple[int | None, str]]:
    """(line, code) of every problem."""
    return [(one.line and one.line.number, one.code) for one in report.findings if one.is_problem]


def notes(report: Report) -> list[str]:
    """The codes of the notes, but for the usual ones of a first import."""
    usual = ("library_made", "no_rules_yet")
    return [one.code for one in report.findings if not one.is_problem and one.code not in usual]


def outcomes(report: Report) -> dict[int, str]:
    return {line.number: outcome.value for line, outcome in report.outcomes.items()}


def test_takes_titles_when_every_column_is_there(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", TITLES + DE_MEN, tmp_path)
    assert (report.exit_code, outcomes(report), codes(report)) == (0, {2: "taken"}, [])
    assert told(store, "title") == [
        {
            "name": "Dế Mèn phiêu lưu ký",
            "author": "Tô Hoài",
            "isbn": "9786042531290",
            "call_number": "895.922 / D250M",
            "shelf": "Kệ 1",
        }
    ]


def test_changes_nothing_when_the_same_files_come_again(store: Store, tmp_path: Path) -> None:
    files = [
        ("titles", TITLES + DE_MEN),
        ("items", "Số ĐKCB,Mã đầu sách,Tình trạng\nTK.00001,D1,hỏng\n"),
        ("patrons", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc,Hạn thẻ\nHS1,Nguyễn Minh An,6A1,hs,31/05/2030\n"),
    ]
    for kind, content in files:
        assert outcomes(bring(store, kind, content, tmp_path)) == {2: "taken"}
    with store.reading.connect() as connection:
        cursor = read_page(connection, "hoa-sen", "", 2000).cursor
    for kind, content in files:
        assert outcomes(bring(store, kind, content, tmp_path)) == {2: "unchanged"}
    with store.reading.connect() as connection:
        assert read_page(connection, "hoa-sen", cursor, 2000).changes == []


def test_keeps_the_identity_when_a_line_changes(store: Store, tmp_path: Path) -> None:
    bring(store, "titles", TITLES + DE_MEN, tmp_path)
    with store.reading.connect() as connection:
        before = read_page(connection, "hoa-sen", "", 10)
    report = bring(store, "titles", "code,title\nD1,Dế Mèn\nD2,Mới\n", tmp_path)
    assert outcomes(report) == {2: "changed", 3: "taken"}
    with store.reading.connect() as connection:
        after = read_page(connection, "hoa-sen", before.cursor, 10)
    assert after.changes[0].id == before.changes[0].id
    changed = json.loads(bytes(after.changes[0].data))
    assert (changed["name"], changed["author"]) == ("Dế Mèn", "Tô Hoài"), "a column that is not there keeps its value"


@pytest.mark.parametrize("header", ["Chỉ đọc tại chỗ", "Đọc tại chỗ", "Không cho mượn", "in_house_only"])
def test_takes_which_copies_are_read_in_the_library_only(store: Store, tmp_path: Path, header: str) -> None:
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại\nD1,Dế Mèn,STK\n", tmp_path)
    words = ["có", "X", "Đúng", "chỉ đọc tại chỗ", "", "Không", "được mượn", "lạ lắm"]
    lines = "".join(f"TK.{number},D1,{word}\n" for number, word in enumerate(words))
    report = bring(store, "items", f"Số ĐKCB,Mã đầu sách,{header}\n{lines}", tmp_path)
    assert codes(report) == [(9, "unknown_in_house")]
    found = [one["in_house_only"] for one in told(store, "item")]
    assert found == [True, True, True, True, False, False, False]
    # A later file without the column changes nothing of it.
    assert outcomes(bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.0,D1\n", tmp_path)) == {2: "unchanged"}


def test_takes_every_status_of_an_item_when_it_is_written_in_vietnamese(store: Store, tmp_path: Path) -> None:
    bring(store, "titles", TITLES + DE_MEN, tmp_path)
    lines = "".join(f"TK.{status},D1,{status}\n" for status in ("tốt", "Hỏng", "MẤT", "thanh lý", "lost"))
    report = bring(store, "items", "Số ĐKCB,Mã đầu sách,Tình trạng\n" + lines + "TK.0,D1,\n", tmp_path)
    assert report.exit_code == 0
    statuses = [one["status"] for one in told(store, "item")]
    assert statuses == ["available", "damaged", "lost", "withdrawn", "lost", "available"]


def test_shortens_names_when_stations_are_told_of_patrons(store: Store, tmp_path: Path) -> None:
    people = "HS1,Nguyễn Minh An,6A1,hs,31/05/2030\nHS2,Thảo,6A1,hs,2030-05-31\nGV1,Lê Bảo,,Giáo viên,\n"
    report = bring(store, "patrons", "Số thẻ,Họ và tên,Lớp,Loại bạn đọc,Hạn thẻ\n" + people, tmp_path)
    assert report.exit_code == 0
    seen = [(one["shown_name"], one["category"], one["valid_until"], one["cards"]) for one in told(store, "patron")]
    assert seen == [
        ("Minh An", "hs", "2030-05-31", ["HS1"]),
        ("Thảo", "hs", "2030-05-31", ["HS2"]),
        ("Lê Bảo", "gv", None, ["GV1"]),
    ]


@pytest.mark.parametrize(
    ("header", "codes_expected"),
    [
        ("Nhan đề,Tác giả", ["missing_column"]),
        ("Mã đầu sác,Nhan đề", ["missing_column_meant"]),
        ("Mã đầu sách,Nhan đè sách", ["missing_column_meant"]),
        ("Tác giả", ["missing_column", "missing_column"]),
        ("Mã đầu sách,code,Nhan đề", ["double_column"]),
        ('"Mã đầu sách,Nhan đề', ["quoting"]),
    ],
)
def test_imports_nothing_and_says_why_when_the_header_is_wrong(
    store: Store, tmp_path: Path, header: str, codes_expected: list[str]
) -> None:
    report = bring(store, "titles", f"{header}\nD1,x,y\n", tmp_path)
    assert (report.exit_code, codes(report)) == (2, [(1, code) for code in codes_expected])
    with store.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM library").scalar() == 0


def test_names_the_column_that_was_meant_when_a_header_is_mistyped(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", "Mã đầu sác,Nhan đề\nD1,x\n", tmp_path)
    assert "“Mã đầu sách”" in report.as_text()
    assert "“Mã đầu sác”" in report.as_text()


@pytest.mark.parametrize("header", ["MA DAU SACH , nhan đề*", "code,title", "\ufeffMã đầu sách,NHAN ĐỀ:"])
def test_knows_a_column_when_it_is_written_another_way(store: Store, tmp_path: Path, header: str) -> None:
    assert bring(store, "titles", f"{header}\nD1,x\n", tmp_path).exit_code == 0


def test_leaves_a_column_out_and_says_so_when_it_is_not_known(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", "Mã đầu sách,Nhan đề,Màu,Tac gja\nD1,x,đỏ,y\n", tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["unknown_column", "unknown_column_meant"])


@pytest.mark.parametrize("header", ["Mã định danh", "CCCD", "Số định danh cá nhân", "Số CCCD/CMND"])
def test_drops_national_numbers_and_says_so_when_there_is_such_a_column(
    store: Store, databases: Databases, tmp_path: Path, header: str
) -> None:
    content = f"Số thẻ,Họ và tên,{header},Loại bạn đọc\nHS1,Nguyễn Minh An,083212001234,hs\n"
    report = bring(store, "patrons", content, tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["national_number_column"])
    kept = databases.content(store.where)
    assert b"083212001234" not in kept
    assert "Nguyễn Minh An".encode() in kept
    assert "083212001234" not in report.as_text()


def test_skips_a_line_when_the_card_is_a_national_number(store: Store, tmp_path: Path) -> None:
    content = "Số thẻ,Họ và tên,Loại bạn đọc\n083212001234,An,hs\n202600012345,Bình,hs\n"
    report = bring(store, "patrons", content, tmp_path)
    assert (report.exit_code, codes(report)) == (1, [(2, "national_number")])
    assert "083212001234" not in report.as_text()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("D2", "missing_value"),
        (",Không mã", "missing_value"),
        ("D2,Một,hai,ba", "extra_cells"),
        ('D2,"Một"hai', "quoting"),
        ('D2,"Một', "quoting"),
        ("D2,Chuông\x07", "control_character"),
        ("D2,Không\x00", "control_character"),
        ("D2," + "x" * 1001, "too_long"),
        ("D1,Lần nữa", "duplicate_key"),
    ],
)
def test_skips_a_line_and_takes_the_others_when_it_is_bad(store: Store, tmp_path: Path, line: str, code: str) -> None:
    report = bring(store, "titles", f'Mã đầu sách,Nhan đề\nD1,Đầu\n{line}\nD3,"Cuối, ""thật"""\n', tmp_path)
    assert (report.exit_code, codes(report)) == (1, [(3, code)])
    assert outcomes(report) == {2: "taken", 3: "skipped", 4: "taken"}
    assert [one["name"] for one in told(store, "title")] == ["Đầu", 'Cuối, "thật"']


def test_counts_lines_as_an_editor_does_when_a_cell_spans_lines(store: Store, tmp_path: Path) -> None:
    content = 'Mã đầu sách,Nhan đề\r\nD1,"Hai\r\ndòng"\r\n\r\nD2,\r\n,,,\r\nD3,x\r\n'
    report = bring(store, "titles", content, tmp_path)
    assert outcomes(report) == {2: "taken", 5: "skipped", 7: "taken"}
    assert [one["name"] for one in told(store, "title")] == ["Hai dòng", "x"]


def test_takes_short_lines_and_empty_cells_at_the_end_when_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", "Mã đầu sách,Nhan đề,Tác giả\nD1,Một\nD2,Hai,B,,,\n", tmp_path)
    assert report.exit_code == 0
    assert [one["author"] for one in told(store, "title")] == ["", "B"]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", ",,,\n,,\n"])
def test_says_that_a_file_is_empty_when_it_is(store: Store, tmp_path: Path, content: str) -> None:
    report = bring(store, "titles", content, tmp_path)
    assert (report.exit_code, [code for _, code in codes(report)]) == (2, ["empty_file"])


def test_says_that_there_is_no_line_when_there_is_only_a_header(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", TITLES, tmp_path)
    assert (report.exit_code, codes(report)) == (2, [(None, "no_lines")])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_imports_nothing_and_says_where_when_the_file_is_not_utf_8(store: Store, tmp_path: Path, mark: bytes) -> None:
    raw = mark + b"code,title\nD1,Good\nD2,T\xf4 Ho\xe0i\n"
    report = bring(store, "titles", raw, tmp_path)
    assert (report.exit_code, codes(report)) == (2, [(3, "not_utf8")])
    assert f"byte thứ {raw.index(0xF4) + 1} (cột 5 của dòng)" in report.as_text()
    assert told(store, "title") == []


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_reads_utf_16_and_says_so_when_excel_wrote_it(store: Store, tmp_path: Path, codec: str) -> None:
    report = bring(store, "titles", "Mã đầu sách\tNhan đề\r\nD1\tDế Mèn\r\n".encode(codec), tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["utf16", "delimiter"])
    assert [one["name"] for one in told(store, "title")] == ["Dế Mèn"]


def test_says_that_a_file_is_broken_when_utf_16_breaks_off(store: Store, tmp_path: Path) -> None:
    report = bring(store, "titles", "Mã đầu sách,Nhan đề\n".encode("utf-16")[:-1], tmp_path)
    assert (report.exit_code, codes(report)) == (2, [(None, "not_utf16")])


@pytest.mark.parametrize("content", ["code;title\nD1;Một, hai\n", "sep=;\ncode;title\nD1;Một, hai\n"])
def test_reads_another_delimiter_and_says_so_when_the_header_has_it(store: Store, tmp_path: Path, content: str) -> None:
    report = bring(store, "titles", content, tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["delimiter"])
    assert [one["name"] for one in told(store, "title")] == ["Một, hai"]


def test_composes_letters_and_blanks_when_they_come_apart(store: Store, tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Mã đầu sách,Nhan đề\nD1,\u00a0 Đất\u200b  rừng \n")
    assert bring(store, "titles", apart, tmp_path).exit_code == 0
    assert [one["name"] for one in told(store, "title")] == ["Đất rừng"]
    assert tidy("Ho\u0300a") == "Hòa"


def test_takes_a_title_without_its_isbn_when_the_check_digit_is_wrong(store: Store, tmp_path: Path) -> None:
    content = "code,title,isbn,year\nD1,a,9786042531291,\nD2,b,0-306-40615-2,20\nD3,c,080442957X,2020\nD4,d,123,2020\n"
    report = bring(store, "titles", content, tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["bad_isbn", "bad_year", "bad_isbn"])
    assert [one["isbn"] for one in told(store, "title")] == [None, "0306406152", "080442957X", None]


def test_skips_items_when_their_title_or_status_is_unknown(store: Store, tmp_path: Path) -> None:
    bring(store, "titles", "code,title\nDS0001,a\n", tmp_path)
    content = "barcode,code,status\nTK.1,DS0002,tốt\nTK.2,??,tốt\nTK.3,DS0001,cũ\nTK.4,DS0001,tốt\n"
    report = bring(store, "items", content, tmp_path)
    assert codes(report) == [(2, "unknown_title_meant"), (3, "unknown_title"), (4, "unknown_status")]
    assert "Có phải “DS0001” không?" in report.as_text()
    assert [one["barcode"] for one in told(store, "item")] == ["TK.4"]


@pytest.mark.parametrize("cell", ["31/02/2027", "2027-13-01", "mai", "5/2027", "31/05/27", "01/01/0001"])
def test_skips_a_patron_when_the_date_is_not_right(store: Store, tmp_path: Path, cell: str) -> None:
    report = bring(store, "patrons", f"card,name,category,valid_until\nHS1,An,hs,{cell}\n", tmp_path)
    assert (report.exit_code, codes(report)) == (1, [(2, "bad_date")])


def test_skips_a_patron_when_the_rules_do_not_know_the_category(store: Store, tmp_path: Path) -> None:
    bring(store, "circulation", CIRCULATION, tmp_path)
    content = "card,name,category\nA,An,hs\nB,Bình,HS\nC,Chi,học sinh\nD,Dũng,hss\nE,Em,khách\n"
    report = bring(store, "patrons", content, tmp_path)
    assert codes(report) == [(5, "unknown_category_meant"), (6, "unknown_category")]
    assert [one["category"] for one in told(store, "patron")] == ["hs"] * 3
    report = bring(store, "titles", "code,title,Loại\nD1,a,STK\nD2,b,SKT\nD3,c,\n", tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["type_without_rule", "no_type"])


def test_keeps_libraries_apart_when_they_import_the_same_file(store: Store, tmp_path: Path) -> None:
    for library in ("hoa-sen", "sao-mai"):
        assert outcomes(bring(store, "titles", TITLES + DE_MEN, tmp_path, library)) == {2: "taken"}
    with store.reading.connect() as connection:
        pages = [read_page(connection, library, "", 10).changes for library in ("hoa-sen", "sao-mai")]
    assert [len(page) for page in pages] == [1, 1]
    assert pages[0][0].id != pages[1][0].id


def test_takes_thousands_of_lines_when_a_school_is_large(store: Store, tmp_path: Path) -> None:
    lines = "".join(f"D{number},Sách {number}\n" for number in range(3000))
    report = bring(store, "titles", "code,title\n" + lines, tmp_path)
    assert report.counts() == {"taken": 3000, "changed": 0, "unchanged": 0, "skipped": 0}
    assert "3000 (dòng 2–3001)" in report.as_text()


def test_says_everything_in_both_languages_when_it_reports() -> None:
    for code, (vietnamese, english) in _SENTENCES.items():
        fields = [sorted(set(one.split("{")[1:])) for one in (vietnamese, english)]
        assert [part.split("}")[0] for part in fields[0]] == [part.split("}")[0] for part in fields[1]], code
        assert vietnamese != english
