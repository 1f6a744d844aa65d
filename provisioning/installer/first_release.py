"""The first release of a station, from a signed bundle; later ones come by the updater, which can take them back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from provisioning.bundle import (
    BundleRefused,
    IsSigned,
    Station,
    check_files,
    check_fit,
    open_bundle,
    read_manifest,
    unpack,
)
from provisioning.chooser.choose import Places, Releases, lock, point_to, read_releases, write_releases
from provisioning.installer.machine import Machine, StepFailed
from provisioning.release_folder import (
    CannotBuild,
    build_release,
    facts_of,
    releases_in,
    remove_halves,
    remove_release,
    unfinished,
)

_PUBLISHER = "/etc/tram-xanh/publisher.pub"
NOT_BEFORE_MS = 1795392000000
"""kiosk.config.BUILD_MS: a machine whose clock stands before it does not know the time."""


def install(machine: Machine, bundle: Path | None, publisher: Path | None) -> None:
    """`publisher`: whose public key this station shall believe, when it believes none yet. Raises StepFailed."""
    places = Places(machine.root)
    known = read_releases(places)
    if known.current and facts_of(places.releases / known.current):
        if runs(places.releases / known.current):
            point_to(places, known.current)
            return
        _for_another_python(machine, places)
    if bundle is None:
        raise StepFailed("there is no release yet, and none to install", "Give --offline FOLDER or --bundle FILE.")
    _believe(machine, publisher)
    if not machine.begins(f"the release in {bundle.name} is checked and installed, which takes some minutes"):
        return
    try:
        version = _build(places, bundle, python_of(sys.executable))
        with lock(places):
            write_releases(places, Releases(version))
            point_to(places, version)
        machine.says(f"{version} is installed")
    except BundleRefused as error:
        raise StepFailed(f"the release is refused: {error}", _advice(error)) from error
    except CannotBuild as error:
        raise StepFailed(f"the release could not be built: {error}", "Copy the bundle again, then repeat.") from error
    except OSError as error:
        raise StepFailed(
            f"the machine: {error.strerror}", "Is there room (df -h)? A new card may be needed."
        ) from error


def runs(release: Path) -> bool:
    """Not when Debian's Python is another than it was made for."""
    asked = [str(release / "bin/python"), "-I", "-m", "kiosk", "--version"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.split()[-1:] == [release.name]


def _for_another_python(machine: Machine, places: Places) -> None:
    """What does not run here goes, so that it is built anew: `build_release` takes one that is there for whole."""
    for version in releases_in(places.releases):
        if not runs(places.releases / version) and machine.begins(f"the release {version} does not run here, and goes"):
            remove_release(places.releases, version)


def python_of(running: str) -> str:
    """Debian's own, whichever virtual environment this runs in."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else running


def signed_by(publisher: Path) -> IsSigned:
    """By the program openssl: Debian's Python has no Ed25519, and no package of ours is there yet."""

    def is_signed(content: bytes, signature: bytes) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            said, sealed = Path(folder, "content"), Path(folder, "signature")
            said.write_bytes(content)
            sealed.write_bytes(signature)
            command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(publisher)]
            done = subprocess.run(
                [*command, "-in", str(said), "-sigfile", str(sealed)],
                capture_output=True,
                check=False,
            )
        return done.returncode == 0

    return is_signed


def _believe(machine: Machine, publisher: Path | None) -> None:
    if machine.content(_PUBLISHER) is None:
        if publisher is None:
            raise StepFailed("nobody's signature is known here", "Give --publisher FILE: the publisher's public key.")
        machine.file(_PUBLISHER, publisher.read_bytes())


def _build(places: Places, bundle: Path, python: str) -> str:
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    said = subprocess.run([python, "-I", "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    now_ms = max(NOT_BEFORE_MS, time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000)
    with open_bundle(bundle) as file:
        manifest = read_manifest(file, signed_by(places.publisher))
        check_fit(manifest, Station(None, (), said, os.uname().machine, now_ms))
        check_files(file, manifest)
        remove_halves(places.releases)
        if shutil.disk_usage(places.releases).free < manifest.room:
            raise OSError(28, f"no room: {manifest.room // 1_000_000} MB are needed")
        unpacked = unfinished(places.releases, f"{manifest.version}.bundle")
        try:
            unpack(file, manifest, unpacked)
            build_release(unpacked, places.releases, python)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    return manifest.version


def _advice(error: BundleRefused) -> str:
    by_name = {
        "FOREIGN": "Its publisher is not the one whose key is in /etc/tram-xanh/publisher.pub. Do not go on: ask them.",
        "EXPIRED": "Get a newer bundle. If today's date is wrong on this machine, connect it to the network first.",
        "OTHER_MACHINE": "Get the bundle for this kind of machine (64 bit Raspberry Pi: aarch64).",
        "OTHER_PYTHON": "Get the bundle for this Debian: 12 has Python 3.11, 13 has 3.13.",
    }
    return by_name.get(error.why.name, "Copy the bundle again, then repeat. If it stays so: ask for another one.")
