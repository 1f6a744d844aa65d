"""Power cuts: what the real station writes is recorded, its disk rebuilt at every point with what was not synced kept
or lost at random, and each image opened by the station's own code. Nothing that a pupil was told may be lost, nothing
pruned too soon, and the newest backup that was noted down must be whole."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import rig, school_tables
from benchmarks.power_cut import scene
from benchmarks.power_cut.recording import HOW_TO_GET_IT, can_record
from benchmarks.power_cut.station import LIBRARY, Boot
from benchmarks.power_cut.trial import Found, cut, cut_again
from benchmarks.report import Report, options
from demo.processes import Server

_LIFE = (Boot(20, sudden=True), Boot(10, first=20, later=True), Boot(5, first=30))
_AT_THE_WINDOW = (Boot(5, first=35, window=True, sudden=True), Boot(5, first=40, window=True))


def main() -> None:
    chosen = options(__doc__, {"seed": (1, "of what is left of each image")})
    report = Report("durability")
    images, controls = (1_000, 100) if chosen.quick else (20_000, 1_000)
    if not can_record():
        report.context["not_measured"] = HOW_TO_GET_IT
        for name in ("images", "lost", "half", "corrupt"):
            report.figure(name, None, "images")
        report.show(chosen.json)
        return
    by_recording = _of_the_product(images, chosen.seed)
    found = Found()
    for one in by_recording.values():
        found.add(one)
    once = [by_recording["own"], by_recording["short"]]
    report.figure("images", found.images, "", images, "higher")
    for what in ("lost", "half", "corrupt"):
        report.figure(what, found.faulty[what], "images", 0)
    missed = sum(one.events - one.points for one in once)
    report.figure("points_missed", missed, "", None if chosen.quick else 0)
    report.context |= {
        "seed": chosen.seed,
        "events": {name: one.events for name, one in by_recording.items()},
        "points_covered": {name: one.points for name, one in by_recording.items()},
        "faults": found.said,
        "control_images": controls,
    }
    for name, control in _without_protection(controls, chosen.seed).items():
        report.figure(f"control_losses_{name}", control.faulty["lost"], "images", 1, "higher")
        report.context[f"control_{name}"] = dict(control.faulty)
    report.show(chosen.json)


def _of_the_product(images: int, seed: int) -> dict[str, Found]:
    """Half of the images with the product's own settings and the real centre, the others with a log that is so short
    that it is written into the file and begun again all the time; some of these are of a second cut after the first,
    at some moments of it."""
    with rig.work_folder() as folder, _centre(folder) as server:
        for name in ("own", "short"):
            (folder / name).mkdir()
        own = cut(scene.record(folder / "own", _LIFE + _AT_THE_WINDOW, server), images // 2, seed)
        recorded = scene.record(folder / "short", _with(checkpoint=40))
        times = max(2, images // 1_000)
        again = cut_again(recorded, times, images // 10 // times, seed)
        short = cut(recorded, images - own.images - again.images, seed)
    return {"own": own, "short": short, "again": again}


def _centre(folder: Path) -> AbstractContextManager[Server]:
    """With the library that the other recordings' station has in its memory."""
    circulation = school_tables.FREE_LENDING
    return school_tables.serving(folder, LIBRARY.patrons, LIBRARY.items, circulation)


def _without_protection(images: int, seed: int) -> dict[str, Found]:
    found = {}
    for synchronous in ("NORMAL", "OFF"):
        with rig.work_folder() as folder:
            recorded = scene.record(folder, _with(synchronous=synchronous))
            found[synchronous.lower()] = cut(recorded, images, seed)
    with rig.work_folder() as folder:
        recorded = scene.record(folder, _LIFE)
        found["without_syncs"] = cut(recorded.without_syncs(), images, seed)
        found["stick_without_syncs"] = cut(recorded.without_syncs(of="stick"), images, seed)
    return found


def _with(synchronous: str = "", checkpoint: int = 0) -> list[Boot]:
    return [dataclasses.replace(boot, synchronous=synchronous, checkpoint=checkpoint) for boot in _LIFE]


if __name__ == "__main__":
    main()
