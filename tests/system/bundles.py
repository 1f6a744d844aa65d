"""Offline bundles for a test, as a publisher makes them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk import __version__
from tests.system.bare import PROJECT, provisioning

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def offline_bundle(folder: Path, architecture: str) -> Path:
    """A new one in `folder`, for Debian 12, with the key that signed it beside it."""
    key, release = folder / "publisher.key", folder / "release.bundle"
    machine = _MACHINES[architecture]
    words = ["--key", str(key), "--python", "3.11", "--architecture", machine, "--out", str(release)]
    wheel = ["--wheels", str(_evdev(architecture))] if machine != platform.machine() else []
    provisioning("make-publisher-key", "--out", str(key))
    provisioning("make-bundle", *words, *wheel)
    words = ["--bundle", str(release), "--publisher", str(folder / "publisher.pub"), "--architecture", architecture]
    provisioning("offline-bundle", "--out", str(folder / "tram-xanh"), *words)
    return folder / "tram-xanh"


def newer_release(folder: Path, version: str, more: Mapping[str, str] | None = None) -> Path:
    """A bundle of this source as `version`, signed by the publisher in `folder` (as `offline_bundle` left it), with the
    wheels of the first one. `more`: what is written at the end of files of the source."""
    wheels, out = folder / "wheels", folder / f"tram-xanh-{version}.bundle"
    if not wheels.exists():
        with tarfile.open(folder / "release.bundle") as bundle:
            bundle.extractall(folder, [one for one in bundle if one.name.startswith("wheels/")], filter="data")
    with TemporaryDirectory(dir=folder) as name:
        source = Path(name) / "source"
        shutil.copytree(PROJECT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "docs"))
        for file in ("pyproject.toml", "kiosk/__init__.py"):
            said = (source / file).read_text("utf-8")
            assert said.count(f'version__ = "{__version__}"') + said.count(f'\nversion = "{__version__}"') == 1
            (source / file).write_text(said.replace(__version__, version, 1), "utf-8")
        for file, text in (more or {}).items():
            with (source / file).open("a", encoding="utf-8") as content:
                content.write(text)
        words = ["--key", str(folder / "publisher.key"), "--python", "3.11", "--out", str(out)]
        provisioning("make-bundle", *words, "--wheels", str(wheels), source=source)
    return out


def _evdev(architecture: str) -> Path:
    """Its folder; built once, and kept where the machines are."""
    kept = Path(os.environ.get("TRAM_XANH_MACHINES") or "/var/tmp/tram-xanh-machines") / f"evdev-{architecture}"
    if not list(kept.glob("evdev-*.whl")):
        command = [PROJECT / "provisioning/image/build-evdev-wheel", kept, "bookworm", architecture]
        subprocess.run(command, check=True)
    return kept
