"""Scanner bytes at the pty → durable commit → state applied: what a pupil waits for between the scan and the beep."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import bare, rig
from benchmarks.report import Report, median, options, percentile
from demo.processes import ROOT
from demo.school import Scanner

_MARK = "/tram-xanh-mark"
_SYNC_LOANS = 1000


def main() -> None:
    chosen = options(__doc__)
    report = Report("scan_to_recorded")
    size, count = (rig.QUICK, 200) if chosen.quick else (rig.SCHOOL, 2000)
    with rig.work_folder() as folder:
        rig.fill(folder / "store", size)
        _on_disk(report, folder, count)
        _per_bare_transaction(report, folder, size, count)
        report.figure("fdatasyncs_per_s", bare.fdatasyncs_per_s(folder), "/s", better="higher")
        _busy(report, folder, 100 if chosen.quick else 400, quick=chosen.quick)
    with rig.work_folder(Path("/dev/shm")) as folder:
        rig.fill(folder, size)
        passes = _passes(folder, count)
        # Other work on the machine slows the same instructions down: of three passes the middle one.
        report.figure("cpu_p95_ms", median([percentile(each, 95) for each in passes]), "ms", 1.5)
        normal = median([median(each) for each in passes])
    if not chosen.quick:
        with rig.work_folder(Path("/dev/shm")) as folder:
            rig.fill(folder, rig.GROWN)
            grown = median([median(each) for each in _passes(folder, count)])
        report.figure("growth", grown / normal, "×", 1.5)
    report.context["store"] = f"{size.patrons} patrons, {size.items} items, {size.past_loans} past loans"
    report.context["growth"] = "CPU of a loan at 1,000,000 items and past loans ÷ at the school's size"
    report.context["loans_per_bare_transaction"] = "decided check-outs one after another on the store thread"
    report.show(chosen.json)


def _passes(folder: Path, count: int) -> list[list[float]]:
    """CPU milliseconds of each loan, three times over."""
    scanner = Scanner()
    with rig.BenchStation(rig.config_for(folder, scanner), scanner) as station:
        station.loans(rig.LOANS_PER_VISIT * 2)
        return [[each.cpu_ms for each in station.loans(count)] for _ in range(3)]


def _on_disk(report: Report, folder: Path, count: int) -> None:
    for name in ("bare", "busy"):
        shutil.copytree(folder / "store", folder / name)
    scanner = Scanner()
    with rig.BenchStation(rig.config_for(folder / "store", scanner), scanner) as station:
        station.loans(rig.LOANS_PER_VISIT * 2)
        before = _bytes_written()
        walls = [each.wall_ms for each in station.loans(count)]
        written = _bytes_written() - before
    report.figure("median_ms", median(walls), "ms")
    report.figure("p95_ms", percentile(walls, 95), "ms")
    report.figure("bytes_written_per_loan", written / count, "bytes", 40_000)
    syncs = _syncs_per_loan(folder)
    report.figure("syncs_per_loan", syncs, "", 1.05)
    if syncs is None:
        report.context["syncs_per_loan"] = "strace is not here to count them"


def _bytes_written() -> int:
    """By this process, as handed to the kernel: the write-ahead log, its checkpoints, and all else."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    raise RuntimeError("no wchar")


def _per_bare_transaction(report: Report, folder: Path, size: rig.Size, count: int) -> None:
    """Ours and bare in turn, three times, on equal stores; the median ratio."""
    ratios, bares = [], []
    first_card = size.patrons // 2
    for turn in range(3):
        first = size.items // 2 + turn * count
        ours = _desk_loans_per_s(folder, first, first_card + turn * count // rig.LOANS_PER_VISIT, count)
        rows = bare.last_rows(folder / "store" / "store.db", count)
        bares.append(bare.write_rows(folder / "bare" / "store.db", _renumbered(rows, turn * count)))
        ratios.append(ours / bares[-1])
    report.figure("loans_per_bare_transaction", median(ratios), "×", 0.5, "higher")
    report.figure("bare_transactions_per_s", median(bares), "/s", better="higher")


def _desk_loans_per_s(folder: Path, first: int, first_card: int, count: int) -> float:
    scanner = Scanner()
    with rig.BenchStation(rig.config_for(folder / "store", scanner), scanner) as station:
        return count / rig.lend_directly(station.kiosk, first, first_card, count)


def _renumbered(
    transactions: list[list[tuple[str, tuple[object, ...]]]], offset: int
) -> list[list[tuple[str, tuple[object, ...]]]]:
    """The same rows at the next free places: outbox and audit number theirs from 1, and the bare store has others."""
    found = []
    for n, rows in enumerate(transactions):
        found.append(
            [
                (statement, (offset + n + 1, *values[1:]) if "INTO loan " not in statement else values)
                for statement, values in rows
            ]
        )
    return found


def _syncs_per_loan(folder: Path) -> float | None:
    """Counted by strace between two marks in a process of its own."""
    if shutil.which("strace") is None:
        return None
    shutil.copytree(folder / "store", folder / "traced")
    with tempfile.NamedTemporaryFile("r") as trace:
        words = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,access", "-o", trace.name]
        child = [sys.executable, "-m", "benchmarks.scan_to_recorded", "--traced-loans", str(folder / "traced")]
        subprocess.run([*words, *child], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        lines = trace.read().splitlines()
    marks = [place for place, line in enumerate(lines) if _MARK in line]
    between = lines[marks[0] : marks[1]]
    return sum("sync(" in line for line in between) / _SYNC_LOANS


def _traced_loans(folder: Path) -> None:
    scanner = Scanner()
    with rig.BenchStation(rig.config_for(folder, scanner), scanner) as station:
        station.next_item, station.next_card = 5_000 if _is_large(folder) else 1_000, 200
        station.loans(rig.LOANS_PER_VISIT)
        os.access(_MARK, os.F_OK)
        station.loans(_SYNC_LOANS)
        os.access(_MARK, os.F_OK)


def _is_large(folder: Path) -> bool:
    return (folder / "store.db").stat().st_size > 20_000_000


def _busy(report: Report, folder: Path, count: int, *, quick: bool) -> None:
    """While everything is fetched again (30,000 titles) and a backlog is sent to the real server."""
    titles, backlog = (2_000, 500) if quick else (30_000, 10_000)
    scanner = Scanner()
    with rig.serving(folder, titles) as server:
        with rig.BenchStation(rig.config_for(folder / "busy", scanner), scanner) as station:
            station.next_item, station.next_card = 100, 100
            rig.lend_directly(station.kiosk, first_item=1_500, first_card=0, count=backlog)
        with rig.BenchStation(rig.config_at(folder / "busy", scanner, server), scanner) as station:
            station.next_item, station.next_card = 1_000, 200
            # The loans themselves are sent too, one behind another: busy means that much of the backlog is left.
            times = [each.wall_ms for each in station.loans(count) if each.pending > backlog // 20]
    if len(times) < 50 and not quick:
        raise RuntimeError(f"only {len(times)} of {count} loans fell into the busy time")
    report.figure("busy_p95_ms", percentile(times, 95) if times else None, "ms", 60)
    report.figure("busy_median_ms", median(times) if times else None, "ms")
    report.context["busy"] = f"{titles} titles coming, {backlog} operations going; {len(times)} loans in that time"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--traced-loans"]:
        _traced_loans(Path(sys.argv[2]))
    else:
        main()
