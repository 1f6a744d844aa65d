"""A dry run: says what an import would do, and writes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from central_server.database import Store, reading
from central_server.imports.run import import_file
from central_server.tables import metadata
from tests.central_server.support import ROOT, bring, run
from tests.central_server.test_csv_imports import outcomes, told
from tests.central_server.test_toml_imports import CALENDAR, CIRCULATION
from tests.central_server.workbooks import PEOPLE, one_sheet

BEFORE = [PEOPLE, ("HS1", "Nguyễn Minh An", "6A1", "hs", "31/05/2030"), ("HS2", "Trần Thu Hà", "6A1", "hs")]
AFTER = [
    PEOPLE,
    ("HS1", "Nguyễn Minh An", "7A1", "hs", "31/05/2031"),
    ("HS2", "Trần Thu Hà", "6A1", "hs"),
    ("HS3", "Lê Bảo", "6A1", "hs"),
    ("HS4", "", "6A1", "hs"),
]


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with reading(store) as connection:
        return {name: rows_of(connection, table) for name, table in metadata.tables.items()}


def rows_of(connection: sa.Connection, table: sa.Table) -> list[Any]:
    return [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]


@pytest.mark.parametrize("is_workbook", [True, False])
def test_says_what_would_change_and_writes_nothing_when_rows_would(
    store: Store, tmp_path: Path, is_workbook: bool
) -> None:
    def raw(rows: list[tuple[str, ...]]) -> bytes:
        return one_sheet(rows) if is_workbook else "\n".join(map(",".join, rows)).encode()

    bring(store, "patrons", raw(BEFORE), tmp_path)
    before = everything(store)
    dry = bring(store, "patrons", raw(AFTER), tmp_path, dry_run=True)
    assert everything(store) == before
    assert outcomes(dry) == {2: "changed", 3: "unchanged", 4: "taken", 5: "skipped"}
    text = dry.as_text()
    assert text.startswith("CHẠY THỬ")
    assert "các cột đọc được: Số thẻ, Họ và tên, Lớp, Loại bạn đọc, Hạn thẻ." in text
    assert "đã đổi (Lớp, Hạn thẻ): 1" in text
    done = bring(store, "patrons", raw(AFTER), tmp_path)
    assert everything(store) != before, "the control"
    assert (done.outcomes, done.changed) == (dry.outcomes, dry.changed)


@pytest.mark.parametrize(
    ("kind", "content", "old", "new", "said"),
    [
        ("circulation", CIRCULATION, "total = 5", "total = 6", "limits.hs.total: 5 → 6"),
        ("calendar", CALENDAR, "2027-02-14", "2027-02-15", "closed.1.to: 2027-02-14 → 2027-02-15"),
    ],
)
def test_says_what_would_change_and_writes_nothing_when_settings_would(
    store: Store, tmp_path: Path, kind: str, content: str, old: str, new: str, said: str
) -> None:
    assert outcomes(bring(store, kind, content, tmp_path, dry_run=True)) == {1: "taken"}
    assert told(store, kind) == []
    bring(store, kind, content, tmp_path)
    before = everything(store)
    report = bring(store, kind, content.replace(old, new), tmp_path, dry_run=True)
    assert (everything(store), report.changed[next(iter(report.outcomes))]) == (before, (said,))
    assert f"đã đổi ({said}): 1" in report.as_text()


def test_makes_no_library_when_it_only_would(store: Store, tmp_path: Path) -> None:
    before = everything(store)
    report = bring(store, "patrons", one_sheet(BEFORE), tmp_path, dry_run=True)
    assert (report.exit_code, everything(store)) == (0, before)
    assert "Sẽ tạo thư viện “hoa-sen”." in report.as_text()


def test_says_all_in_english_too(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(one_sheet(AFTER))
    text = import_file(store, "hoa-sen", "Hoa Sen", "patrons", path, "en").as_text()
    assert "sheet “6A1”, line 5 (B5): The cell “Họ và tên” is empty" in text


@pytest.mark.slow
def test_answers_programs_and_makes_no_folder_when_the_command_runs_dry(tmp_path: Path) -> None:
    command = ("import", "--data", tmp_path / "data", "--library", "hoa-sen", "--library-name", "Hoa Sen")
    command += ("--kind", "patrons", ROOT / "samples/ban-doc.xlsx", "--value", "Loại bạn đọc=hs")
    done = run(*command, "--dry-run", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, report["dry_run"]) == (0, "", True)
    assert report["counts"] == {"taken": 44, "changed": 0, "unchanged": 0, "skipped": 0}
    assert not (tmp_path / "data").exists()
    assert run(*command, "--sheet", "6A1").returncode == 0
    folder = tmp_path / "data" / "central.sqlite"
    before = folder.read_bytes()
    done = run(*command, "--dry-run", "--json")
    assert json.loads(done.stdout)["counts"] == {"taken": 29, "changed": 0, "unchanged": 15, "skipped": 0}
    assert folder.read_bytes() == before
    done = run(*command, "--value", "hs")
    assert (done.returncode, "is not like" in done.stderr) == (2, True)
