"""Many power cuts in one recording: at every point of it, each with another draw of what is left."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random

from benchmarks.power_cut.disk import Disk
from benchmarks.power_cut.judge import Judge
from benchmarks.power_cut.scene import Recording, record
from benchmarks.power_cut.station import Boot
from benchmarks.rig import work_folder

_ONCE_MORE = Boot(3, first=45, checkpoint=20)
_IN_MEMORY = Path("/dev/shm")


@dataclass
class Found:
    """`images` that were looked at, how many of them are `broken`, and how many have a fault of each kind; some of the
    faults in words. They are cuts right after `points` of the recorded `events`, or before the first."""

    events: int = 0
    points: int = 0
    images: int = 0
    broken: int = 0
    faulty: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.events += other.events
        self.points += other.points
        self.images += other.images
        self.broken += other.broken
        self.faulty += other.faulty
        self.said = (self.said + other.said)[:10]


def cut(recording: Recording, images: int, seed: int = 1, processes: int | None = None) -> Found:
    """`images` in all, evenly over the recording. The same `seed` draws the same for the same recording. One process
    is this one: forking would copy the locks that other threads hold."""
    processes = processes or os.cpu_count() or 1
    tasks = max(1, min(images // 50, processes * 8))
    bounds = [images * n // tasks for n in range(tasks + 1)]
    events = len(recording.events)
    found = Found(events, points=len({_point(number, images, events) for number in range(images)} - {0}))
    parts = [(recording, first, end, images, seed) for first, end in pairwise(bounds)]
    if processes == 1:
        logged = logging.root.manager.disable
        try:
            for one in parts:
                found.add(_cut(*one))
        finally:
            logging.disable(logged)
        return found
    with get_context("fork").Pool(processes) as pool:
        for part in pool.starmap(_cut, parts, chunksize=1):
            found.add(part)
    return found


def cut_again(recording: Recording, times: int, images: int, seed: int = 1) -> Found:
    """The power goes, and goes again soon after it is back: `times` images of the recording are what another begins
    with, and of each of those as many images are looked at."""
    found = Found()
    for number in range(times):
        random = Random(f"{seed} again {number}")
        disk, point = Disk(recording.before), random.randrange(len(recording.events))
        for event in recording.events[:point]:
            disk.happens(event)
        with work_folder() as folder:
            known = recording.known_after(point)
            after = record(folder, [_ONCE_MORE], image=disk.after_a_cut(random), known=known)
            found.add(cut(after, images, seed))
    return found


def _point(number: int, images: int, events: int) -> int:
    """After how many of the events the power goes in that image."""
    return (number + 1) * events // images


def _cut(recording: Recording, first: int, end: int, images: int, seed: int) -> Found:
    """The images from `first` up to `end`, of `images`."""
    logging.disable(logging.CRITICAL)  # a store that is set aside is what the judge tells
    found, disk, happened = Found(), Disk(recording.before), 0
    folder = Path(tempfile.mkdtemp(prefix="tram-xanh-image-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None))
    judge = Judge(recording.config, folder)
    try:
        for number in range(first, end):
            point = _point(number, images, len(recording.events))
            for event in recording.events[happened:point]:
                disk.happens(event)
            happened = max(happened, point)
            faults = judge.faults(disk.after_a_cut(Random(f"{seed} {number}")), recording.known_after(happened))
            found.images += 1
            found.broken += bool(faults)
            found.faulty.update({fault.of for fault in faults})
            found.said += [f"image {number}, after event {happened}: {fault.what}" for fault in faults[:1]]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found
