"""Files that people take along: nothing in them is a formula, and nothing is lost."""

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from central_server.sheets import Cell, Table, as_csv, as_xlsx, plain

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "＝1",
    "'=1",
    "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("typed", FORMULAS)
def test_is_no_formula(typed: str) -> None:
    shown = plain(typed)
    assert isinstance(shown, str)
    assert shown.startswith("'")


@pytest.mark.parametrize("typed", ["Dế Mèn", "000123", "1-2", "a=b", "", "Nguyễn Văn A", 0, -5, 1.5, None])
def test_is_left_as_it_is(typed: Cell) -> None:
    assert plain(typed) == typed


def rows_of(raw: bytes) -> list[list[str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(raw.decode("utf-8-sig"), newline="")))


def test_keeps_zeros_and_numbers() -> None:
    table = Table("Sách: quá hạn / lớp 7A [*]", ["Thẻ", "Số"], [["00123", 5], ["=1", -2]])
    assert rows_of(as_csv(table)) == [["Thẻ", "Số"], ["00123", "5"], ["'=1", "-2"]]
    sheet = load_workbook(BytesIO(as_xlsx(table))).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["Thẻ", "Số"], ["00123", 5], ["'=1", -2]]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n"}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_has_no_formula_whatever_was_typed(typed: list[str]) -> None:
    table = Table("x", ["a"] * len(typed), [typed])
    (_, *rows) = rows_of(as_csv(table))
    for cell in rows[0] if rows else ():
        assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r"))
    sheet = load_workbook(BytesIO(as_xlsx(table))).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
