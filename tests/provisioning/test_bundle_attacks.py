"""Whatever a bundle may be but ours: each is refused, with its reason, before anything is unpacked."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from tests.provisioning.forged import (
    BLOCK,
    BUILT_MS,
    EXPIRES_MS,
    MACHINE,
    NOW_MS,
    PYTHON,
    Forged,
    as_tarfile_writes,
    one_file,
    written,
)

KEY = Ed25519PrivateKey.generate()
WHEEL = "wheels/one-1.0-py3-none-any.whl"
HERE = Station("0.2.0", ("0.2.9",), PYTHON, MACHINE, NOW_MS)

Forge = Callable[[Forged], bytes]


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


def saying(**other: Any) -> Forge:
    """Its manifest, rightly signed, says something else."""

    def forge(good: Forged) -> bytes:
        good.manifest |= other
        return good.raw()

    return forge


def with_file(**other: Any) -> Forge:
    """So does what the manifest says of its second file."""

    def forge(good: Forged) -> bytes:
        good.manifest["files"][1] |= other
        return good.raw()

    return forge


def with_text(change: Callable[[bytes], bytes]) -> Forge:
    """Signed, too."""
    return lambda good: good.raw(good.parts(change(good.text())))


def with_header(change: Callable[[tarfile.TarInfo], None]) -> Forge:
    return lambda good: good.raw(one=change)


def set_to(**fields: Any) -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        for name, value in fields.items():
            setattr(info, name, value)

    return change


def named(name: str) -> Forge:
    """The manifest and the container agree on this name."""

    def forge(good: Forged) -> bytes:
        content = good.files.pop(WHEEL)
        good.files = {name if old == WHEEL else old: good.files.get(old, content) for old in (*good.files, WHEEL)}
        good.__post_init__()
        return good.raw([(old[:107].replace("\0", "_"), content) for old, content in good.parts()])

    return forge


def twice(second: str) -> Forge:
    def forge(good: Forged) -> bytes:
        good.manifest["files"].append({**good.manifest["files"][1], "name": second})
        return good.raw([*good.parts(), (second, good.files[WHEEL])])

    return forge


def many(good: Forged) -> bytes:
    good.files |= {f"wheels/n{number}-1-py3-none-any.whl": b"" for number in range(500)}
    good.__post_init__()
    return good.raw()


def without_lock(good: Forged) -> bytes:
    del good.files["requirements.lock"]
    good.__post_init__()
    return good.raw()


def flipped(good: Forged) -> bytes:
    return good.raw().replace(b"the firstthe", b"the worstthe", 1)


def swapped(good: Forged) -> bytes:
    *begin, second, third = good.parts()
    return good.raw([*begin, third, second])


def zipped(good: Forged) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in good.parts():
            file.writestr(name, content)
    return out.getvalue()


def base_256(good: Forged) -> bytes:
    """GNU's way to write a size, with a checksum that is right."""
    raw = bytearray(good.raw())
    at = raw.index(b"ustar", 4 * BLOCK) - 257
    raw[at + 124 : at + 136] = b"\x80" + bytes(7) + (900).to_bytes(4, "big")
    raw[at + 148 : at + 156] = b" " * 8
    raw[at + 148 : at + 156] = b"%06o\0 " % sum(raw[at : at + BLOCK])
    return bytes(raw)


def dirty_padding(good: Forged) -> bytes:
    raw = good.raw()
    end = raw.index(b"the first") + 900
    return raw[:end] + b"x" + raw[end + 1 :]


def foreign(good: Forged) -> bytes:
    good.key = Ed25519PrivateKey.generate()
    return good.raw()


def changed_after(good: Forged) -> bytes:
    return good.raw().replace(b'"version": "0.3.0"', b'"version": "0.3.1"', 1)


def extra(good: Forged) -> bytes:
    return good.raw([*good.parts(), ("wheels/extra-1-py3-none-any.whl", b"evil")])


def twice_signed_for(name: str) -> Forge:
    return lambda good: good.raw([good.parts()[0], good.parts()[0], *good.parts()[1:]]) if name else b""


