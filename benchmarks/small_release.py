"""Releases that are a moment's work to install, in bundles as real ones are: for whoever looks at updates."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.bundle import check_files, open_bundle, read_manifest, unpack
from provisioning.chooser.choose import Places, Releases, point_to, write_releases
from provisioning.make_bundle import Target, pip_wheel, write_bundle
from provisioning.release_folder import build_release, unfinished

BUILT_MS = 1_795_392_000_000
EXPIRES_MS = BUILT_MS + 400 * 86_400_000

GOOD = """
import pathlib
pathlib.Path(sys.argv[-1], "proved").write_text(VERSION)
"""
BAD = "sys.exit(1)"
_PROGRAM = """
import sys
VERSION = {version!r}
if sys.argv[-1] == "--version":
    print("tram-xanh", VERSION)
    sys.exit()
{run}
"""


@dataclass(frozen=True)
class Publisher:
    """Whose stations take what it signs."""

    folder: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        """PEM."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def bundle(
        self, version: str, run: str = GOOD, more: Mapping[Path, Collection[str]] | None = None, **other: Any
    ) -> Path:
        """Of a release that does `run` (Python) when it is started. `more`: wheels, as `write_bundle` takes them;
        `other`: what its manifest says instead."""
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        said: dict[str, Any] = {"schema": "0008", "pythons": (python,), "architecture": os.uname().machine}
        said |= {"built_ms": BUILT_MS, "expires_ms": EXPIRES_MS} | other
        place = self.folder / hashlib.sha256(f"{version}{run}{more}{other}".encode()).hexdigest()[:8]
        place.mkdir(exist_ok=True)
        out = place / f"tram-xanh-{version}.bundle"
        if out.exists():
            return out
        wheel = make_wheel(
            place, "tram_xanh", version, {"kiosk/__main__.py": _PROGRAM.format(version=version, run=run)}
        )
        write_bundle(out, self.key, Target(version, **said), {wheel: (), pip_wheel(None): (), **(more or {})})
        return out


def station_with(root: Path, publisher: Publisher, *versions: str) -> Places:
    """A station under `root` on which these were installed, one after the other."""
    places = Places(root)
    for folder in (places.releases, places.kept, places.marks, places.publisher.parent):
        folder.mkdir(parents=True)
    places.publisher.write_bytes(publisher.public)
    for version in versions:
        install(places, publisher.bundle(version))
    before = versions[-2] if len(versions) > 1 else ""
    write_releases(places, Releases(versions[-1], before))
    point_to(places, versions[-1])
    return places


def install(places: Places, bundle: Path) -> None:
    """As an installer does."""
    unpacked = unfinished(places.releases, "bundle")
    with open_bundle(bundle) as file:
        manifest = read_manifest(file, lambda _content, _signature: True)
        check_files(file, manifest)
        unpack(file, manifest, unpacked)
    build_release(unpacked, places.releases)
    shutil.rmtree(unpacked)


def start(places: Places) -> None:
    """What a restart of the service comes to: whatever the symlink leads to runs."""
    python = places.current / "bin/python"
    subprocess.run([str(python), "-I", "-m", "kiosk", "run", str(places.marks)], check=False)


def version_that_runs(places: Places) -> str:
    """What the symlink leads to says of itself; "" when it cannot."""
    try:
        command = [str(places.current / "bin/python"), "-I", "-m", "kiosk", "--version"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.split()[-1] if done.returncode == 0 and done.stdout else ""


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    about = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,", ""])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for path, text in content.items():
            file.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
