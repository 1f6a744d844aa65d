"""10,000 patrons from CSV and from a workbook into an empty database, beside bare openpyxl only reading it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.report import Report, median, options

_HEADER = ("STT", "Số thẻ", "Họ và tên", "Ngày sinh", "Lớp", "Loại bạn đọc", "Hạn thẻ")
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Đặng")
_GIVEN = ("An", "Bảo Ngọc", "Đức", "Thu Hà", "Quỳnh Như", "Tú")
_BARE = """
import sys
from openpyxl import load_workbook
for sheet in load_workbook(sys.argv[1], read_only=True, data_only=True).worksheets:
    for _ in sheet.iter_rows(values_only=True):
        pass
"""


def main() -> None:
    chosen = options(__doc__)
    report = Report("imports")
    count, rounds = (2_000, 1) if chosen.quick else (10_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"people.{name}" for name in ("csv", "xlsx")}
        _write(files, count)
        for name, file in files.items():
            bring = [
                sys.executable,
                "-m",
                "central_server",
                "import",
                "--data",
                f"{folder}/{name}",
                "--kind",
                "patrons",
            ]
            bring += ["--library-name", "Hoa Sen", str(file), "--library"]
            seconds, megabytes = _run([[*bring, f"school-{at}"] for at in range(rounds)], expected=f": {count} (")
            report.figure(f"{name}_rows_per_s", count / seconds, "/s", 2_000, "higher")
            report.figure(f"{name}_peak_rss_mb", megabytes, "MB", 200)
        seconds, megabytes = _run([[sys.executable, "-c", _BARE, str(files["xlsx"])]] * rounds)
    report.figure("bare_openpyxl_rows_per_s", count / seconds, "/s")
    report.figure("bare_openpyxl_peak_rss_mb", megabytes, "MB")
    report.context |= {"patrons": count, "columns": len(_HEADER), "rounds": rounds}
    report.show(chosen.json)


def _run(commands: list[list[str]], expected: str = "") -> tuple[float, float]:
    """One after another, each from its start: the median of seconds, most megabytes."""
    seconds, megabytes = [], 0.0
    for command in commands:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - began)
        process.returncode = os.waitstatus_to_exitcode(status)
        megabytes = max(megabytes, used.ru_maxrss / 1024)
        if process.returncode or expected not in said:
            raise RuntimeError(said[:1000])
    return median(seconds), megabytes


def _write(files: dict[str, Path], count: int) -> None:
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


if __name__ == "__main__":
    main()
