"""A release as it lies on a station: a virtual environment under releases/VERSION, whole or not there at all.

Standard library only: an installer uses it under Debian's own Python, before anything of ours is there.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from provisioning.chooser.choose import VERSION, number_of, sync_folder

RELEASE_FILE = "release.json"
_PIP = "pip-*.whl"
_PATIENCE_S = 1800  # a Pi with a slow card


_OF_THE_MACHINE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS),
    *(errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE),
)
_FROM_OUTSIDE = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGBUS)
"""What ends a program without a fault of its own: the machine goes down, has no memory left, or its disk fails."""


class CannotBuild(Exception):
    """By the bundle's own fault: it will never be built here. The message is for the log; nothing is called by the
    release's version."""


def build_release(unpacked: Path, releases: Path, python: str = sys.executable) -> Path:
    """`releases`/VERSION from the files of a bundle that somebody has verified; durable on return.

    unpacked/manifest.json       its `version` and `schema` are looked at
    unpacked/requirements.lock   pinned, with the hashes of the wheels
    unpacked/wheels/*.whl        among them pip's own, with which all others are installed

    `python`: the interpreter that the release shall run on (of a virtual environment: the one under it). It is built
    under another name, asked for its version, and renamed; one of the same manifest that is there already is whole,
    and left as it is. Safe to run again after a kill at any moment. Raises CannotBuild; and OSError for what is the
    machine's: disk, memory, time.
    """
    raw = (unpacked / "manifest.json").read_bytes()
    manifest = json.loads(raw)
    version = str(manifest["version"])
    facts = {"version": version, "schema": manifest.get("schema"), "manifest": hashlib.sha256(raw).hexdigest()}
    number_of(version)
    release = releases / version
    if release.exists():
        if facts_of(release) != facts:
            raise CannotBuild(f"another build of {version} is there")
        return release
    releases.mkdir(parents=True, exist_ok=True)
    half = unfinished(releases, f"{version}.half")
    _run([python, "-I", "-m", "venv", "--without-pip", str(half)], unpacked)
    _run([*_pip(half, unpacked), "-r", str(unpacked / "requirements.lock")], unpacked)
    said = _run([str(half / "bin" / "python"), "-I", "-m", "kiosk", "--version"], unpacked).split()
    if said[-1:] != [version]:
        raise CannotBuild("what was installed does not say that it is this version")
    (half / RELEASE_FILE).write_text(json.dumps(facts), "utf-8")
    sync_all(half)
    os.rename(half, release)
    sync_folder(releases)
    return release


def facts_of(release: Path) -> dict[str, object]:
    """What is in its release.json: `version`, `schema`, and `manifest`, the SHA-256 of what it was built by; nothing
    for what is no release."""
    try:
        said = json.loads((release / RELEASE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def remove_release(releases: Path, version: str) -> None:
    """Under another name first: a release that is there is whole. Raises OSError."""
    number_of(version)
    gone = releases / f".{version}.gone"
    shutil.rmtree(gone, ignore_errors=True)
    if (releases / version).exists():
        os.rename(releases / version, gone)
        sync_folder(releases)
        shutil.rmtree(gone)


def releases_in(releases: Path) -> list[str]:
    """The versions that are there, oldest first."""
    there = [path.name for path in releases.iterdir()] if releases.is_dir() else []
    return sorted(filter(VERSION.fullmatch, there), key=number_of)


def unfinished(releases: Path, what: str) -> Path:
    """A new folder that no version is called by, and nobody else writes to: not even a process that a kill of ours has
    left behind. `what` ends with "half" or "bundle"."""
    folder = Path(tempfile.mkdtemp(prefix=".", suffix=f".{what}", dir=releases))
    folder.chmod(0o755)
    return folder


def remove_halves(releases: Path) -> None:
    """What a kill left; nobody may be building."""
    for path in releases.iterdir() if releases.is_dir() else ():
        if path.name.startswith(".") and path.name.endswith((".half", ".gone", ".bundle")):
            shutil.rmtree(path, ignore_errors=True)


def sync_all(folder: Path) -> None:
    """Everything on the file system of `folder` is on the disk, on return: one call instead of ten thousand. Raises
    OSError, also for what could not be written earlier."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(handle)


def _pip(half: Path, unpacked: Path) -> list[str]:
    """pip, run from its wheel in the bundle: of Debian nothing is needed but Python, and it is the same everywhere."""
    found = sorted((unpacked / "wheels").glob(_PIP))
    if not found:
        raise CannotBuild("the bundle brings no pip")
    wheels = ["--no-index", "--find-links", str(unpacked / "wheels"), "--only-binary", ":all:", "--require-hashes"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-input", "--no-warn-script-location"]
    return [str(half / "bin" / "python"), "-I", str(found[-1] / "pip"), "--isolated", "install", *quiet, *wheels]


def _run(command: list[str], folder: Path) -> str:
    """What it says. In `folder`, where its temporary files are too: /tmp may be small."""
    quiet = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TMPDIR": str(folder)}
    try:
        done = subprocess.run(
            command, cwd=folder, env=quiet, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(errno.ETIMEDOUT, "it took too long") from error
    except MemoryError as error:  # we ourselves had none left
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from error
    if done.returncode:
        _blame_the_machine(-done.returncode, done.stderr)
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise CannotBuild(f"status {done.returncode}: {last[:200]}")
    return done.stdout


def _blame_the_machine(ended_by: int, said: str) -> None:
    """Where that is whose fault it was, as the program that met it said. Raises OSError then."""
    if ended_by in _FROM_OUTSIDE:
        raise OSError(errno.EINTR, f"ended by signal {ended_by}")
    for number in _OF_THE_MACHINE:
        if os.strerror(number) in said:
            raise OSError(number, os.strerror(number))
    # The second is the loader's word for a library that found no room, or lies where nothing may be run.
    if "MemoryError" in said or "failed to map segment" in said:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
