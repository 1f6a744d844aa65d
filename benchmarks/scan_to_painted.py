"""Scanner bytes at the pty → the frame that shows the loan is flipped, with the real window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks import rig
from benchmarks.report import Report, median, options, percentile
from demo.processes import ROOT
from demo.school import Scanner
from kiosk.config import KioskConfig


def main() -> None:
    chosen = options(__doc__)
    report = Report("scan_to_painted")
    size, count, titles, backlog = (rig.QUICK, 40, 2_000, 1_000) if chosen.quick else (rig.SCHOOL, 200, 30_000, 20_000)
    with rig.work_folder() as folder:
        rig.fill(folder, size)
        scanner = Scanner()
        calm = [took for took, _ in _paint(rig.config_for(folder, scanner), count, 0, 0)]
        with rig.serving(folder, titles) as server:
            with rig.BenchStation(rig.config_for(folder, scanner), scanner) as station:
                rig.lend_directly(station.kiosk, 1_500, 100, backlog)
            config = rig.config_at(folder, scanner, server)
            server.freeze()
            timed = _paint(config, count, 1_000, 200, server.thaw)
    busy = [took for took, pending in timed if pending > backlog // 20]
    if len(busy) < 20 and not chosen.quick:
        raise RuntimeError(f"only {len(busy)} of {count} loans fell into the busy time")
    report.figure("median_ms", median(calm), "ms")
    report.figure("p95_ms", percentile(calm, 95), "ms", 50)
    report.figure("busy_median_ms", median(busy) if busy else None, "ms")
    report.figure("busy_p95_ms", percentile(busy, 95) if busy else None, "ms", 100)
    report.context |= {
        "window": "1024×600 offscreen, software OpenGL on the same cores",
        "busy": f"{titles} titles coming, {backlog} operations going; {len(busy)} loans in that time",
    }
    report.show(chosen.json)


def _paint(
    config: KioskConfig, count: int, first_item: int, first_card: int, when_ready: Callable[[], None] = lambda: None
) -> list[tuple[float, int]]:
    """Milliseconds of each loan, and the operations still to be sent then."""
    words = [sys.executable, "-m", "benchmarks.window", "paint", str(config.folder / "kiosk.toml")]
    child = subprocess.Popen(
        [*words, str(count), str(first_item), str(first_card)],
        cwd=ROOT,
        env=dict(os.environ) | {"SDL_VIDEODRIVER": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child, child.stdout as said:
        for line in said:
            if line.strip() == "ready":
                when_ready()
            elif line.startswith("{"):
                times: list[tuple[float, int]] = json.loads(line)["times"]
                return times
    raise RuntimeError("the window ended without a figure")


if __name__ == "__main__":
    main()
