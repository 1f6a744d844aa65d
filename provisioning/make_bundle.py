"""Making a bundle, at the publisher's: the project's wheel, the locked ones for a kind of machine, one signature."""

from __future__ import annotations

import email
import ensurepip
import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from packaging.requirements import Requirement

from kiosk.ports.private_file import make_private, read_private, sync_folder
from provisioning.bundle import END, FORMAT, LOCK, MANIFEST, PRODUCT, SIGNATURE, header_of, padding_of
from provisioning.chooser.choose import number_of

PROJECT = Path(__file__).parents[1]
EVDEV_LOCK = Path(__file__).parent / "evdev.lock"
"""The one package without wheels on an index: pinned by the hash of its source."""

_GLIBC = ("manylinux2014", "manylinux_2_17", "manylinux_2_24", "manylinux_2_26", "manylinux_2_27", "manylinux_2_28")
"""What Debian 12 (glibc 2.36) runs, and what wheels are called by. An older pip guesses no name from another."""

_LONGEST_NAME = 100


class CannotMake(Exception):
    """The message is a sentence for the publisher."""


@dataclass(frozen=True, slots=True)
class Target:
    """`pythons` like "3.11"; `architecture` as `uname -m` says it. Times are milliseconds since 1970."""

    version: str
    schema: str
    pythons: tuple[str, ...]
    architecture: str
    built_ms: int
    expires_ms: int


