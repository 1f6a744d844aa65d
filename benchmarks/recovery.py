"""How long a station cannot be used after a hang or a kill, and whether its unit is ever found dead: on a machine of
its own, booted by its own systemd. Needs root, mmdebstrap and systemd-container."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, median, options
from tests.system.machine import Machine, machine
from tests.system.recovering import HANGS, hang_to_usable, kill_again_and_again, kill_to_usable

KILLS = 200
SINGLE_KILLS = 20


def measure(there: Machine, report: Report, *, quick: bool) -> None:
    there.boot()
    there.lends()
    rounds = 1 if quick else 3
    hangs = {who: max(hang_to_usable(there, who) for _ in range(rounds)) for who in HANGS}
    kills = [kill_to_usable(there) for _ in range(3 if quick else SINGLE_KILLS)]
    report.figure("hang_to_usable_s", max(hangs.values()), "s", 25)
    report.figure("kill_to_usable_s", median(kills), "s", 3)
    report.figure("kill_to_usable_worst_s", max(kills), "s")
    many = 20 if quick else KILLS
    began = time.monotonic()
    report.figure("dead_units", kill_again_and_again(there, many, random.SystemRandom()), "", 0)
    took = time.monotonic() - began
    there.lends()
    report.context |= {
        "hangs_s": {who: round(seconds, 1) for who, seconds in hangs.items()},
        "single_kills": len(kills),
        "kills": f"{many} in {took:.0f} s, at any moment of choosing, starting, running and calling staff",
        "machine": "systemd-nspawn; window offscreen and drawn by the processor, scanner a pty",
        "usable": "a card that is held up again and again is answered by a sound; a hang: the worst of all rounds",
    }


def main() -> None:
    chosen = options(__doc__)
    report = Report("recovery")
    with (
        tempfile.TemporaryDirectory(prefix="tram-xanh-machine-", dir="/var/tmp") as folder,
        machine(Path(folder)) as there,
    ):
        measure(there, report, quick=chosen.quick)
    report.show(chosen.json)


if __name__ == "__main__":
    main()
