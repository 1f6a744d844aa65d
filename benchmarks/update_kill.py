"""kill -9 of an update, at every step and at any moment: whatever is left runs, and the next run ends it.

Each round is a station of its own with small releases in real bundles. The updater is a process that is killed; pip, or
whatever else it has started, goes on. At once the symlink must lead to a release that runs. Then an update runs to its
end, and there must be the new release, whole, or, of one that does not work, the old one.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Report, options
from benchmarks.small_release import BAD, BUILT_MS, GOOD, Publisher, start, station_with, version_that_runs
from demo.processes import ROOT
from provisioning import self_update
from provisioning.bundle import BundleRefused, Why
from provisioning.chooser import choose
from provisioning.chooser.choose import Places, read_releases
from provisioning.release_folder import releases_in
from provisioning.self_update import Updater, signed_by

OLDEST, OLD, NEW = "0.1.0", "0.2.0", "0.3.0"
_PROVE_WITHIN_S = 0.3
_CONTROL_ROUNDS = 12


def measure(report: Report, rounds: int = 220, seed: int | None = None) -> None:
    """`update_kill_rounds` and `update_kill_broken`, and how many of a station without protection break."""
    chance = random.Random(seed)
    with TemporaryDirectory(prefix="update-kill-") as folder:
        world = _World(Path(folder), chance)
        broken = Counter[str]()
        killed = at_steps = 0
        while killed < rounds:
            # First each step in turn, of an update that works and of one that does not; then any moment.
            what, at = divmod(killed, 2)
            step = what + 1 if what < world.steps[bool(at)] else None
            at_steps += step is not None
            was_killed, fault = world.round(works=bool(at), step=step)
            killed += was_killed
            if fault:
                broken[fault] += 1
        bare = sum(bool(world.round(works=True, step=step, in_place=True)[1]) for step in range(1, _CONTROL_ROUNDS + 1))
    report.figure("update_kill_rounds", killed, "rounds", goal=rounds, better="higher")
    report.figure("update_kill_broken", broken.total(), "rounds", goal=0)
    report.figure("update_kill_broken_in_place", bare, "rounds", goal=1, better="higher")
    report.context["update_kill"] = {"at_steps": at_steps, "steps": world.steps, "control_rounds": _CONTROL_ROUNDS}
    if broken:
        report.context["update_kill_faults"] = dict(broken)


class _World:
    """`steps`: how many an update has, by whether its release works."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        publisher = Publisher(folder)
        station_with(folder / "station", publisher, OLDEST, OLD)
        self._bundles = {works: publisher.bundle(NEW, GOOD if works else BAD) for works in (False, True)}
        self.steps: dict[bool, int] = {}
        self._takes_s: dict[bool, float] = {}
        for works in (False, True):
            began = time.monotonic()
            steps = self._run(self._fresh(), works).communicate()[0]
            self._takes_s[works] = time.monotonic() - began
            self.steps[works] = steps.count("\n")

    def round(self, *, works: bool, step: int | None, in_place: bool = False) -> tuple[bool, str]:
        """Whether it was killed before its end, and what is wrong then; `step` None: at any moment."""
        places = self._fresh()
        process = self._run(places, works, step=step, in_place=in_place)
        if step is None:
            time.sleep(self._chance.uniform(0, self._takes_s[works]))
            process.kill()
        process.communicate()
        fault = self._fault(places, works)
        shutil.rmtree(places.root, ignore_errors=True)
        return process.returncode == -signal.SIGKILL, fault

    def _fault(self, places: Places, works: bool) -> str:
        if version_that_runs(places) not in (OLD, NEW):
            return "nothing runs after the kill"
        again = self._run(places, works)
        again.communicate()
        known = read_releases(places)
        if again.returncode:
            return "the next update ends in a fault"
        due = NEW if works else OLD
        if (version_that_runs(places), known.current, known.trial) != (due, due, None):
            return "another release than is due"
        if not works and known.refused != (NEW,):
            return "it would be tried again"
        if releases_in(places.releases) != ([OLD, NEW] if works else [OLDEST, OLD]):
            return "other releases than are due"
        return ""

    def _fresh(self) -> Places:
        root = self._folder / f"round-{self._chance.getrandbits(64):x}"
        shutil.copytree(self._folder / "station", root, symlinks=True)
        return Places(root)

    def _run(
        self, places: Places, works: bool, *, step: int | None = None, in_place: bool = False
    ) -> subprocess.Popen[str]:
        more = [*(["--die-at", str(step)] if step else []), *(["--in-place"] if in_place else [])]
        words = ["--child", str(places.root), "--bundle", str(self._bundles[works]), *more]
        command = [sys.executable, "-m", "benchmarks.update_kill", *words]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


# ---- the process that is killed


def _child(arguments: argparse.Namespace) -> int:
    places = Places(arguments.child)
    taken = 0

    def tell(step: str) -> None:
        nonlocal taken
        taken += 1
        print(step, flush=True)
        if taken == arguments.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    if arguments.in_place:
        _take_protection_away(tell)
    updater = Updater(
        places,
        signed_by(places.publisher),
        lambda: start(places),
        lambda: None,
        lambda: BUILT_MS,
        tell=tell,
        within_s=_PROVE_WITHIN_S,
    )
    try:
        updater.update(arguments.bundle)
    except BundleRefused as refused:  # the run before has come to its end: proved, or taken back
        return 0 if refused.why in (Why.SAME, Why.TAKEN_BACK) else 1
    return 0


def _take_protection_away(tell: Callable[[str], None]) -> None:
    """The control: what is there is changed where it lies."""

    def point_in_place(places: Places, version: str) -> None:
        places.current.unlink(missing_ok=True)
        tell("the symlink is gone")
        places.current.symlink_to(f"releases/{version}")

    def write_in_place(places: Places, known: choose.Releases) -> None:
        places.state.write_text('{"current": ')
        tell("half of releases.json is written")
        choose.write_releases(places, known)

    vars(self_update).update(point_to=point_in_place, write_releases=write_in_place)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--child", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--in-place", action="store_true")
    return parser.parse_args()


def main() -> None:
    if "--child" in sys.argv:
        sys.exit(_child(_arguments()))
    asked = options(__doc__, {"rounds": (None, "kills (220, 24 with --quick)"), "seed": (None, "of the moments")})
    report = Report("update_kill")
    measure(report, asked.rounds or (24 if asked.quick else 220), asked.seed)
    report.show(asked.json)


if __name__ == "__main__":
    main()
