"""National numbers never come in unless a person confirms it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from central_server.database import Store
from tests.central_server.databases import Databases
from tests.central_server.support import bring
from tests.central_server.test_csv_imports import codes, notes, told
from tests.central_server.test_excel_imports import cards
from tests.central_server.workbooks import one_sheet

NUMBERS = ["083212001234", "001315004321", "096209000777"]
Writer = Callable[[list[tuple[object, ...]]], bytes]
HEADER = ("Số thẻ", "Họ và tên", "Loại bạn đọc")


def people(header: str = "Số thẻ", *, as_numbers: bool = False) -> list[tuple[object, ...]]:
    rows = [(int(one) if as_numbers else one, "An", "hs") for one in NUMBERS]
    return [(header, *HEADER[1:]), *rows]


@pytest.fixture
def is_kept(store: Store, databases: Databases) -> Callable[[], bool]:
    """Whether the database holds one of the numbers, also without its zero."""

    def found() -> bool:
        content = databases.content(store.where)
        return any(one.lstrip("0").encode() in content for one in NUMBERS)

    return found


def as_csv(rows: list[tuple[object, ...]]) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


@pytest.mark.parametrize("header", ["Mã định danh", "Ghi chú", "Mã số"])
@pytest.mark.parametrize("write", [one_sheet, as_csv])
def test_drops_a_column_when_its_header_or_its_cells_are_national_numbers(
    store: Store, is_kept: Callable[[], bool], tmp_path: Path, header: str, write: Writer
) -> None:
    rows: list[tuple[object, ...]] = [(*HEADER, header)]
    rows += [(f"HS{at}", "An", "hs", number) for at, number in enumerate(NUMBERS)]
    report = bring(store, "patrons", write(rows), tmp_path)
    assert report.exit_code == 0
    assert "national_number_column" in notes(report)
    assert not is_kept()
    assert not any(one in report.as_text() + str(report.as_json()) for one in NUMBERS)


@pytest.mark.parametrize("as_numbers", [False, True], ids=["text", "numbers"])
@pytest.mark.parametrize("write", [one_sheet, as_csv])
def test_imports_nothing_when_the_cards_are_national_numbers(
    store: Store, is_kept: Callable[[], bool], tmp_path: Path, write: Writer, as_numbers: bool
) -> None:
    report = bring(store, "patrons", write(people(as_numbers=as_numbers)), tmp_path)
    assert (report.exit_code, codes(report)) == (2, [(1, "national_cards")])
    assert '--keep-column "Số thẻ"' in report.as_text()
    assert not is_kept()
    assert not any(one.lstrip("0") in report.as_text() + str(report.as_json()) for one in NUMBERS)


@pytest.mark.parametrize("header", ["Số thẻ", "Mã định danh"])
@pytest.mark.parametrize("write", [one_sheet, as_csv])
def test_takes_national_numbers_as_cards_when_a_person_confirms_the_column(
    store: Store, is_kept: Callable[[], bool], tmp_path: Path, header: str, write: Writer
) -> None:
    raw = write(people(header))
    report = bring(store, "patrons", raw, tmp_path, keep_columns=(header.lower(),))
    assert (report.exit_code, cards(store)) == (0, NUMBERS)
    assert is_kept(), "the control of the tests above"


def test_imports_nothing_when_a_confirmed_column_would_be_a_second_card(store: Store, tmp_path: Path) -> None:
    rows = [(*HEADER, "CCCD"), ("HS1", "An", "hs", NUMBERS[0])]
    report = bring(store, "patrons", one_sheet(rows), tmp_path, keep_columns=("CCCD",))
    assert (report.exit_code, codes(report), told(store, "patron")) == (2, [(1, "double_column")], [])


def test_imports_nothing_when_a_confirmation_is_about_no_column(store: Store, tmp_path: Path) -> None:
    report = bring(store, "patrons", one_sheet([HEADER, ("HS1", "An", "hs")]), tmp_path, keep_columns=("CCDC",))
    assert (report.exit_code, codes(report)) == (2, [(None, "no_such_column")])


def test_takes_twelve_digits_when_they_are_the_barcode_of_a_book(store: Store, tmp_path: Path) -> None:
    bring(store, "titles", "code,title\nD1,x\n", tmp_path)
    assert bring(store, "items", f"barcode,code\n{NUMBERS[0]},D1\n", tmp_path).exit_code == 0


@pytest.mark.parametrize("write", [one_sheet, as_csv])
def test_takes_cards_when_they_only_have_many_digits(store: Store, tmp_path: Path, write: Writer) -> None:
    rows = [HEADER, *((2026000000 + at, "An", "hs") for at in range(5))]
    assert bring(store, "patrons", write(rows), tmp_path).exit_code == 0
