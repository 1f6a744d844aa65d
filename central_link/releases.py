"""Fetching a release's bundle from the centre, in pieces: a line that is poor or away for days costs time, no bytes.

What was fetched lies beside the station's data as `SHA256.part`, and is `SHA256.bundle` when it is whole. Only size and
hash are looked at here; who installs it looks at the signature.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import Annotated

import msgspec

from central_link.native_rest import NativeRestConfig
from central_link.signed_line import SignedLine, stations_key
from kiosk.domain.server_address import server_address
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock
from kiosk.ports.private_file import make_folder, sync_folder

_log = logging.getLogger(__name__)

MOST_BYTES = 1 << 30
LARGEST_PIECE = 1 << 20
SMALLEST_PIECE = 1 << 14
_TRIES = 4
_PART = re.compile(r"[0-9a-f]{64}\.part", re.ASCII)


class Offered(msgspec.Struct, frozen=True):
    """What the centre has. `size` in bytes, `sha256` of all of it."""

    version: Annotated[str, msgspec.Meta(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$", max_length=32)]
    size: Annotated[int, msgspec.Meta(ge=1, le=MOST_BYTES)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class _Newest(msgspec.Struct):
    release: Offered | None


class ReleaseSource:
    """For one thread; `close` it."""

    def __init__(self, config: NativeRestConfig, clock: StationClock | None = None) -> None:
        self._url = f"{server_address(config.url)}/v1/releases"
        self._within_s = config.read_timeout_s
        self._line = SignedLine(stations_key(config.key_folder), config.connect_timeout_s, config.ca_file, clock)
        self._piece = LARGEST_PIECE // 4

    def newest(self, architecture: str, python: str, after: str) -> Offered | None:
        """For such a machine, newer than the version `after`. Raises Unreachable."""
        asked = {"architecture": architecture, "python": python, "after": after}
        answer = self._line.ask("GET", f"{self._url}/newest", params=asked, within_s=self._within_s)
        if answer.status != 200 or answer.content_type != "application/json":
            raise Unreachable(f"status {answer.status}")
        try:
            return msgspec.json.decode(answer.content, type=_Newest).release
        except (ValueError, RecursionError) as error:
            raise Unreachable("the answer cannot be read") from error

    def fetch(self, offered: Offered, folder: Path) -> Path:
        """The whole bundle; what an earlier call fetched of it counts. Raises Unreachable when the line is away, with
        what has come kept, and OSError of the disk."""
        make_folder(folder)
        whole, part = folder / f"{offered.sha256}.bundle", folder / f"{offered.sha256}.part"
        for path in folder.iterdir():  # of a release that is not offered any more; what is whole is its installer's
            if _PART.fullmatch(path.name) and path != part:
                path.unlink()
        if whole.exists():
            return whole
        if part.exists() and part.stat().st_size > offered.size:  # never of ours
            part.unlink()
        with part.open("ab") as file:
            if file.tell():
                _log.info("release %s: goes on at byte %d", offered.version, file.tell())
            while file.tell() < offered.size:
                file.write(self._next(offered, file.tell()))
                file.flush()
                os.fdatasync(file.fileno())
        if _sha256(part) != offered.sha256:
            part.unlink()
            raise Unreachable("what came is not what was offered")
        os.rename(part, whole)
        sync_folder(folder)
        return whole

    def close(self) -> None:
        self._line.close()

    def _next(self, offered: Offered, at: int) -> bytes:
        """The next piece: smaller ones over a line on which a larger one did not come to its end."""
        tries = 0
        while True:
            wanted = min(self._piece, offered.size - at)
            try:
                answer = self._line.ask(
                    "GET",
                    f"{self._url}/{offered.sha256}",
                    params={"at": at, "count": wanted},
                    within_s=self._within_s,
                )
                if answer.status != 200 or answer.content_type != "application/octet-stream":
                    raise Unreachable(f"status {answer.status}")
                if len(answer.content) != wanted:
                    raise Unreachable("a piece of another size")
            except Unreachable:
                tries += 1
                self._piece = max(SMALLEST_PIECE, self._piece // 4)
                if tries == _TRIES:
                    raise
            else:
                self._piece = min(LARGEST_PIECE, self._piece * 2)
                return answer.content


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