def make_key(private: Path) -> Path:
    """Beside it the public half, `.pub`. Raises CannotMake when there is one already, and OSError."""
    public = private.with_suffix(".pub")
    if private.exists() or public.exists():
        raise CannotMake(f"{private} is there already: every station knows its public half. Nothing was made.")
    key = Ed25519PrivateKey.generate()
    make_private(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def read_key(private: Path) -> Ed25519PrivateKey:
    """Raises CannotMake and OSError."""
    try:
        key = load_pem_private_key(read_private(private), None)
    except (ValueError, TypeError) as error:
        raise CannotMake(f"{private} is not a private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotMake(f"{private} is not an Ed25519 key")
    return key


def write_bundle(out: Path, key: Ed25519PrivateKey, target: Target, wheels: Mapping[Path, Collection[str]]) -> None:
    """`wheels`, pip's own among them, with the Pythons that each is for (none: all). Under another name until it is
    whole. Raises CannotMake and OSError."""
    number_of(target.version)
    files: list[tuple[str, Path | bytes]] = [(LOCK, _lock_of(wheels, target.pythons))]
    files += [(f"wheels/{_short(wheel.name)}", wheel) for wheel in sorted(wheels)]
    table = {
        "format": FORMAT,
        "product": PRODUCT,
        "version": target.version,
        "schema": target.schema,
        "pythons": target.pythons,
        "architectures": [target.architecture],
        "built_ms": target.built_ms,
        "expires_ms": target.expires_ms,
        "unpacked_bytes": sum(map(_unpacked_bytes, wheels)),
        "files": [{"name": name, "size": _size(content), "sha256": _sha256(content)} for name, content in files],
    }
    raw = json.dumps(table, indent=1).encode()
    half = out.with_name(out.name + ".half")
    with half.open("wb") as file:
        for name, content in ((MANIFEST, raw), (SIGNATURE, key.sign(raw)), *files):
            try:
                file.write(header_of(name, _size(content)))
            except ValueError as error:
                raise CannotMake(f"{name} is too long a name") from error
            file.write(content if isinstance(content, bytes) else content.read_bytes())
            file.write(padding_of(_size(content)))
        file.write(END)
        file.flush()
        os.fsync(file.fileno())
    os.rename(half, out)
    sync_folder(out.parent)


def collect_wheels(
    folder: Path, target: Target, *, given: Path | None = None, offline: bool = False, keyboard: bool = True
) -> dict[Path, set[str]]:
    """All that a release of `target` needs, into `folder`: the project's own, built here; what requirements.lock pins
    for that machine, by its hashes; evdev, from `given` or built here for this machine; and pip. `given`: a folder of
    wheels that are looked at first; `offline`: no others. Given as `write_bundle` takes them. Raises CannotMake."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*(["--find-links", str(given.resolve())] if given else []), *(["--no-index"] if offline else [])]
    always = [_own_wheel(folder, sources), pip_wheel(given)]
    wheels: dict[str, Path] = {}
    pythons: dict[str, set[str]] = {}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    for python in target.pythons:
        fetch = _Fetch(folder / python, target.architecture, python, sources)
        needed = fetch.closure(project["dependencies"])
        if keyboard:
            needed.append(_evdev(folder, given, target.architecture, python, sources))
        for wheel in needed:
            wheels[wheel.name] = wheel  # the same file for several Pythons is one
            pythons.setdefault(wheel.name, set()).add(python)
    return {wheel: set[str]() for wheel in always} | {wheel: pythons[name] for name, wheel in wheels.items()}


class _Fetch:
    """The locked wheels for one Python on one kind of machine."""

    def __init__(self, folder: Path, architecture: str, python: str, sources: Sequence[str]) -> None:
        self._folder = folder
        self._python = python
        self._sources = sources
        self._platforms = [word for glibc in _GLIBC for word in ("--platform", f"{glibc}_{architecture}")]
        self._environment = {
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "os_name": "posix",
            "platform_machine": architecture,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{python}.0",
            "python_version": python,
            "sys_platform": "linux",
        }
        self._lock = dict(self._locked())

    def closure(self, requirements: Sequence[str]) -> list[Path]:
        """Of the wheels' own metadata, so that what this machine would need does not count."""
        wanted: dict[str, set[str]] = {}
        new = {name for text in requirements for name in self._add(wanted, text, {""})}
        wheels: dict[str, Path] = {}
        while new:
            self._download(new - wheels.keys())
            wheels |= {_parts(path)[0]: path for path in self._folder.glob("*.whl")}
            needs = [(text, wanted[name]) for name in new for text in _requires(wheels[name])]
            new = {name for text, extras in needs for name in self._add(wanted, text, extras)}
        return list(wheels.values())

    def _add(self, wanted: dict[str, set[str]], text: str, extras: set[str]) -> Iterator[str]:
        """The name in `text`, if it is needed here and something about it is new."""
        requirement = Requirement(text)
        marker = requirement.marker
        if marker and not any(marker.evaluate({**self._environment, "extra": extra}) for extra in extras):
            return
        name = _normal(requirement.name)
        known = wanted.get(name)
        wanted[name] = (known or set()) | {"", *requirement.extras}
        if wanted[name] != known:
            yield name

    def _download(self, names: set[str]) -> None:
        if not names:
            return
        missing = names - self._lock.keys()
        if missing:
            raise CannotMake(f"requirements.lock does not pin {', '.join(sorted(missing))}")
        self._folder.mkdir(exist_ok=True)
        lock = self._folder / LOCK
        lock.write_text("".join(self._lock[name] for name in sorted(names)), "utf-8")
        tags = ["--implementation", "cp", "--python-version", self._python, *self._platforms]
        _run_pip("download", "--only-binary", ":all:", *tags, *self._sources, "--dest", str(self._folder), lock=lock)

    def _locked(self) -> Iterator[tuple[str, str]]:
        """By name, what stands in requirements.lock for this machine."""
        for block in re.split(r"^(?=[A-Za-z0-9])", (PROJECT / LOCK).read_text("utf-8"), flags=re.MULTILINE)[1:]:
            said, _, hashes = block.partition("\\\n")
            requirement = Requirement(said.strip())
            if requirement.marker is None or requirement.marker.evaluate({**self._environment, "extra": ""}):
                # Without the marker: pip would hold it against the Python that it runs on.
                yield _normal(requirement.name), f"{said.partition(';')[0].strip()} \\\n{hashes}"


def _own_wheel(folder: Path, sources: Sequence[str]) -> Path:
    into = folder / "own"
    _run_pip("wheel", *sources, "--wheel-dir", str(into), str(PROJECT))
    (wheel,) = into.glob("tram_xanh-*.whl")
    return wheel


def pip_wheel(given: Path | None) -> Path:
    """What a release is installed with: a given one, else what this Python brings."""
    brought = sysconfig.get_config_var("WHEEL_PKG_DIR")
    folders = [given, Path(brought) if brought else None, Path(ensurepip.__file__).parent / "_bundled"]
    for folder in folders:
        if folder and (found := sorted(folder.glob("pip-*.whl"))):
            return found[-1]
    raise CannotMake("This Python brings no wheel of pip; put one into the folder of --wheels.")


def _evdev(folder: Path, given: Path | None, architecture: str, python: str, sources: Sequence[str]) -> Path:
    tag = f"cp{python.replace('.', '')}"
    found = sorted(given.glob(f"evdev-*-{tag}-*{architecture}.whl")) if given else []
    if found:
        return found[-1]
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if (architecture, python) != (os.uname().machine, here):
        raise CannotMake(
            f"No wheel of evdev for Python {python} on {architecture}: build it there "
            f"(pip wheel --no-deps --require-hashes -r {EVDEV_LOCK.name}) and put it into the folder of --wheels."
        )
    into = folder / "evdev"
    _run_pip("wheel", *sources, "--wheel-dir", str(into), lock=EVDEV_LOCK)
    (wheel,) = into.glob("evdev-*.whl")
    return wheel


def _run_pip(*words: str, lock: Path | None = None) -> None:
    locked = ["--require-hashes", "--requirement", str(lock)] if lock else []
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command = [sys.executable, "-m", "pip", words[0], *quiet, *words[1:], *locked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMake(f"pip {words[0]}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")


def _lock_of(wheels: Mapping[Path, Collection[str]], all_pythons: Sequence[str]) -> bytes:
    """By it a station installs: of each package exactly what is in the bundle, for its own Python."""
    hashes: dict[str, list[str]] = {}
    pythons: dict[str, set[str]] = {}
    for wheel in sorted(wheels):
        name, version = _parts(wheel)
        if name != "pip":
            hashes.setdefault(f"{name}=={version}", []).append(_sha256(wheel))
            pythons.setdefault(f"{name}=={version}", set()).update(wheels[wheel] or all_pythons)
    lines = []
    for what, found in hashes.items():
        some = [f'python_version == "{one}"' for one in all_pythons if one in pythons[what]]
        where = f" ; {' or '.join(some)}" if len(some) < len(all_pythons) else ""
        lines.append(" \\\n    ".join([what + where, *(f"--hash=sha256:{one}" for one in found)]))
    return ("\n".join(lines) + "\n").encode()


def _parts(wheel: Path) -> tuple[str, str]:
    """Its name, as packages are compared by, and its version."""
    name, version, *tags = wheel.name.removesuffix(".whl").split("-")
    if len(tags) not in (3, 4):
        raise CannotMake(f"{wheel.name} is not the name of a wheel")
    return _normal(name), version


def _short(name: str) -> str:
    """A container's name has 100 letters; a wheel that names several platforms is as good under the last of them."""
    if len(name) <= _LONGEST_NAME:
        return name
    start, _, platforms = name.removesuffix(".whl").rpartition("-")
    return f"{start}-{platforms.split('.')[-1]}.whl"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _requires(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as content:
        (name,) = [one for one in content.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one)]
        return email.message_from_bytes(content.read(name)).get_all("Requires-Dist") or []


def _unpacked_bytes(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as content:
        return sum(one.file_size for one in content.infolist())


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _sha256(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
