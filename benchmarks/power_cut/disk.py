"""A disk that loses its power: what is left of it after any of the recorded calls.

What was synced is there. Of the rest, each 512-byte sector holds what it held at the last sync or after any later write
to it; each file is as long as it was then or after any of these writes; each change of a name has happened or not. That
is drawn at random, each for itself, or, in some images, as a disk does it that keeps the order: up to some call, which
itself may be torn. A file that is cut has lost all of what it loses or nothing, and what was written to it later is
there only if it was cut: that much every journal of a file system promises.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname
from random import Random

from benchmarks.power_cut.recording import Event

SECTOR = 512
_SHM = "-shm"
_EMPTY: Mapping[str, tuple[int, bytes]] = {}
_GARBAGE = bytes(range(256)) * 128  # what may stand in a -shm, which nobody ever syncs


@dataclass(slots=True)
class _File:
    """`later`: the writes and new sizes since the last sync that vouches for them, oldest first."""

    synced: bytearray = field(default_factory=bytearray)
    later: list[Event] = field(default_factory=list)

    def sync(self, began: int) -> None:
        vouched = sum(event.began < began for event in self.later)
        for event in self.later[:vouched]:
            _apply(event, self.synced)
        del self.later[:vouched]

    def written(self) -> bytes:
        now = bytearray(self.synced)
        for event in self.later:
            _apply(event, now)
        return bytes(now)

    def left(self, fate: _Fate) -> bytes:
        if not self.later:
            return bytes(self.synced)
        now, later = bytearray(self.synced), self.later
        if fate.in_order:
            whole = fate.random.randint(0, len(later))
            for event in later[:whole]:
                _apply(event, now)
            later = later[whole : whole + 1]
        left, stretch = bytearray(now), list[Event]()
        for event in later:
            if event.what == "write":
                stretch.append(event)
                continue
            _draw(stretch, now, left, fate)
            if not fate.keeps():
                return bytes(left)
            for content in (now, left):
                _apply(event, content)
            stretch = []
        _draw(stretch, now, left, fate)
        return bytes(left)


@dataclass(frozen=True, slots=True)
class _Fate:
    """`kept`: the share of what was not synced that is there all the same."""

    random: Random
    kept: float
    in_order: bool

    def keeps(self) -> bool:
        return self.random.random() < self.kept

    def of(self, changes: Sequence[_Named]) -> list[_Named]:
        if self.in_order:
            return list(changes[: self.random.randint(0, len(changes))])
        return [change for change in changes if self.keeps()]


_Named = tuple[Event, "_File | None"]
"""A change of a name, and the file that it is about; None for a folder."""


class Disk:
    """As it is after each event that it is told. `before` the first it holds these, by name: file and content; a name
    that ends with "/" is a folder's."""

    def __init__(self, before: Mapping[str, tuple[int, bytes]] = _EMPTY) -> None:
        self._files: dict[int, _File] = {}  # by identity, which a later file may get again
        self._names: dict[str, _File | None] = {}  # as a process sees them
        for name, (file, content) in before.items():
            if name.endswith("/"):
                self._names[name.rstrip("/")] = None
            else:
                self._names[name] = self._files[file] = _File(bytearray(content))
        self._synced = dict(self._names)
        self._later: list[_Named] = []

    def happens(self, event: Event) -> None:
        match event.what:
            case "write" | "resize":
                self._files[event.file].later.append(event)
            case "sync":
                self._files[event.file].sync(event.began)
            case "folder":
                vouched = [change for change in self._later if _is_vouched(change[0], event)]
                _rename(self._synced, vouched)
                self._later = [change for change in self._later if not _is_vouched(change[0], event)]
            case _:
                if event.what == "create":
                    self._files[event.file] = _File()
                    change: _Named = event, self._files[event.file]
                else:
                    change = event, self._names.get(event.name)
                _rename(self._names, [change])
                self._later.append(change)

    def as_written(self) -> dict[str, bytes]:
        """What a process finds that looks now; shaped as in `after_a_cut`."""
        return _found(self._names, _File.written)

    def after_a_cut(self, random: Random) -> dict[str, bytes]:
        """The files that are found when the power is back, by name; a folder ends with "/"."""
        fate = _Fate(random, random.choice((0.0, 0.1, 0.5, 0.5, 0.9, 1.0)), in_order=random.random() < 0.3)
        names = dict(self._synced)
        _rename(names, fate.of(self._later))
        image = _found(names, lambda file: file.left(fate))
        if random.random() < 0.2:
            image |= {name.removesuffix("-wal") + _SHM: _GARBAGE for name in image if name.endswith("-wal")}
        return image


def put(image: Mapping[str, bytes], folder: Path) -> None:
    for name, content in image.items():
        if name.endswith("/"):
            (folder / name).mkdir(exist_ok=True)
        else:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)


def _found(names: Mapping[str, _File | None], content: Callable[[_File], bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, file in sorted(names.items()):  # a folder comes before what is in it
        folder = dirname(name)
        if folder and folder + "/" not in found:
            continue
        if file is None:
            found[name + "/"] = b""
        elif not name.endswith(_SHM):
            found[name] = content(file)
    return found


def _draw(writes: Sequence[Event], now: bytearray, left: bytearray, fate: _Fate) -> None:
    """What is `left` of these writes, which are made to the file as it is `now`."""
    sizes = [len(left)]
    sectors: dict[int, list[bytes]] = {}
    for event in writes:
        first, end = _apply(event, now)
        sizes.append(len(now))
        for sector in range(first // SECTOR, -(-end // SECTOR)):
            found = bytes(now[sector * SECTOR : (sector + 1) * SECTOR])
            sectors.setdefault(sector, []).append(found.ljust(SECTOR, b"\0"))
    for sector, versions in sectors.items():
        if fate.keeps():
            _put(left, sector * SECTOR, fate.random.choice(versions))
    size = fate.random.choice(sizes)
    del left[size:]
    left.extend(bytes(size - len(left)))


def _is_vouched(change: Event, folder: Event) -> bool:
    return change.began < folder.began and dirname(change.name) == folder.name


def _rename(names: dict[str, _File | None], changes: Iterable[_Named]) -> None:
    for event, file in changes:
        if event.what in ("rename", "unlink"):
            names.pop(event.name, None)
        if event.what != "unlink":
            names[event.data.decode() if event.what == "rename" else event.name] = file


def _apply(event: Event, content: bytearray) -> tuple[int, int]:
    """Gives the bytes from and up to which it may have changed something."""
    before = len(content)
    if event.what == "write":
        ends = event.at + len(event.data)
        content.extend(bytes(max(0, event.at - before)))
        content[event.at : ends] = event.data
        return event.at, ends
    del content[event.at :]
    content.extend(bytes(event.at - len(content)))
    return min(event.at, before), max(event.at, before)


def _put(content: bytearray, at: int, sector: bytes) -> None:
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(sector)] = sector
