"""A signed bundle: one file that holds a release. Read by rule, and by nothing that guesses.

It is an uncompressed tar (ustar), so that anybody can look into it: `manifest.json`, `manifest.sig`, then the files of
the manifest in its order, then two empty blocks. Each header must be, byte for byte, the one header that we would write
for that name and size: a tar's many other ways (links, devices, long names, sparse files, owners, other number systems)
are not understood wrongly here, because they are not understood at all.

Standard library only, as provisioning.release_folder; who can check an Ed25519 signature comes in by the door.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from provisioning.chooser.choose import VERSION, number_of

FORMAT = 1
PRODUCT = "tram-xanh"
MANIFEST, SIGNATURE, LOCK = "manifest.json", "manifest.sig", "requirements.lock"
MOST_BYTES = 1 << 30
MOST_MANIFEST_BYTES = 256 * 1024
MOST_FILES = 500
SIGNATURE_BYTES = 64

_BLOCK = 512
_PIECE = 1 << 20
_NAME = re.compile(r"wheels/[A-Za-z0-9][A-Za-z0-9._+-]{0,95}\.whl|requirements\.lock", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WORD = re.compile(r"[0-9A-Za-z_.]{1,32}", re.ASCII)

IsSigned = Callable[[bytes, bytes], bool]
"""Whether a signature (64 bytes) of these bytes is the publisher's."""


class Why(StrEnum):
    """Why a bundle is refused."""

    NOT_A_BUNDLE = "not a bundle"
    FOREIGN = "not signed by our publisher"
    TAMPERED = "not what was signed"
    TOO_LARGE = "too large"
    NEWER_FORMAT = "of a format that is not known here"
    BAD_MANIFEST = "a manifest that says what it must not"
    OTHER_PRODUCT = "of another product"
    OTHER_MACHINE = "for another kind of machine"
    OTHER_PYTHON = "for another Python"
    EXPIRED = "expired"
    OLDER = "older than what runs"
    SAME = "what runs already"
    TAKEN_BACK = "tried here and taken back"
    NO_ROOM = "no room on the disk"


class BundleRefused(Exception):
    """`detail` is for the log."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class File:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema`: the revision of the store that the release works on. `unpacked_bytes`: of its wheels' content. Times
    are milliseconds since 1970."""

    raw: bytes
    signature: bytes
    version: str
    schema: str
    pythons: tuple[str, ...]
    architectures: tuple[str, ...]
    built_ms: int
    expires_ms: int
    unpacked_bytes: int
    files: tuple[File, ...]

    @property
    def digest(self) -> str:
        """What tells two builds of one version apart."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def bundle_bytes(self) -> int:
        sizes = (len(self.raw), len(self.signature), *(file.size for file in self.files))
        return sum(_BLOCK + _padded(size) for size in sizes) + 2 * _BLOCK

    @property
    def room(self) -> int:
        """Bytes that the unpacked files and the release need together, with what Python compiles."""
        return self.bundle_bytes + self.unpacked_bytes * 2


@dataclass(frozen=True, slots=True)
class Station:
    """What a bundle must fit. `version`: what runs, None at the first installation. `now_ms`: the time, or where nobody
    vouches for it the latest time that is known to be over."""

    version: str | None
    refused: tuple[str, ...]
    python: str
    architecture: str
    now_ms: int


def open_bundle(path: Path) -> BinaryIO:
    """Raises OSError, and BundleRefused for what is no file or too large to be looked at."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BundleRefused(Why.NOT_A_BUNDLE, "a link") from error
        raise
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES:
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise BundleRefused(Why.TOO_LARGE if stat.S_ISREG(found.st_mode) else Why.NOT_A_BUNDLE)


def read_manifest(file: BinaryIO, is_signed: IsSigned) -> Manifest:
    """Nothing in the manifest is looked at before its signature. Raises BundleRefused and OSError."""
    file.seek(0)
    raw = _member(file, MANIFEST, MOST_MANIFEST_BYTES)
    signature = _member(file, SIGNATURE, SIGNATURE_BYTES)
    if len(signature) != SIGNATURE_BYTES or not is_signed(raw, signature):
        raise BundleRefused(Why.FOREIGN)
    return _manifest(raw, signature)


def check_fit(manifest: Manifest, station: Station, *, again: bool = False) -> None:
    """Whether it is for this station, now. `again`: also if it was taken back here. Raises BundleRefused."""
    if station.architecture not in manifest.architectures:
        raise BundleRefused(Why.OTHER_MACHINE, " ".join(manifest.architectures))
    if station.python not in manifest.pythons:
        raise BundleRefused(Why.OTHER_PYTHON, " ".join(manifest.pythons))
    if station.now_ms > manifest.expires_ms:
        raise BundleRefused(Why.EXPIRED)
    if station.version is not None and manifest.version == station.version:
        raise BundleRefused(Why.SAME, manifest.version)
    if station.version is not None and number_of(manifest.version) < number_of(station.version):
        raise BundleRefused(Why.OLDER, manifest.version)
    if manifest.version in station.refused and not again:
        raise BundleRefused(Why.TAKEN_BACK, manifest.version)


def check_files(file: BinaryIO, manifest: Manifest) -> None:
    """Reads all of it, writes nothing. Raises BundleRefused and OSError."""
    _walk(file, manifest, None)


def unpack(file: BinaryIO, manifest: Manifest, folder: Path) -> None:
    """Into `folder`, which is empty; what is written is looked at again while it is. Raises BundleRefused,
    with something left of it, and OSError."""
    (folder / "wheels").mkdir()
    (folder / MANIFEST).write_bytes(manifest.raw)
    (folder / SIGNATURE).write_bytes(manifest.signature)
    _walk(file, manifest, folder)


