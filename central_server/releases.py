"""The releases that stations may fetch: bundles in a folder, which is looked at for every question.

A bundle is judged by the station that installs it, with its publisher's key; here it is a file whose beginning says
what it is (docs/releases.md). So a command in another process counts from the moment in which it is done, and a bundle
is withdrawn by removing its file.
"""

import hashlib
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from uuid import uuid4

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from central_server.cannot import CannotDo
from central_server.wire import Release

FOLDER = "releases"
MOST_PIECE_BYTES = 1024 * 1024
MOST_BUNDLE_BYTES = 1 << 30
_MOST_MANIFEST_BYTES = 256 * 1024
_NAME = re.compile(r"(?P<version>[\d.]+)_(?P<sha256>[0-9a-f]{64})\.bundle", re.ASCII)


class NoBundle(CannotDo):
    """It is something else, or spoilt."""


class NotOfPublisher(CannotDo):
    """Somebody else made it, or changed it."""


class _File(msgspec.Struct):
    name: str
    size: int
    sha256: str


class _Manifest(msgspec.Struct):
    product: Literal["tram-xanh"]
    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,6}(\\.[0-9]{1,6}){2}$", max_length=20)]
    architectures: list[str]
    pythons: list[str]
    files: list[_File] = []


_manifests = msgspec.json.Decoder(_Manifest)


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle in the folder."""

    file: Path
    release: Release
    architectures: tuple[str, ...]
    pythons: tuple[str, ...]


class Shelf:
    """`folder` None: there are none here. `publisher`: whose public key (PEM) a bundle has that `take` takes."""

    def __init__(self, folder: Path | None, publisher: Path | None = None) -> None:
        self.folder = folder
        self._publisher = publisher

    @property
    def takes(self) -> bool:
        """Whether anything that is sent can be taken."""
        return self.folder is not None and self._publisher is not None

    def kept(self) -> list[Kept]:
        """Every bundle, the newest version first. What was not put there by `put` is passed over."""
        if self.folder is None or not self.folder.is_dir():
            return []
        found = []
        for file in self.folder.iterdir():
            if name := _NAME.fullmatch(file.name):
                try:
                    with file.open("rb") as bundle:
                        manifest, size = _manifest_of(bundle, file.name)[0], _size(bundle)
                except (CannotDo, OSError):
                    continue  # removed at this moment, or spoilt
                release = Release(manifest.version, size, name["sha256"])
                found.append(Kept(file, release, tuple(manifest.architectures), tuple(manifest.pythons)))
        return sorted(found, key=lambda one: _number(one.release.version), reverse=True)

    def newest(self, architecture: str, python: str, after: str) -> Release | None:
        """The newest for such a machine that is newer than `after` ("": any)."""
        least = _number(after) if after else ()
        for one in self.kept():
            if architecture in one.architectures and python in one.pythons and _number(one.release.version) > least:
                return one.release
        return None

    def piece(self, sha256: str, at: int, count: int) -> bytes | None:
        """At most `count` bytes from `at` on; None: such a bundle is not here, or ends before that."""
        for file in self.folder.glob(f"*_{sha256}.bundle") if self.folder else ():
            with file.open("rb") as bundle:
                bundle.seek(at)
                return bundle.read(count) or None
        return None

    def put(self, bundle: Path, publisher: Path | None) -> Release:
        """Durable on return. With the `publisher`'s public key (PEM) only what it has signed. Raises `CannotDo`."""
        if self.folder is None:
            raise CannotDo("Say with --releases in which folder the bundles are.")
        try:
            with bundle.open("rb") as content:
                return _put(self.folder, content, str(bundle), publisher)
        except OSError as error:
            raise CannotDo(f"{error.filename or bundle}: {error.strerror}; nothing was put there.") from error

    def take(self, bundle: BinaryIO) -> Release:
        """The same of what somebody sends: never without the publisher's signature. Raises `CannotDo`."""
        if self.folder is None or self._publisher is None:
            raise CannotDo("Start the server with --publisher, and with --releases unless it has --data.")
        try:
            return _put(self.folder, bundle, "The file", self._publisher)
        except OSError as error:
            raise CannotDo(f"It cannot be kept here: {error.strerror}; nothing was put there.") from error


def _put(folder: Path, bundle: BinaryIO, named: str, publisher: Path | None) -> Release:
    manifest, raw, signature = _manifest_of(bundle, named)
    if publisher is not None:
        _must_be_signed(publisher, raw, signature)
        _must_be_whole(bundle, manifest, named)
    folder.mkdir(exist_ok=True)
    half = folder / f".{uuid4().hex}.half"
    digest, size = hashlib.sha256(), 0
    bundle.seek(0)
    try:
        with half.open("wb") as target:
            while piece := bundle.read(MOST_PIECE_BYTES):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        release = Release(manifest.version, size, digest.hexdigest())
        os.rename(half, folder / f"{release.version}_{release.sha256}.bundle")
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)
    finally:
        half.unlink(missing_ok=True)
    return release


def _manifest_of(bundle: BinaryIO, named: str) -> tuple[_Manifest, bytes, bytes]:
    """What it says of itself, the bytes of that, and their signature. Raises `NoBundle` and OSError."""
    try:
        bundle.seek(0)
        with tarfile.open(fileobj=bundle, mode="r:") as content:
            raw, signature = _member(content, "manifest.json"), _member(content, "manifest.sig")
        manifest = _manifests.decode(raw)
        if _size(bundle) > MOST_BUNDLE_BYTES:
            raise ValueError
    except (tarfile.TarError, ValueError, RecursionError) as error:
        raise NoBundle(f"{named} is not a bundle of Trạm Xanh; nothing was put there.") from error
    return manifest, raw, signature


def _size(bundle: BinaryIO) -> int:
    return bundle.seek(0, os.SEEK_END)


def _must_be_whole(bundle: BinaryIO, manifest: _Manifest, named: str) -> None:
    """The signature is of what the manifest says of the files; stations would fetch all of it before they saw."""
    try:
        bundle.seek(0)
        with tarfile.open(fileobj=bundle, mode="r:") as content:
            content.next(), content.next()  # the manifest and its signature
            for one in manifest.files:
                found = content.next()
                if found is None or (found.name, found.size) != (one.name, one.size) or not found.isreg():
                    raise ValueError
                file, digest = content.extractfile(found), hashlib.sha256()
                while file is not None and (piece := file.read(MOST_PIECE_BYTES)):
                    digest.update(piece)
                if digest.hexdigest() != one.sha256:
                    raise ValueError
            if content.next() is not None:
                raise ValueError
    except (tarfile.TarError, ValueError) as error:
        raise NotOfPublisher(f"{named} is not whole, or was changed; nothing was put there.") from error


def _member(content: tarfile.TarFile, name: str) -> bytes:
    found = content.next()
    if found is None or found.name != name or not found.isreg() or found.size > _MOST_MANIFEST_BYTES:
        raise ValueError
    file = content.extractfile(found)
    assert file is not None  # of a regular file there is one
    return file.read()


def _must_be_signed(publisher: Path, raw: bytes, signature: bytes) -> None:
    try:
        key = load_pem_public_key(publisher.read_bytes())
    except ValueError as error:
        raise CannotDo(f"{publisher} is not a public key in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CannotDo(f"{publisher} is not an Ed25519 key.")
    try:
        key.verify(signature, raw)
    except InvalidSignature as error:
        raise NotOfPublisher("The bundle is not signed with this key; nothing was put there.") from error


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
