"""What is installed on a station: where it lies, and what is known of its releases (docs/decisions/0029).

Standard library only, as provisioning.release_folder. The chooser, outside of every release, reads and writes the same
file: this module and provisioning/chooser share its format, and no code.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioning.release_folder import VERSION, sync_folder

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Places:
    """`root`: "/", or where a whole station lies for a test."""

    root: Path = Path("/")

    @property
    def releases(self) -> Path:
        return self.root / "opt/tram-xanh/releases"

    @property
    def current(self) -> Path:
        """The one symlink."""
        return self.root / "opt/tram-xanh/current"

    @property
    def kept(self) -> Path:
        return self.root / "var/lib/tram-xanh-chooser"

    @property
    def proved(self) -> Path:
        """Written by a release that has proved itself: its version."""
        return self.root / "run/tram-xanh/proved"

    @property
    def unfit(self) -> Path:
        """Names the bundle from the centre that was refused here, or could not be built: its SHA-256."""
        return self.kept / "unfit"

    @property
    def publisher(self) -> Path:
        return self.root / "etc/tram-xanh/publisher.pub"


@dataclass(frozen=True, slots=True)
class Trial:
    """`began_boottime`: seconds of CLOCK_BOOTTIME in the boot `boot_id`."""

    version: str
    starts: int
    began_boottime: float
    boot_id: str


@dataclass(frozen=True, slots=True)
class Releases:
    """releases.json. `rest`: what else stands in it, for whoever wrote it."""

    current: str | None = None
    previous: str | None = None
    trial: Trial | None = None
    refused: tuple[str, ...] = ()
    crashes: int = 0
    rest: Mapping[str, Any] = field(default_factory=dict)

    def trying(self, version: str) -> Releases:
        trial = Trial(version, 0, boottime(), boot_id())
        refused = tuple(one for one in self.refused if one != version)
        return replace(self, current=version, previous=self.current, trial=trial, refused=refused, crashes=0)

    def proved(self) -> Releases:
        return replace(self, trial=None, crashes=0)

    def taken_back(self, before: str | None) -> Releases:
        """`before`: what is there beside the release that returns."""
        refused = (*self.refused, self.current) if self.current and self.current not in self.refused else self.refused
        return replace(self, current=self.previous, previous=before, trial=None, refused=refused, crashes=0)


def read_releases(places: Places) -> Releases:
    """Where there is no file yet, what the symlink says. Raises OSError, and ValueError for a file that is not ours."""
    try:
        said = json.loads((places.kept / "releases.json").read_text("utf-8"))
    except FileNotFoundError:
        linked = os.path.basename(os.readlink(places.current)) if places.current.is_symlink() else ""
        return Releases(linked if VERSION.fullmatch(linked) else None)
    names = ("current", "previous", "trial", "refused", "crashes")
    if not isinstance(said, dict):
        raise ValueError("releases.json is not ours")
    try:
        trial = said.get("trial")
        return Releases(
            said.get("current"),
            said.get("previous"),
            Trial(**{name: trial[name] for name in Trial.__slots__}) if trial else None,
            tuple(said.get("refused") or ()),
            int(said.get("crashes") or 0),
            {name: value for name, value in said.items() if name not in names},
        )
    except (KeyError, TypeError) as error:
        raise ValueError("releases.json is not ours") from error


def write_releases(places: Places, known: Releases) -> None:
    """Whole or not at all, durable on return. Raises OSError."""
    trial = known.trial
    table = {
        **known.rest,
        "current": known.current,
        "previous": known.previous,
        "trial": {name: getattr(trial, name) for name in Trial.__slots__} if trial else None,
        "refused": list(known.refused),
        "crashes": known.crashes,
    }
    half = places.kept / "releases.json.half"
    with half.open("w", encoding="utf-8") as file:
        json.dump(table, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(half, places.kept / "releases.json")
    sync_folder(places.kept)


@contextmanager
def held(places: Places) -> Iterator[None]:
    """While nobody else changes releases.json: a lock on its folder."""
    handle = os.open(places.kept, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def point_to(places: Places, version: str) -> None:
    """The symlink leads to `version`: to the one before or to this one, never to nothing. Raises OSError."""
    target = f"releases/{version}"
    if places.current.is_symlink() and os.readlink(places.current) == target:
        return
    half = places.current.with_name(".current.half")
    half.unlink(missing_ok=True)
    half.symlink_to(target)
    os.rename(half, places.current)
    sync_folder(places.current.parent)


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    return BOOT_ID.read_text("ascii").strip()