def header_of(name: str, size: int) -> bytes:
    """The one header of a file. Raises ValueError for a name that does not go into it."""
    return tarfile.TarInfo.tobuf(_info(name, size), tarfile.USTAR_FORMAT)


def padding_of(size: int) -> bytes:
    return bytes(_padded(size) - size)


END = bytes(2 * _BLOCK)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)  # mode 0644, owner 0, time 0
    info.size = size
    return info


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _member(file: BinaryIO, name: str, most: int) -> bytes:
    """The next file of the container, which must be called `name`."""
    header = file.read(_BLOCK)
    digits = header[124:135]
    if len(header) < _BLOCK or not re.fullmatch(rb"[0-7]{11}", digits):
        raise BundleRefused(Why.NOT_A_BUNDLE, f"no header of {name}")
    size = int(digits, 8)
    if header != header_of(name, size):
        raise BundleRefused(Why.NOT_A_BUNDLE, f"not the header of {name}")
    if size > most:
        raise BundleRefused(Why.TOO_LARGE, name)
    content, padding = file.read(size), file.read(_padded(size) - size)
    if len(content) < size or padding != padding_of(size):
        raise BundleRefused(Why.NOT_A_BUNDLE, f"{name} is cut off")
    return content


def _walk(file: BinaryIO, manifest: Manifest, folder: Path | None) -> None:
    if os.fstat(file.fileno()).st_size != manifest.bundle_bytes:
        raise BundleRefused(Why.TAMPERED, "the bundle has another size")
    file.seek(2 * _BLOCK + _padded(len(manifest.raw)) + _padded(len(manifest.signature)))
    for one in manifest.files:
        if file.read(_BLOCK) != header_of(one.name, one.size):
            raise BundleRefused(Why.TAMPERED, f"another header than that of {one.name}")
        digest = hashlib.sha256()
        if folder is None:
            for piece in _pieces(file, one.size):
                digest.update(piece)
        else:
            handle = os.open(folder / one.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
            with os.fdopen(handle, "wb") as target:
                for piece in _pieces(file, one.size):
                    digest.update(piece)
                    target.write(piece)
        if digest.hexdigest() != one.sha256:
            raise BundleRefused(Why.TAMPERED, one.name)
        if file.read(_padded(one.size) - one.size) != padding_of(one.size):
            raise BundleRefused(Why.TAMPERED, f"after {one.name}")
    if file.read(len(END) + 1) != END:  # whoever made it may make it longer while we look
        raise BundleRefused(Why.TAMPERED, "another end")


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise BundleRefused(Why.TAMPERED, "cut off")
        size -= len(piece)
        yield piece


def _manifest(raw: bytes, signature: bytes) -> Manifest:
    try:
        said = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        if not isinstance(said, dict):
            raise ValueError("no object")
        if said.get("format") != FORMAT or isinstance(said["format"], bool):
            raise BundleRefused(Why.NEWER_FORMAT)
        if said.get("product") != PRODUCT:
            raise BundleRefused(Why.OTHER_PRODUCT)
        return _fields(said, raw, signature)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleRefused(Why.BAD_MANIFEST, f"{error}"[:200]) from error


def _fields(said: dict[str, Any], raw: bytes, signature: bytes) -> Manifest:
    _only(said, "format product version schema pythons architectures built_ms expires_ms unpacked_bytes files")
    files = tuple(map(_file, _list(said["files"], MOST_FILES)))
    names = [file.name.casefold() for file in files]
    if len(set(names)) < len(names):
        raise ValueError("two files of one name")
    if LOCK not in names:
        raise ValueError(f"no {LOCK}")
    manifest = Manifest(
        raw,
        signature,
        _text(said["version"], VERSION),
        _text(said["schema"], _WORD),
        tuple(_text(one, _WORD) for one in _list(said["pythons"], 20)),
        tuple(_text(one, _WORD) for one in _list(said["architectures"], 20)),
        _number(said["built_ms"], 1 << 50),
        _number(said["expires_ms"], 1 << 50),
        _number(said["unpacked_bytes"], 8 * MOST_BYTES),
        files,
    )
    if manifest.built_ms >= manifest.expires_ms:
        raise ValueError("it expires before it was built")
    if manifest.bundle_bytes > MOST_BYTES:
        raise BundleRefused(Why.TOO_LARGE, "its files")
    return manifest


def _file(said: Any) -> File:
    if not isinstance(said, dict):
        raise ValueError("a file is no object")
    _only(said, "name size sha256")
    name = _text(said["name"], _NAME)
    if ".." in name:
        raise ValueError("a name with two dots")
    return File(name, _number(said["size"], MOST_BYTES), _text(said["sha256"], _SHA256))


def _only(said: dict[str, Any], names: str) -> None:
    if said.keys() != set(names.split()):
        raise ValueError(f"other keys than {names}")


def _list(said: Any, most: int) -> list[Any]:
    if not isinstance(said, list) or not 1 <= len(said) <= most:
        raise ValueError(f"no list of 1 to {most}")
    return said


def _text(said: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(said, str) or not pattern.fullmatch(said):
        raise ValueError("a text of another form")
    return said


def _number(said: Any, most: int) -> int:
    if type(said) is not int or not 0 <= said <= most:
        raise ValueError(f"no number up to {most}")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key twice")
    return table


def _no_number(said: str) -> float:
    raise ValueError(f"{said} is no number")
