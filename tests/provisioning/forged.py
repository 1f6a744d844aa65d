"""Bundles by hand, good and bad: nothing here is shared with who makes or reads them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BLOCK = 512
BUILT_MS = 1_795_392_000_000
NOW_MS = BUILT_MS + 86_400_000
EXPIRES_MS = BUILT_MS + 400 * 86_400_000
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = os.uname().machine

Files = dict[str, bytes]
FILES: Files = {
    "requirements.lock": b"one==1.0 --hash=sha256:00\n",
    "wheels/one-1.0-py3-none-any.whl": b"the first" * 100,
    "wheels/two-2.0-py3-none-any.whl": b"the second" * 60,
}


@dataclass
class Forged:
    """A right bundle, of which a test changes what it likes. `manifest` is changed before it is signed, `parts` (name
    and bytes, in order) and `raw` (the file) after."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    files: Files = field(default_factory=lambda: dict(FILES))
    manifest: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.manifest = {
            "format": 1,
            "product": "tram-xanh",
            "version": "0.3.0",
            "schema": "0008",
            "pythons": [PYTHON],
            "architectures": [MACHINE],
            "built_ms": BUILT_MS,
            "expires_ms": EXPIRES_MS,
            "unpacked_bytes": 2_000,
            "files": [
                {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in self.files.items()
            ],
        }

    def text(self) -> bytes:
        return json.dumps(self.manifest).encode()

    def parts(self, text: bytes | None = None, signature: bytes | None = None) -> list[tuple[str, bytes]]:
        text = self.text() if text is None else text
        signature = self.key.sign(text) if signature is None else signature
        return [("manifest.json", text), ("manifest.sig", signature), *self.files.items()]

    def raw(
        self, parts: Sequence[tuple[str, bytes]] | None = None, **headers: Callable[[tarfile.TarInfo], None]
    ) -> bytes:
        """`headers` says, by a part of a file's name, what its header says instead."""
        return b"".join(one_file(*part, headers) for part in parts or self.parts()) + bytes(2 * BLOCK)


def one_file(name: str, content: bytes, headers: dict[str, Callable[[tarfile.TarInfo], None]] | None = None) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for part, change in (headers or {}).items():
        if part in name:
            change(info)
    return info.tobuf(tarfile.USTAR_FORMAT) + padded(content)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % BLOCK)


def as_tarfile_writes(parts: Sequence[tuple[str, bytes]], form: int, **more: str) -> bytes:
    """By Python's own tarfile, with whatever it likes to add. `more`: PAX headers of the third file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for number, (name, content) in enumerate(parts):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.pax_headers = more if number == 2 else {}
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "a.bundle"
    path.write_bytes(raw)
    return path
