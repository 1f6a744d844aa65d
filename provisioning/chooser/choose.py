"""Which release runs: asked by systemd, as root, before each start of the station.

Of Debian's Python the standard library only, nothing of a release: one that is gone, half or broken takes nothing of
this along. Whatever happens here, the station is started afterwards. docs/decisions/0029 has the folders, and the form
of releases.json: updater and installer read and write it by a copy of this file in their own release, older or newer
than the installed one.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import stat
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
"""What a release may be called: three numbers. Whatever else lies beside the releases is none."""

TRIES = 3
"""Starts in a row that ended as crashes: then the other release, and after as many of its own, staff are called."""
CALL_STAFF = 2 * TRIES + 1
"""`crashes` of a start at which nothing is started but the picture that calls staff."""
TRIAL_STARTS = 2
TRIAL_S = 120.0
"""In which a release on trial is proved, counted anew in each boot: a start that the power ended says nothing of it."""
TRIAL_BOOTS = 5
"""But in no more boots than these: it may be what ends them."""

_LOCK_WAIT_S = 5.0
_LONGEST_MARK = 64  # bytes


@dataclass(frozen=True)
class Trial:
    """`starts` in the boot `boot_id`, which is one of `boots` in all; `began_boottime`: CLOCK_BOOTTIME in seconds at
    the first of them. No wall clock is asked."""

    version: str
    starts: int = 0
    began_boottime: float = 0.0
    boot_id: str = ""
    boots: int = 0


@dataclass(frozen=True)
class Releases:
    """releases.json; "": none. `crashes`: starts in a row, in the boot `boot_id`, of which none was well for a minute,
    the one under way among them. `rest`: what else stands in it, for whoever wrote it."""

    current: str = ""
    previous: str = ""
    trial: Trial | None = None
    refused: tuple[str, ...] = ()
    crashes: int = 0
    boot_id: str = ""
    rest: Mapping[str, object] = field(default_factory=dict)

    def trying(self, version: str) -> Releases:
        """Its time begins with its first start."""
        refused = tuple(one for one in self.refused if one != version)
        trial = Trial(version)
        return replace(self, current=version, previous=self.current, trial=trial, refused=refused, crashes=0)

    def proved(self) -> Releases:
        return replace(self, trial=None, crashes=0)

    def taken_back(self, usable: Collection[str]) -> Releases:
        """The best of the others returns; where there is none, what is refused goes on."""
        refused = tuple(dict.fromkeys((*self.refused, self.current)))
        known = replace(self, trial=None, refused=refused, crashes=0)
        return _go_to(known, _others(known, usable))


@dataclass(frozen=True)
class Now:
    """What there is: `usable` releases, the version that the station proved (or ""), whether it was well."""

    usable: Collection[str]
    boottime: float
    boot_id: str
    proved: str = ""
    well: bool = False


@dataclass(frozen=True)
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
    def state(self) -> Path:
        return self.kept / "releases.json"

    @property
    def marks(self) -> Path:
        """`well`, and `proved`, which names the version: written by the station."""
        return self.root / "run/tram-xanh"

    @property
    def publisher(self) -> Path:
        return self.root / "etc/tram-xanh/publisher.pub"


# ---- the decision


def next_start(known: Releases, now: Now) -> Releases:
    """What runs now, and what to remember: `current` of the answer, or the call for staff (see CALL_STAFF)."""
    crashes = known.crashes if known.boot_id == now.boot_id and not now.well else 0
    if crashes >= CALL_STAFF:
        crashes = 0  # staff were called for a minute
    known = replace(known, crashes=crashes, boot_id=now.boot_id)
    known = _judge_trial(known, now)
    if known.current not in now.usable:
        known = _go_to(known, _others(known, now.usable))
    elif known.crashes == TRIES:
        others = _in_turn(known, now.usable)
        known = _go_to(known, others) if others else replace(known, crashes=CALL_STAFF - 1)
    if known.trial:
        known = replace(known, trial=replace(known.trial, starts=known.trial.starts + 1))
    return replace(known, crashes=known.crashes + 1)


def _judge_trial(known: Releases, now: Now) -> Releases:
    trial = known.trial
    if trial is None or trial.version != known.current:
        return replace(known, trial=None)
    if trial.version == now.proved:
        return known.proved()
    if trial.starts == 0 or trial.boot_id != now.boot_id:
        trial = Trial(trial.version, 0, now.boottime, now.boot_id, trial.boots + 1)
    in_time = trial.starts < TRIAL_STARTS and now.boottime - trial.began_boottime < TRIAL_S
    if in_time and trial.boots <= TRIAL_BOOTS:
        return replace(known, trial=trial)
    return known.taken_back(now.usable)


def number_of(version: str) -> tuple[int, ...]:
    """By which versions are compared. Raises ValueError for what is none."""
    if not VERSION.fullmatch(version):
        raise ValueError("a version is three numbers")
    return tuple(map(int, version.split(".")))


def _by_age(known: Releases, usable: Collection[str]) -> list[str]:
    """Newest first, and what was refused after all others."""
    return sorted(usable, key=lambda version: (version not in known.refused, number_of(version)), reverse=True)


def _others(known: Releases, usable: Collection[str]) -> list[str]:
    """Beside the current one, best first: the previous one is known to have worked here."""
    others = [version for version in _by_age(known, usable) if version != known.current]
    return sorted(others, key=lambda version: version == known.previous, reverse=True)


def _in_turn(known: Releases, usable: Collection[str]) -> list[str]:
    """The others, from the one after the current on: so each has its turn, however many there are."""
    all_of_them = _by_age(known, usable)
    place = all_of_them.index(known.current)
    return all_of_them[place + 1 :] + all_of_them[:place]


def _go_to(known: Releases, others: list[str]) -> Releases:
    return replace(known, current=others[0], previous=known.current, trial=None) if others else known


# ---- the files

_ENTRIES = {one.name for one in fields(Releases)} - {"rest"}


def read_releases(places: Places) -> Releases:
    """What can be understood of releases.json; where nothing is, the link tells the release."""
    try:
        table = json.loads(places.state.read_bytes())
    except (OSError, ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        table = {}
    refused = table.get("refused")
    return Releases(
        current=_version(table.get("current")) or _linked(places),
        previous=_version(table.get("previous")),
        trial=_trial(table.get("trial")),
        refused=tuple(filter(None, map(_version, refused))) if isinstance(refused, list) else (),
        crashes=min(_count(table.get("crashes")), CALL_STAFF),
        boot_id=_text(table.get("boot_id")),
        rest={name: value for name, value in table.items() if name not in _ENTRIES},
    )


def _trial(said: object) -> Trial | None:
    if not isinstance(said, dict) or not _version(said.get("version")):
        return None
    began = said.get("began_boottime")
    return Trial(
        _version(said["version"]),
        _count(said.get("starts")),
        float(began) if isinstance(began, int | float) and abs(began) < 1e12 else 0.0,
        _text(said.get("boot_id")),
        _count(said.get("boots")),
    )


def _count(said: object) -> int:
    return said if type(said) is int and said >= 0 else 0


def _version(said: object) -> str:
    return said if isinstance(said, str) and VERSION.fullmatch(said) else ""


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""


def _linked(places: Places) -> str:
    try:
        return _version(Path(os.readlink(places.current)).name)
    except OSError:
        return ""


def write_releases(places: Places, known: Releases) -> None:
    """Whole or not at all, and durable on return. Raises OSError."""
    places.kept.mkdir(mode=0o755, parents=True, exist_ok=True)
    ours: dict[str, object] = {
        "current": known.current or None,
        "previous": known.previous or None,
        "trial": asdict(known.trial) if known.trial else None,
        "refused": known.refused,
        "crashes": known.crashes,
        "boot_id": known.boot_id,
    }
    half = places.kept / "releases.json.new"
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, 0o644)  # whatever the unit's umask is: the station reads it before it fetches a release
        file.write(json.dumps({**known.rest, **ours}))  # as deep as what could be read
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, places.state)
    sync_folder(places.kept)


def point_to(places: Places, version: str) -> None:
    """`current` is that release, durable on return. Raises OSError."""
    target = f"releases/{version}"
    with suppress(OSError):
        if os.readlink(places.current) == target:
            return
    half = places.current.with_name("current.new")
    with suppress(FileNotFoundError):
        half.unlink()
    os.symlink(target, half)
    os.replace(half, places.current)
    sync_folder(places.current.parent)


def sync_folder(folder: Path) -> None:
    """Names in `folder` are durable, on return. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def usable_releases(places: Places) -> list[str]:
    """Those that are whole as far as can be seen without running them: their own release.json, and an interpreter."""
    try:
        names = os.listdir(places.releases)
    except OSError:
        return []
    return [name for name in names if VERSION.fullmatch(name) and _is_usable(places.releases / name)]