NO_BUNDLE: dict[str, tuple[Why, Forge]] = {
    "empty": (Why.NOT_A_BUNDLE, lambda _: b""),
    "some text": (Why.NOT_A_BUNDLE, lambda _: b"please install me\n" * 100),
    "zeros": (Why.NOT_A_BUNDLE, lambda _: bytes(8 * BLOCK)),
    "a zip": (Why.NOT_A_BUNDLE, zipped),
    "compressed": (Why.NOT_A_BUNDLE, lambda good: gzip.compress(good.raw())),
    "cut off in the manifest": (Why.NOT_A_BUNDLE, lambda good: good.raw()[: BLOCK + 100]),
    "no signature": (Why.NOT_A_BUNDLE, lambda good: good.raw([good.parts()[0], *good.parts()[2:]])),
    "manifest not first": (Why.NOT_A_BUNDLE, lambda good: good.raw([*good.parts()[2:], *good.parts()[:2]])),
    "two manifests": (Why.NOT_A_BUNDLE, twice_signed_for("manifest")),
    "a manifest with an owner": (Why.NOT_A_BUNDLE, lambda good: good.raw(json=set_to(uid=1000))),
    "a manifest that is a link": (
        Why.NOT_A_BUNDLE,
        lambda good: good.raw(json=set_to(type=tarfile.SYMTYPE, linkname="/etc/shadow")),
    ),
    "a manifest too large": (Why.TOO_LARGE, with_text(lambda text: text + b" " * 300_000)),
}
SIGNATURES: dict[str, tuple[Why, Forge]] = {
    "another key": (Why.FOREIGN, foreign),
    "a manifest changed after it was signed": (Why.FOREIGN, changed_after),
    "written anew, with the same meaning": (
        Why.FOREIGN,
        lambda good: good.raw(good.parts(good.text() + b"\n", good.key.sign(good.text()))),
    ),
    "zeros": (Why.FOREIGN, lambda good: good.raw(good.parts(signature=bytes(64)))),
    "nothing": (Why.FOREIGN, lambda good: good.raw(good.parts(signature=b""))),
    "too short": (Why.FOREIGN, lambda good: good.raw(good.parts(signature=b"x" * 63))),
    "too long": (Why.TOO_LARGE, lambda good: good.raw(good.parts(signature=b"x" * 65))),
    "of other bytes": (Why.FOREIGN, lambda good: good.raw(good.parts(signature=good.key.sign(b"{}")))),
    "rubbish in the manifest is not even looked at": (
        Why.FOREIGN,
        lambda good: good.raw(good.parts(b"[" * 100_000, bytes(64))),
    ),
}
CONTENT: dict[str, tuple[Why, Forge]] = {
    "one byte of a wheel": (Why.TAMPERED, flipped),
    "cut off": (Why.TAMPERED, lambda good: good.raw()[:-3_000]),
    "the end is cut off": (Why.TAMPERED, lambda good: good.raw()[:-BLOCK]),
    "something after the end": (Why.TAMPERED, lambda good: good.raw() + bytes(BLOCK)),
    "something instead of the end": (Why.TAMPERED, lambda good: good.raw()[: -2 * BLOCK] + b"x" * 2 * BLOCK),
    "something in the padding": (Why.TAMPERED, dirty_padding),
    "one file more": (Why.TAMPERED, extra),
    "one file less": (Why.TAMPERED, lambda good: good.raw(good.parts()[:-1])),
    "another order": (Why.TAMPERED, swapped),
    "out of the folder": (Why.TAMPERED, with_header(set_to(name="../../etc/cron.d/x"))),
    "an absolute name": (Why.TAMPERED, with_header(set_to(name="/etc/cron.d/x"))),
    "another case": (Why.TAMPERED, with_header(set_to(name=WHEEL.upper()))),
    "a symbolic link": (Why.TAMPERED, with_header(set_to(type=tarfile.SYMTYPE, linkname="/etc"))),
    "a hard link": (Why.TAMPERED, with_header(set_to(type=tarfile.LNKTYPE, linkname="requirements.lock"))),
    "a device": (Why.TAMPERED, with_header(set_to(type=tarfile.CHRTYPE, devmajor=1, devminor=3))),
    "a folder": (Why.TAMPERED, with_header(set_to(type=tarfile.DIRTYPE))),
    "a FIFO": (Why.TAMPERED, with_header(set_to(type=tarfile.FIFOTYPE))),
    "sparse": (Why.TAMPERED, with_header(set_to(type=tarfile.GNUTYPE_SPARSE))),
    "setuid": (Why.TAMPERED, with_header(set_to(mode=0o4755))),
    "a name in a PAX header": (
        Why.TAMPERED,
        lambda good: as_tarfile_writes(good.parts(), tarfile.PAX_FORMAT, path="../../x"),
    ),
    "GNU's headers": (Why.NOT_A_BUNDLE, lambda good: as_tarfile_writes(good.parts(), tarfile.GNU_FORMAT)),
    "a long name": (
        Why.TAMPERED,
        lambda good: (
            good.raw(good.parts()[:2])[: -2 * BLOCK]
            + one_file("././@LongLink", b"../" * 50, {"Link": set_to(type=tarfile.GNUTYPE_LONGNAME)})
            + good.raw(good.parts()[2:])
        ),
    ),
    "a size in base 256": (Why.TAMPERED, base_256),
}
NAMES: dict[str, tuple[Why, Forge]] = {
    name: (Why.BAD_MANIFEST, named(name))
    for name in (
        "wheels/../../x.whl",
        "../x.whl",
        "/etc/x.whl",
        "wheels//x.whl",
        "wheels/deep/x.whl",
        "wheels/.x.whl",
        "wheels/-r.whl",
        "wheels/a\\b.whl",
        "wheels/a b.whl",
        "wheels/a\nb.whl",
        "wheels/a\0b.whl",
        "wheels/ａ.whl",
        "wheels/x.whl/",
        "wheels/x.exe",
        "wheels/1..2.whl",
        "Requirements.lock",
        "bin/python",
        "",
        f"wheels/{'x' * 97}.whl",
    )
}
SAYS: dict[str, tuple[Why, Forge]] = {
    "a file twice": (Why.BAD_MANIFEST, twice(WHEEL)),
    "a file twice, in another case": (Why.BAD_MANIFEST, twice(WHEEL.replace("one", "ONE"))),
    "too many files": (Why.BAD_MANIFEST, many),
    "no files": (Why.BAD_MANIFEST, saying(files=[])),
    "no lock": (Why.BAD_MANIFEST, without_lock),
    "a file of a negative size": (Why.BAD_MANIFEST, with_file(size=-1)),
    "a file of half a byte": (Why.BAD_MANIFEST, with_file(size=0.5)),
    "a file of true bytes": (Why.BAD_MANIFEST, with_file(size=True)),
    "a size in words": (Why.BAD_MANIFEST, with_file(size="900")),
    "a file too large": (Why.BAD_MANIFEST, with_file(size=MOST_BYTES + 1)),
    "files too large together": (Why.TOO_LARGE, with_file(size=MOST_BYTES)),
    "another size than the file's": (Why.TAMPERED, with_file(size=899)),
    "another hash than the file's": (Why.TAMPERED, with_file(sha256="0" * 64)),
    "a hash in capitals": (Why.BAD_MANIFEST, with_file(sha256="A" * 64)),
    "no hash": (Why.BAD_MANIFEST, with_file(sha256=None)),
    "a file with a mode": (Why.BAD_MANIFEST, with_file(mode=0o4755)),
    "a key twice": (Why.BAD_MANIFEST, with_text(lambda text: text[:-1] + b', "version": "9.9.9"}')),
    "a key more": (Why.BAD_MANIFEST, saying(run="rm -r /")),
    "not a number": (Why.BAD_MANIFEST, with_text(lambda text: text.replace(b"2000", b"NaN"))),
    "a list": (Why.BAD_MANIFEST, with_text(lambda _: b"[]")),
    "not JSON": (Why.BAD_MANIFEST, with_text(lambda _: b"format = 1")),
    "not UTF-8": (Why.BAD_MANIFEST, with_text(lambda text: text.replace(b"0008", b"\xff"))),
    "another encoding": (Why.BAD_MANIFEST, with_text(lambda text: text.decode().encode("utf-16"))),
    "brackets without end": (Why.BAD_MANIFEST, with_text(lambda _: b"[" * 200_000)),
    "a version of two numbers": (Why.BAD_MANIFEST, saying(version="1.0")),
    "a version with a path": (Why.BAD_MANIFEST, saying(version="../0.3.0")),
    "a version before its time": (Why.BAD_MANIFEST, saying(version="1.0.0rc1")),
    "a version of other digits": (Why.BAD_MANIFEST, saying(version="٣.0.0")),
    "a version with a nought": (Why.BAD_MANIFEST, saying(version="0.03.0")),
    "a version with a line": (Why.BAD_MANIFEST, saying(version="0.3.0\n")),
    "expired before it was built": (Why.BAD_MANIFEST, saying(built_ms=EXPIRES_MS)),
    "no end": (Why.BAD_MANIFEST, saying(expires_ms=None)),
    "another format": (Why.NEWER_FORMAT, saying(format=2, surprise="yes")),
    "a true format": (Why.NEWER_FORMAT, saying(format=True)),
    "another product": (Why.OTHER_PRODUCT, saying(product="tram-do")),
}
FIT: dict[str, tuple[Why, Forge]] = {
    "another machine": (Why.OTHER_MACHINE, saying(architectures=["riscv64"])),
    "another Python": (Why.OTHER_PYTHON, saying(pythons=["3.9"])),
    "expired": (Why.EXPIRED, saying(expires_ms=NOW_MS - 1)),
    "the same": (Why.SAME, saying(version="0.2.0")),
    "older": (Why.OLDER, saying(version="0.1.99")),
    "older, though its text is greater": (Why.OLDER, saying(version="0.1.100")),
    "tried and taken back": (Why.TAKEN_BACK, saying(version="0.2.9")),
}
TABLE = {
    f"{of}: {name}": case
    for of, cases in (
        ("container", NO_BUNDLE),
        ("signature", SIGNATURES),
        ("content", CONTENT),
        ("name", NAMES),
        ("manifest", SAYS),
        ("fit", FIT),
    )
    for name, case in cases.items()
}


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
