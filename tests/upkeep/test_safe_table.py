"""A table that leaves the station is data in every spreadsheet, whatever a title or a barcode says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kiosk.upkeep.safe_table import csv_table, safe_cell

ROOT = Path(__file__).resolve().parents[2]
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://example.vn","sách")',
    "+84 912",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_writes_what_begins_like_a_formula_as_text(text: str) -> None:
    ((_, cell),) = read(csv_table(["a", "b"], [["x", text]]))
    assert cell == "'" + text


@pytest.mark.parametrize("text", ["", "Dế mèn", "TK.00123", "1-2", " =1", "a=b", "'=1", "12", "x\ny", 'a"b', "a,b;c"])
def test_leaves_everything_else_as_it_is(text: str) -> None:
    ((cell,),) = read(csv_table(["a"], [[text]]))
    assert cell == text
    assert safe_cell(text) == text


def test_guards_the_heading_and_numbers_too() -> None:
    assert csv_table(["=a"], [[-5], [None], [7]]).decode("utf-8-sig").split() == ['"\'=a"', '"\'-5"', '""', '"7"']


def test_control_a_plain_writer_writes_a_formula() -> None:
    text = io.StringIO()
    csv.writer(text).writerow([FORMULAS[0]])
    assert text.getvalue().strip() == FORMULAS[0]


def test_every_table_that_the_product_writes_goes_through_here() -> None:
    """The station writes no other: a new export must come here, or have a guard of its own, as the centre's have
    (test_sheets, test_catalogue, web/test_office)."""
    packages = ("kiosk", "devices", "screens", "local_store", "central_link", "central_server", "provisioning")
    writers = ("csv.writer", "csv.DictWriter", "openpyxl.Workbook", "import Workbook", "write_only=True")
    found = {
        str(path.relative_to(ROOT))
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in writers)
    }
    at_the_centre = {"sheets.py", "catalogue/tables_out.py", "statistics/sheets.py"}
    assert found == {"kiosk/upkeep/safe_table.py", *(f"central_server/{name}" for name in at_the_centre)}


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))[1:]
