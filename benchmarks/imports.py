"""10,000 patrons from CSV and from a workbook into an empty database, beside what bare openpyxl needs to read it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report, median, options

_HEADER = ("STT", "Số thẻ", "Họ và tên", "Ngày sinh", "Lớp", "Loại bạn đọc", "Hạn thẻ")
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Đặng")
_GIVEN = ("An", "Bảo Ngọc", "Đức", "Thu Hà", "Quỳnh Như", "Tú")


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "--measure":
        print(json.dumps(_MEASURES[sys.argv[2]](Path(sys.argv[3]))))
        return
    chosen = options(__doc__)
    report = Report("imports")
    count, rounds = (2_000, 1) if chosen.quick else (10_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        files = {"csv": Path(folder) / "people.csv", "xlsx": Path(folder) / "people.xlsx"}
        _write(files, count)
        seconds = {name: [_in_a_process(name, files) for _ in range(rounds)] for name in _MEASURES}
    for name in ("csv", "xlsx"):
        taken = [one["seconds"] for one in seconds[name]]
        report.figure(f"{name}_rows_per_s", count / median(taken), "/s", 2_000, "higher")
        report.figure(f"{name}_peak_rss_mb", max(one["rss_mb"] for one in seconds[name]), "MB", 200)
    bare = median([one["seconds"] for one in seconds["bare"]])
    report.figure("xlsx_reading_s", median([one["reading_s"] for one in seconds["xlsx"]]), "s")
    report.figure("bare_openpyxl_reading_s", bare, "s")
    report.figure("bare_openpyxl_peak_rss_mb", max(one["rss_mb"] for one in seconds["bare"]), "MB")
    report.context |= {"patrons": count, "columns": len(_HEADER), "rounds": rounds, "each": "in a process of its own"}
    report.show(chosen.json)


def _write(files: dict[str, Path], count: int) -> None:
    from datetime import date

    from openpyxl import Workbook

    names = [f"{family} {given}" for family in _FAMILIES for given in _GIVEN]
    expires = date(2030, 5, 31)
    rows = [
        (at, f"HS{at:06}", names[at % len(names)], date(2014, 1 + at % 12, 1 + at % 28), f"6A{at % 9}", "hs", expires)
        for at in range(1, count + 1)
    ]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Bạn đọc")
    for row in (_HEADER, *rows):
        sheet.append(row)
    book.save(files["xlsx"])
    files["csv"].write_text("\n".join(",".join(map(str, row)) for row in (_HEADER, *rows)), encoding="utf-8")


def _in_a_process(name: str, files: dict[str, Path]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.imports", "--measure", name, str(files.get(name, files["xlsx"]))]
    measured: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return measured


def _import(path: Path) -> dict[str, float]:
    from central_server.database import open_store
    from central_server.imports.patrons import COLUMNS
    from central_server.imports.report import Report as ImportReport
    from central_server.imports.rows import Options, read_rows
    from central_server.imports.run import import_file

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        began = time.perf_counter()
        report = import_file(store, "hoa-sen", "Hoa Sen", "patrons", path)
        seconds = time.perf_counter() - began
        rss = _peak_rss_mb()
        store.close()
    if report.exit_code or report.counts()["taken"] != len(report.outcomes):
        raise RuntimeError(report.as_text()[:1000])
    began = time.perf_counter()
    read_rows(path.name, path.read_bytes(), COLUMNS, Options(), ImportReport("patrons", "hoa-sen", path.name))
    return {"seconds": seconds, "reading_s": time.perf_counter() - began, "rss_mb": rss}


def _bare(path: Path) -> dict[str, float]:
    began = time.perf_counter()
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    for sheet in book.worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass
    return {"seconds": time.perf_counter() - began, "rss_mb": _peak_rss_mb()}


def _peak_rss_mb() -> float:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


_MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {"csv": _import, "xlsx": _import, "bare": _bare}


if __name__ == "__main__":
    main()
