"""--root: the same installer, inside of a system that lies in a folder. Its mounts are in a name space of their own:
they go with it, also after a kill."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

_PLACE = "/run/tram-xanh-source"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MOUNT = """\
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2"
    shift 2
done
shift
exec chroot "$root" /usr/bin/python3 "$@"
"""


def inside(options: argparse.Namespace, installer: Path, source: Path) -> int:
    """The exit status of the installer in `options.root`, where it and what it reads lie under other names."""
    places = {source: _PLACE}
    words = [f"{_PLACE}/{installer.relative_to(source)}", "--display", options.display]
    words += [f"--{name}" for name in ("ssh", "dry-run", "remove") if getattr(options, name.replace("-", "_"))]
    for name in ("offline", "bundle", "publisher"):
        path: Path | None = getattr(options, name)
        if path is not None:
            folder = path if path.is_dir() else path.parent
            place = places.setdefault(folder, f"{_PLACE}-{name}")
            words += [f"--{name}", str(Path(place) / path.relative_to(folder))]
    binds = [word for path, place in places.items() for word in (str(path), place)]
    command = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", _MOUNT, "sh", str(options.root)]
    done = subprocess.run([*command, *binds, "--", *words], env={"PATH": _PATH, "LC_ALL": "C.UTF-8"}, check=False)
    if done.returncode == 127:
        sys.stderr.write("The system in that folder has no Python: install python3 there first.\n")
    return done.returncode