def _is_usable(release: Path) -> bool:
    try:
        facts = json.loads((release / "release.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    python = release / "bin/python"
    return isinstance(facts, dict) and facts.get("version") == release.name and _can_run(python)


def _can_run(python: Path) -> bool:
    if not (python.is_file() and os.access(python, os.X_OK)):
        return False
    if os.path.realpath(python) != os.path.realpath(sys.executable):
        return True
    # Debian's own, which may be another by now than the one that its packages were installed for.
    return (python.parents[1] / f"lib/python{sys.version_info.major}.{sys.version_info.minor}").is_dir()


def read_mark(places: Places, name: str) -> str | None:
    """What the station wrote there; None: nothing. The folder is the station's own, so it may be anything, and root
    waits for none of it."""
    try:
        handle = os.open(places.marks / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return os.read(handle, _LONGEST_MARK).decode("utf-8", "replace").strip()
    except OSError:
        return None
    finally:
        os.close(handle)


def clear_marks(places: Places) -> None:
    for name in ("well", "proved"):
        with suppress(OSError):
            (places.marks / name).unlink()


@contextmanager
def lock(places: Places, wait_s: float = float("inf")) -> Iterator[bool]:
    """Whoever changes releases.json. False: somebody else still has it after `wait_s`."""
    places.kept.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle = os.open(places.kept, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + wait_s
        has_it = False
        while not has_it:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                has_it = True
            except BlockingIOError:
                if time.monotonic() >= until:
                    break
                time.sleep(0.05)
        yield has_it
    finally:
        os.close(handle)


def boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def choose(places: Places, at: float, boot: str) -> Releases:
    """Before a start, `at` seconds of CLOCK_BOOTTIME of that boot. Raises OSError of the disk; the link is set all the
    same where it can be."""
    with lock(places, _LOCK_WAIT_S):
        known = read_releases(places)
        proved, is_well = read_mark(places, "proved") or "", read_mark(places, "well") is not None
        chosen = next_start(known, Now(usable_releases(places), at, boot, proved, is_well))
        try:
            write_releases(places, chosen)
        finally:
            if chosen.current in usable_releases(places):
                point_to(places, chosen.current)
        clear_marks(places)
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", type=Path, help="where etc, opt, run and var are")
    options = parser.parse_args()
    try:
        chosen = choose(Places(options.root), boottime(), boot_id())
    except OSError as error:
        sys.stderr.write(f"the chooser cannot write: {error.strerror}\n")
        return 1
    sys.stderr.write(f"release {chosen.current or '-'}, start {chosen.crashes}{', on trial' if chosen.trial else ''}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
