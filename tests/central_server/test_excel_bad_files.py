"""Files that are broken, hostile or no workbooks: a sentence each, nothing imported, and bounded work."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_server.database import Store
from central_server.imports import xlsx_package, xlsx_reader
from central_server.imports.cells import Sheet
from central_server.imports.report import Report
from central_server.imports.run import import_file
from tests.central_server.support import ROOT, bring
from tests.central_server.test_csv_imports import codes, notes, outcomes, told
from tests.central_server.workbooks import GOOD_ROWS, PEOPLE, one_sheet, package, row_xml, sheet_xml

pytestmark = pytest.mark.slow

GOOD = one_sheet([PEOPLE, ("HS1", "An", "6A1", "hs")])
SHEET_AT = GOOD.index(b"xl/worksheets/sheet1.xml")
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
ELSEWHERE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def read(raw: bytes) -> tuple[list[Sheet], Report]:
    report = Report("patrons", "hoa-sen", "x.xlsx")
    return xlsx_reader.read_workbook(raw, (), report), report


def with_doctype(xml: str, doctype: str, name: str) -> str:
    """`xml` with the document type and an entity of it in the place of `An`."""
    return xml.replace('<?xml version="1.0"?>', "").replace("<", f"{doctype}<", 1).replace(">An<", f">{name}<")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (OLE + "Workbook".encode("utf-16-le"), "old_excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked_excel"),
        (GOOD[: len(GOOD) // 2], "broken_excel"),
        (GOOD[: SHEET_AT + 80] + bytes(40) + GOOD[SHEET_AT + 120 :], "broken_excel"),
        (b"PK\x03\x04", "broken_excel"),
        (package(other={"[Content_Types].xml": "<Types"}), "broken_excel"),
        (package(other={"xl/workbook.xml": "<workbook/>"}), "other_excel"),
        (package(other={"xl/workbook.bin": b""}), "other_excel"),
        (package("<worksheet"), "broken_excel"),
        (package(sheet_xml('<row r="x"/>')), "broken_excel"),
        (package(sheet_xml('<row r="9999999"><c><v>1</v></c></row>')), "broken_excel"),
        (package(sheet_xml('<row><c r="ZZZZ1"><v>1</v></c></row>')), "broken_excel"),
        (package(sheet_xml('<row><c t="s"><v>7</v></c></row>')), "broken_excel"),
        (package(sheet_xml('<row><c t="n"><v>seven</v></c></row>')), "broken_excel"),
        (package(sheet_xml(GOOD_ROWS, '<mergeCells><mergeCell ref="?"/></mergeCells>')), "broken_excel"),
        (package(with_doctype(sheet_xml(GOOD_ROWS), LAUGHS, "&b;")), "broken_excel"),
        (package(with_doctype(sheet_xml(GOOD_ROWS), ELSEWHERE, "&a;")), "broken_excel"),
        (package(other={"xl/workbook.xml": f"{LAUGHS}<workbook>&b;</workbook>"}), "broken_excel"),
        (package(other={"xl/sharedStrings.xml": f"{LAUGHS}<sst><si><t>&b;</t></si></sst>"}), "broken_excel"),
        (package(other={"xl/styles.xml": f"{LAUGHS}<styleSheet>&b;</styleSheet>"}), "broken_excel"),
        (package(sheet_xml("")), "empty_file"),
        (package(sheet_xml(row_xml(1, "a", "b"))), "no_header"),
    ],
)
def test_imports_nothing_and_says_why_when_it_cannot_be_read(
    store: Store, tmp_path: Path, raw: bytes, code: str
) -> None:
    report = bring(store, "patrons", raw, tmp_path)
    assert (report.exit_code, [one for _, one in codes(report)]) == (2, [code])
    assert told(store, "patron") == []


def test_reads_the_least_workbook_when_nothing_is_wrong_with_it(store: Store, tmp_path: Path) -> None:
    # The control of the test above.
    assert outcomes(bring(store, "patrons", package(), tmp_path)) == {2: "taken"}


def test_expands_entities_when_the_parser_is_not_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = package(with_doctype(sheet_xml(GOOD_ROWS), LAUGHS, "&b;"))
    monkeypatch.setattr(xlsx_reader, "XMLParser", lambda target, forbid_dtd: ElementTree.XMLParser(target=target))
    (sheet,), _ = read(raw)
    assert "hahahaha" in [cell.text for cell in (sheet.records[1].cells or {}).values()]


@pytest.mark.parametrize("content", [b"<html><table></table></html>", b"card,name,category\n"])
def test_imports_nothing_when_only_the_name_is_that_of_excel(store: Store, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "danh-sach.xls"
    path.write_bytes(content)
    report = import_file(store, "hoa-sen", "Hoa Sen", "patrons", path)
    assert (report.exit_code, codes(report)) == (2, [(None, "not_excel")])


def test_reads_without_running_anything_when_there_are_macros_and_links(store: Store, tmp_path: Path) -> None:
    raw = package(other={"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": "<not xml"})
    report = bring(store, "patrons", raw, tmp_path)
    assert (report.exit_code, notes(report)) == (0, ["macros", "external_links"])


@pytest.mark.parametrize(
    "other", [{}, {"xl/styles.xml": " " * 2_000_000}, {"xl/sharedStrings.xml": " " * 2_000_000}], ids=str
)
def test_opens_no_part_when_it_would_be_too_large(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str | bytes]
) -> None:
    sheet = sheet_xml(GOOD_ROWS, " " * (0 if other else 2_000_000))
    raw = package(sheet, other)
    assert len(raw) < 10_000
    opened, report = read(raw)
    assert opened or "broken_excel" in [one.code for one in report.findings], "the control: it is opened"
    monkeypatch.setattr(xlsx_package, "MOST_MEGABYTES", {"streamed": 1, "strings": 1, "other": 1})
    opened, report = read(raw)
    assert (opened, [one.code for one in report.findings]) == ([], ["too_large_inside"])


def test_reads_no_part_again_and_again_when_many_sheets_are_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = '<sheet name="6A1" sheetId="1" r:id="rId1"/>'
    with ZipFile(io.BytesIO(package())) as archive:
        workbook = archive.read("xl/workbook.xml").decode()
    sheets = "".join(one.replace("6A1", f"6A{at}") for at in range(50))
    raw = package(sheet_xml(GOOD_ROWS, " " * 30_000), {"xl/workbook.xml": workbook.replace(one, sheets)})
    assert len(read(raw)[0]) == 50
    monkeypatch.setattr(xlsx_package, "MOST_MEGABYTES", {"streamed": 1, "strings": 1, "other": 1})
    opened, report = read(raw)
    assert (opened, [one.code for one in report.findings]) == ([], ["too_large_inside"])


def test_reads_no_more_than_a_part_says_when_it_lies() -> None:
    raw = package(sheet_xml(GOOD_ROWS, " " * 2_000_000))
    size = len(sheet_xml(GOOD_ROWS, " " * 2_000_000)).to_bytes(4, "little")
    assert raw.count(size) == 2
    opened, report = read(raw.replace(size, (1000).to_bytes(4, "little")))
    assert (opened, [one.code for one in report.findings]) == ([], ["broken_excel"])


def test_takes_what_is_written_when_the_sheet_says_to_be_endless(store: Store, tmp_path: Path) -> None:
    empty = "".join(f'<row r="{line}"><c r="A{line}" s="0"/></row>' for line in range(3, 5000))
    raw = package(sheet_xml(GOOD_ROWS + empty + row_xml(1_048_576, "HS9", "Bình", "hs"), dimension="A1:XFD1048576"))
    report = bring(store, "patrons", raw, tmp_path)
    assert (outcomes(report), notes(report)) == ({2: "taken", 1_048_576: "taken"}, ["empty_rows"])


def test_refuses_when_there_are_more_cells_than_anybody_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = package(sheet_xml(f"<row>{'<c><v>1</v></c>' * 16_384}</row>"))
    assert len(read(raw)[0]) == 1
    monkeypatch.setattr(xlsx_reader, "MOST_CELLS", 16_383)
    opened, report = read(raw)
    assert (opened, [one.code for one in report.findings]) == ([], ["too_many_cells"])


@settings(max_examples=50)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=40))
def test_reads_or_refuses_when_bytes_are_damaged(at: int, damage: bytes) -> None:
    sheets, report = read(GOOD[:at] + damage + GOOD[at + len(damage) :])
    assert bool(sheets) == report.readable


HUGE: dict[str, Callable[[], bytes]] = {
    "a zip bomb": lambda: package(b" " * 300_000_000),
    "a cell of 150 MB": lambda: package(sheet_xml(GOOD_ROWS + row_xml(3, "HS2", "x" * 150_000_000, "hs"))),
    "strings without end": lambda: package(
        other={"xl/sharedStrings.xml": f"<sst>{'<si><t>x</t></si>' * 3_900_000}</sst>"}
    ),
    "a million formatted rows": lambda: package(
        sheet_xml(
            "".join(f'<row r="{at}"><c r="A{at}"/><c r="B{at}"/><c r="C{at}"/></row>' for at in range(1, 1_000_001))
        )
    ),
    "deep nesting": lambda: package(other={"xl/styles.xml": "<a>" * 5_000_000}),
    "overlapping merges": lambda: package(
        sheet_xml(
            GOOD_ROWS + "".join(row_xml(line, f"HS{line}", "An", "hs") for line in range(3, 20_000)),
            "<mergeCells>" + '<mergeCell ref="B2:B1048576"/>' * 90_000 + "</mergeCells>",
        )
    ),
}
AT_LENGTH = ("strings without end", "a million formatted rows")
STILL_GOOD = ("a cell of 150 MB", "strings without end", "overlapping merges")
_MEASURED = """
import re, sys
from pathlib import Path
from central_server.imports.patrons import COLUMNS
from central_server.imports.report import Report
from central_server.imports.run import import_file
from central_server.imports.rows import Options, read_rows
report = Report("patrons", "hoa-sen", "x.xlsx")
raw = Path(sys.argv[1]).read_bytes()
rows = read_rows("x.xlsx", raw, COLUMNS, Options(), report)
peak = re.search("VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1]
print(len(rows), int(peak) // 1024)
print(report.as_text())
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.long] if n in AT_LENGTH else []) for n in HUGE])
def test_needs_bounded_memory_and_time_when_a_small_file_is_huge_inside(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(HUGE[name]())
    assert path.stat().st_size < 12_000_000
    command = [sys.executable, "-c", _MEASURED, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    rows, megabytes = done.stdout.split()[:2]
    assert int(megabytes) < 300, done.stdout[:500]
    assert (int(rows) > 0) == (name in STILL_GOOD), done.stdout[:500]
