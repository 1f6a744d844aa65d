"""Bare Debians: made once, kept packed, and unpacked for each test. Needs root."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SUITE = "bookworm"
_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "arch-test": "arch-test",
    "qemu-aarch64-static": "qemu-user-static",
    "mcopy": "mtools",
    "mkfs.vfat": "dosfstools",
    "mkfs.ext4": "e2fsprogs",
    "parted": "parted",
    "sfdisk": "fdisk",
}
"""Programs, and the Debian packages that bring them."""
_INSIDE = 'mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && exec chroot "$@"'
MINIMAL = ("python3", "ca-certificates", "systemd-sysv")
"""What an installation finds at least: Raspberry Pi OS has all of them."""


def bare_debian(into: Path, packages: tuple[str, ...] = MINIMAL, architecture: str = "amd64") -> Path:
    """A new root in `into`, of the kept one for these packages."""
    if missing := [package for program, package in _TOOLS.items() if shutil.which(program) is None]:
        subprocess.run([PROJECT / "script/debian", *missing], check=True)
    subprocess.run([PROJECT / "provisioning/image/emulate", architecture], check=True)
    kept = Path(os.environ.get("TRAM_XANH_MACHINES") or "/var/tmp/tram-xanh-machines")
    kept.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    packed = kept / f"bare-{SUITE}-{architecture}-{digest}.tar"
    with packed.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packed.exists():
            half = packed.with_suffix(".half.tar")
            words = [
                "--quiet",
                "--variant=minbase",
                f"--architectures={architecture}",
                f"--include={','.join(packages)}",
            ]
            subprocess.run(["mmdebstrap", *words, SUITE, half, "http://deb.debian.org/debian"], check=True)
            half.rename(packed)
    into.mkdir(parents=True)
    subprocess.run(["tar", "--extract", "--file", packed, "--directory", into, "--exclude=./dev/*"], check=True)
    return into


def tree(root: Path, *, times: bool = True) -> dict[str, tuple[object, ...]]:
    """By name: mode, owner, group, what is in it, and with `times` when it was changed."""
    found: dict[str, tuple[object, ...]] = {}
    for path in root.rglob("*"):
        about = path.lstat()
        content: object = about.st_size
        if stat.S_ISREG(about.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        elif stat.S_ISLNK(about.st_mode):
            content = os.readlink(path)
        elif stat.S_ISDIR(about.st_mode):
            content = None
        when = about.st_mtime_ns if times else None
        found[str(path.relative_to(root))] = (about.st_mode, about.st_uid, about.st_gid, content, when)
    return found


def install(bundle: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The bundle's installer on `root`, without any network, by Debian's own Python."""
    installer = ["/usr/bin/python3", str(bundle / "install.py"), "--root", str(root), "--display", "offscreen"]
    return subprocess.run(["unshare", "--net", *installer, *words], capture_output=True, text=True, check=False)


def inside(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of `root`, which sees nothing of the network."""
    command = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", _INSIDE, "sh", str(root), *words]
    home = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=home)


def provisioning(*words: str, source: Path = PROJECT) -> None:
    """A command of `python -m provisioning` of that source, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "provisioning", *words], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
