"""The folder that a teacher copies onto a card or a stick: everything of a station, no network needed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from provisioning.installer.bundle_folder import FORMAT, INDEX
from provisioning.installer.packages import PACKAGES, RASPBERRY_PACKAGES

PROJECT = Path(__file__).parents[1]
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_MIRROR = "http://deb.debian.org"
_INSTALLER = ("__init__.py", "bundle.py", "release_folder.py")
"""What provisioning.installer imports beside its own modules and the chooser."""


class CannotMake(Exception):
    """The message is a sentence for whoever makes the bundle."""


@dataclass(frozen=True, slots=True)
class Debian:
    """`sources`: more lines for apt, like Raspberry Pi OS's own archive; Debian's are there without."""

    suite: str = "bookworm"
    architecture: str = "arm64"
    mirror: str = _MIRROR
    sources: str = ""


def make(out: Path, release: Path, publisher: Path, debian: Debian | None) -> dict[str, int]:
    """A new folder `out`; under another name until it is whole. `debian` None: no packages, only their list; a station
    then fetches them. The number of packages and all bytes. Raises CannotMake and OSError."""
    if out.exists():
        raise CannotMake(f"{out} is there already: give a new name, or take it away first.")
    half = out.with_name(f".{out.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    _copy_programs(half)
    shutil.copyfile(release, half / "release.bundle")
    shutil.copyfile(publisher, half / "publisher.pub")
    (half / "packages.txt").write_text("\n".join([*PACKAGES, *RASPBERRY_PACKAGES]) + "\n", "utf-8")
    count = _fetch(half / "debs", debian) if debian else 0
    files = {str(path.relative_to(half)): _sha256(path) for path in sorted(half.rglob("*")) if path.is_file()}
    index = {
        "format": FORMAT,
        "suite": debian.suite if debian else "",
        "architecture": debian.architecture if debian else "",
        "release": "release.bundle",
        "publisher": "publisher.pub",
        "files": files,
    }
    (half / INDEX).write_text(json.dumps(index, indent=1) + "\n", "utf-8")
    size = sum(path.stat().st_size for path in half.rglob("*") if path.is_file())
    os.rename(half, out)
    return {"packages": count, "bytes": size}


def _copy_programs(out: Path) -> None:
    own = PROJECT / "provisioning"
    ignore = shutil.ignore_patterns("__pycache__", "install.py")
    shutil.copytree(own / "installer", out / "provisioning" / "installer", ignore=ignore)
    shutil.copytree(own / "chooser", out / "provisioning" / "chooser", ignore=shutil.ignore_patterns("__pycache__"))
    for name in _INSTALLER:
        shutil.copyfile(own / name, out / "provisioning" / name)
    shutil.copyfile(own / "installer" / "install.py", out / "install.py")
    shutil.copytree(PROJECT / "systemd", out / "systemd")


def _fetch(folder: Path, debian: Debian) -> int:
    """Packages and all that they need, resolved as for an empty machine, so that it matters little what a card already
    has; apt checks Debian's signatures. Then the list by which apt finds them in the folder."""
    if shutil.which("apt-get") is None:
        raise CannotMake("There is no apt here: use a Debian or Raspberry Pi OS, or --without-packages.")
    folder.mkdir()
    with tempfile.TemporaryDirectory() as own:
        config = _apt(Path(own), debian)
        _run(config, "apt-get", "-q", "update")
        names = list(PACKAGES)
        if debian.sources:
            names += [
                name for name in RASPBERRY_PACKAGES if _run(config, "apt-cache", "search", "--names-only", f"^{name}$")
            ]
        _run(config, "apt-get", "-q", "-y", "--download-only", "install", *names)
        for path in sorted(Path(own, "cache/archives").glob("*.deb")):
            shutil.copyfile(path, folder / path.name)
    stanzas = [_stanza(path) for path in sorted(folder.glob("*.deb"))]
    (folder / "Packages").write_text("\n".join(stanzas), "utf-8")
    return len(stanzas)


def _apt(own: Path, debian: Debian) -> Path:
    for name in ("lists/partial", "cache/archives/partial", "etc/preferences.d"):
        (own / name).mkdir(parents=True)
    (own / "status").touch()
    base, suite = debian.mirror.rstrip("/"), debian.suite
    signed = f"[signed-by={_KEYRING}]"
    lines = [f"deb {signed} {base}/debian {suite} main", f"deb {signed} {base}/debian {suite}-updates main"]
    lines.append(f"deb {signed} {base}/debian-security {suite}-security main")
    (own / "etc" / "sources.list").write_text("\n".join([*lines, debian.sources]) + "\n", "utf-8")
    settings = {
        "Dir::State": own,
        "Dir::State::status": own / "status",
        "Dir::Cache": own / "cache",
        "Dir::Etc": own / "etc",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::trustedparts": "/etc/apt/trusted.gpg.d",
        "APT::Architecture": debian.architecture,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    config = own / "apt.conf"
    text = [f'{key} "{value}";' for key, value in settings.items()]
    config.write_text("\n".join([*text, f'APT::Architectures {{ "{debian.architecture}"; }};']) + "\n", "utf-8")
    return config


def _run(config: Path, *command: str) -> str:
    quiet = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "APT_CONFIG": str(config)}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMake(f"{command[0]}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    return done.stdout


def _stanza(deb: Path) -> str:
    said = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=True).stdout
    return f"{said.rstrip()}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {_sha256(deb)}\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
