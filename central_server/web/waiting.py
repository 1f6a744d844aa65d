"""Files that were looked at and wait for a person's word, for half an hour, for that visit alone.

They lie in a folder, so that whichever process of the server is asked has them. A file's name says until when, and
holds the hash of what only its sender knows: nobody else finds it. No backup has them.
"""

import os
import secrets
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from central_server.imports.rows import Options

FOLDER = "waiting"
_FOR_MS = 30 * 60_000
_MOST_BYTES = 256 * 1024 * 1024
_MOST = 100
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class File:
    kind: str
    name: str
    options: Options
    raw: bytes


class _Said(msgspec.Struct):
    """The first line of a file."""

    kind: str
    name: str
    options: Options


class Waiting:
    """In `folder`, which is made when it is needed; `None`: in one of this process alone. All of it reads and writes
    files, which is nothing for the event loop. Raises `OSError` for a disk that is full."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"tram-xanh-{FOLDER}-{secrets.token_hex(16)}"

    def keep(self, visit: str, library: str, file: File, now_ms: int) -> str:
        """Let a file wait for who has the cookie `visit`; answers the word for it. Who sends another one means that
        one, and the oldest go when there are too many."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = secrets.token_urlsafe(16)
        unfinished = self._folder / f"{now_ms + _FOR_MS}.{_hash(token)}.unfinished"
        try:
            with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as target:
                target.write(msgspec.json.encode(_Said(file.kind, file.name, file.options)) + b"\n")
                target.write(file.raw)
            for other in self._folder.glob(f"*.{_hash(visit)}.*"):
                other.unlink(missing_ok=True)
            unfinished.rename(self._folder / f"{now_ms + _FOR_MS}.{_key(token, visit, library)}")
        finally:
            unfinished.unlink(missing_ok=True)
        self.tidy(now_ms)
        return token

    def take(self, token: str, visit: str, library: str, now_ms: int) -> File | None:
        """The file of that word, once, for who sent it to that library."""
        for path in self._folder.glob(f"*.{_key(token, visit, library)}"):
            try:
                with path.open("rb") as file:
                    path.unlink()  # of two at the same moment one can
                    said = msgspec.json.decode(file.readline(), type=_Said)
                    return File(said.kind, said.name, said.options, file.read()) if _until_ms(path) > now_ms else None
            except FileNotFoundError:
                continue
        return None

    def tidy(self, now_ms: int) -> None:
        """Remove what has waited for too long, and the oldest of what is too much."""
        total = 0
        for number, path in enumerate(sorted(self._folder.glob("*.*.*"), key=_until_ms, reverse=True)):
            try:
                total += path.stat().st_size
                if _until_ms(path) <= now_ms or total > _MOST_BYTES or number >= _MOST:
                    path.unlink()
            except FileNotFoundError:
                continue


def _until_ms(path: Path) -> int:
    until = path.name.partition(".")[0]
    return int(until) if until.isdecimal() else 0


def _key(token: str, visit: str, library: str) -> str:
    return f"{_hash(visit)}.{_hash(f'{token} {library}')}"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
