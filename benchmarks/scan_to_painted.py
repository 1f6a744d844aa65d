"""Scanner bytes at the pty → the frame that shows the loan is flipped, with the real window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import rig
from benchmarks.report import Report, median, options, percentile
from demo.processes import ROOT
from demo.school import Scanner


def main() -> None:
    chosen = options(__doc__)
    report = Report("scan_to_painted")
    size, count, titles, backlog = (rig.QUICK, 40, 2_000, 500) if chosen.quick else (rig.SCHOOL, 300, 30_000, 10_000)
    with rig.work_folder() as folder:
        rig.fill(folder, size)
        scanner = Scanner()
        calm = _paint(rig.config_for(folder, scanner).folder / "kiosk.toml", count, 0, 0)
        with rig.serving(folder, titles) as server:
            with rig.BenchStation(rig.config_for(folder, scanner), scanner) as station:
                rig.lend_directly(station.kiosk, 1_500, 100, backlog)
            busy = _paint(rig.config_for(folder, scanner, server.url).folder / "kiosk.toml", count, 1_000, 200)
    report.figure("median_ms", median(calm), "ms")
    report.figure("p95_ms", percentile(calm, 95), "ms", 50)
    report.figure("busy_median_ms", median(busy), "ms")
    report.figure("busy_p95_ms", percentile(busy, 95), "ms", 100)
    report.context |= {"window": "1024×600 offscreen, software OpenGL", "busy": f"{titles} titles in, {backlog} out"}
    report.show(chosen.json)


def _paint(config: Path, count: int, first_item: int, first_card: int) -> list[float]:
    words = [sys.executable, "-m", "benchmarks.window", "paint", str(config), str(count), str(first_item)]
    environment = dict(os.environ) | {"SDL_VIDEODRIVER": "offscreen"}
    done = subprocess.run(
        [*words, str(first_card)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    times: list[float] = json.loads(done.stdout.splitlines()[-1])["times"]
    return times


if __name__ == "__main__":
    main()
