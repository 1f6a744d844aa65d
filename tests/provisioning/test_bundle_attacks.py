"""Whatever a bundle may be but ours: each is refused, with its reason, before anything is unpacked."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.i18n import Translator
from provisioning.bundle import (
    MOST_BYTES,
    BundleRefused,
    Station,
    Why,
    check_files,
    check_fit,
    open_bundle,
    read_manifest,
    unpack,
)
from provisioning.self_update import signed_by
from provisioning.update_command import refusal
from tests.provisioning.bundle_attacks import CONTENT, TABLE, Forge, flipped, named, saying
from tests.provisioning.forged import (
    BUILT_MS,
    EXPIRES_MS,
    MACHINE,
    NOW_MS,
    PYTHON,
    Forged,
    written,
)

KEY = Ed25519PrivateKey.generate()
HERE = Station("0.2.0", ("0.2.9",), PYTHON, MACHINE, NOW_MS)


@pytest.fixture
def publisher(tmp_path: Path) -> Path:
    path = tmp_path / "publisher.pub"
    path.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def judge(bundle: Path, publisher: Path, station: Station = HERE, *, again: bool = False) -> None:
    """As an update does before it writes anything."""
    with open_bundle(bundle) as file:
        manifest = read_manifest(file, signed_by(publisher))
        check_fit(manifest, station, again=again)
        check_files(file, manifest)


@pytest.mark.parametrize(
    ("why", "forge"), TABLE.values(), ids=[name.encode("unicode_escape").decode() for name in TABLE]
)
def test_is_refused(tmp_path: Path, publisher: Path, why: Why, forge: Forge) -> None:
    bundle = written(tmp_path, forge(Forged(KEY)))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BundleRefused) as refused:
        judge(bundle, publisher)
    assert refused.value.why is why
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("forge", "station", "again"),
    [
        (saying(), HERE, False),
        (saying(version="0.2.9"), HERE, True),
        (saying(version="0.0.1"), Station(None, (), PYTHON, MACHINE, NOW_MS), False),
        (saying(version="0.10.0"), HERE, False),
        (saying(expires_ms=NOW_MS), HERE, False),
        (saying(built_ms=NOW_MS + 1), HERE, False),
        (saying(pythons=["3.9", PYTHON], architectures=["riscv64", MACHINE]), HERE, False),
        (named(f"wheels/{'x' * 96}.whl"), HERE, False),
    ],
    ids=[
        "ours",
        "once more",
        "the first",
        "ten is more than two",
        "its last moment",
        "an unsure clock",
        "for several",
        "long",
    ],
)
def test_control_is_taken(tmp_path: Path, publisher: Path, forge: Forge, station: Station, again: bool) -> None:
    judge(written(tmp_path, forge(Forged(KEY))), publisher, station, again=again)


@pytest.mark.parametrize("kind", ["a folder", "a FIFO", "a link", "a file without end"])
def test_is_refused_when_it_is_no_file_of_a_bundles_size(tmp_path: Path, publisher: Path, kind: str) -> None:
    path = tmp_path / "bundle"
    if kind == "a folder":
        path.mkdir()
    elif kind == "a FIFO":
        os.mkfifo(path)  # who opens it would wait for ever
    elif kind == "a link":
        path.symlink_to(written(tmp_path, Forged(KEY).raw()))
    else:
        path.touch()
        os.truncate(path, MOST_BYTES + 1)
    with pytest.raises(BundleRefused) as refused:
        judge(path, publisher)
    assert refused.value.why is (Why.TOO_LARGE if kind == "a file without end" else Why.NOT_A_BUNDLE)


class GrowsMeanwhile(io.BufferedReader):
    """Its owner makes it longer as soon as somebody has begun to read it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        os.truncate(self.name, MOST_BYTES // 8)
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_a_file_that_grows_while_it_is_looked_at_is_not_read_to_its_end(tmp_path: Path, publisher: Path) -> None:
    bundle = written(tmp_path, Forged(KEY).raw())
    with open_bundle(bundle) as file:
        manifest = read_manifest(file, signed_by(publisher))
    with GrowsMeanwhile(io.FileIO(bundle)) as file, pytest.raises(BundleRefused) as refused:
        check_files(file, manifest)
    assert refused.value.why is Why.TAMPERED
    assert file.taken <= manifest.bundle_bytes + 1


def test_what_changes_between_looking_and_unpacking_is_seen(tmp_path: Path, publisher: Path) -> None:
    good = Forged(KEY)
    bundle = written(tmp_path, good.raw())
    with open_bundle(bundle) as file:
        manifest = read_manifest(file, signed_by(publisher))
        check_files(file, manifest)
        with bundle.open("r+b") as stick:
            stick.write(flipped(good))
        (tmp_path / "unpacked").mkdir()
        with pytest.raises(BundleRefused) as refused:
            unpack(file, manifest, tmp_path / "unpacked")
    assert refused.value.why is Why.TAMPERED


def test_unpacks_what_was_packed(tmp_path: Path, publisher: Path) -> None:
    good = Forged(KEY)
    folder = tmp_path / "unpacked"
    folder.mkdir()
    with open_bundle(written(tmp_path, good.raw())) as file:
        unpack(file, read_manifest(file, signed_by(publisher)), folder)
    there = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert there == dict(good.parts())


def test_a_usual_reader_would_have_taken_what_is_refused_here(tmp_path: Path) -> None:
    """The control of the container's rule: Python's tarfile finds files in nearly all of them."""
    found = {}
    for name, (_, forge) in CONTENT.items():
        try:
            with tarfile.open(written(tmp_path, forge(Forged(KEY)))) as file:
                found[name] = file.getnames()
        except tarfile.TarError:
            found[name] = []
    assert "../../etc/cron.d/x" in found["out of the folder"]
    assert "../../x" in found["a name in a PAX header"]
    assert sum(len(names) > 2 for names in found.values()) > 15


def test_each_reason_has_a_sentence_of_its_own_in_both_languages() -> None:
    said = {language: [refusal(why, Translator(language)) for why in Why] for language in ("vi", "en")}
    assert all(len(set(sentences)) == len(Why) for sentences in said.values())
    assert not set(said["vi"]) & set(said["en"])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"])
def test_a_publisher_that_is_no_key_lets_nothing_in(publisher: Path, content: bytes) -> None:
    publisher.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        signed_by(publisher)


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) > 100
    assert {why for why, _ in TABLE.values()} == set(Why) - {Why.NO_ROOM}  # of the disk: test_self_update.py
    assert BUILT_MS < NOW_MS < EXPIRES_MS
