"""What a process did to the files of some folders, in its true order: made by recorder.c, read back here."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOW_TO_GET_IT = "gcc is not installed: sudo apt-get install gcc libc6-dev"
_SOURCE = Path(__file__).with_name("recorder.c")
_HEAD = struct.Struct("<cQQII")


class NotRecorded(Exception):
    """A file was written in a way that the recorder has no words for, or the log is not one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One call, once it had succeeded. `began`: where its record stands in the log; of a sync, where it began, so that
    it vouches for every record before that.

    what    file   at              name       data
    create  file                   its name
    write   file   offset                     the bytes
    resize  file   the new size
    sync    file   `began`         its name
    folder         `began`         of the folder whose names are durable now
    mkdir                          its name
    rename                         the old    the new name
    unlink                         its name

    A file is what `file_of` gives, a name is the path from the name of its recorded folder on.
    """

    what: str
    began: int
    file: int
    at: int
    name: str
    data: bytes


_WORDS = {
    b"c": "create",
    b"w": "write",
    b"t": "resize",
    b"s": "sync",
    b"d": "folder",
    b"m": "mkdir",
    b"r": "rename",
    b"u": "unlink",
}


def can_record() -> bool:
    return shutil.which("gcc") is not None


def compiled(folder: Path) -> Path:
    """The library, made in `folder`; where `can_record`."""
    library = folder / "recorder.so"
    subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True)
    return library


def environment(library: Path, recorded: Sequence[Path], log: Path) -> dict[str, str]:
    """Of a process whose writes below these folders, each of another name, are added to `log`, which lies elsewhere."""
    folders = ":".join(map(str, recorded))
    return dict(os.environ) | {"LD_PRELOAD": str(library), "TRAM_RECORDED": folders, "TRAM_LOG": str(log)}


def file_of(path: Path) -> int:
    """The identity of a file, over all media."""
    found = path.stat()
    return (found.st_ino ^ found.st_dev << 48) % 2**64


def read(log: Path) -> list[Event]:
    """Raises NotRecorded."""
    return list(_events(log.read_bytes()))


def _events(raw: bytes) -> Iterator[Event]:
    place = 0
    while place < len(raw):
        what, file, at, name_length, data_length = _HEAD.unpack_from(raw, place)
        named = place + _HEAD.size
        ends = named + name_length
        name = raw[named:ends].decode()
        if what not in _WORDS:
            raise NotRecorded(f"{name} was written in a way that is not recorded")
        word = _WORDS[what]
        began = at if word in ("sync", "folder") else place
        yield Event(word, began, file, at, name, raw[ends : ends + data_length])
        place = ends + data_length
