"""Offline bundles for a test, as a publisher makes them."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

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


def _evdev(architecture: str) -> Path:
    """Its folder; built once, and kept where the machines are."""
    kept = Path(os.environ.get("TRAM_XANH_MACHINES") or "/var/tmp/tram-xanh-machines") / f"evdev-{architecture}"
    if not list(kept.glob("evdev-*.whl")):
        command = [PROJECT / "provisioning/image/build-evdev-wheel", kept, "bookworm", architecture]
        subprocess.run(command, check=True)
    return kept
