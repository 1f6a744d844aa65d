"""Bundles as somebody would make them who wants in, each with the reason for which it must be refused."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.bundle import MOST_BYTES, Why
from tests.provisioning.forged import BLOCK, EXPIRES_MS, NOW_MS, Forged, as_tarfile_writes, one_file

WHEEL = "wheels/one-1.0-py3-none-any.whl"

Forge = Callable[[Forged], bytes]


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
