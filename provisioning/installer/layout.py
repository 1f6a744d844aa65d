"""The account, the folders, and the files of docs/decisions/0029; what the units and rules of systemd/ are called on a
station."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from provisioning.installer.machine import Machine, StepFailed

ACCOUNT = "tram-xanh"
GROUPS = ("video", "render", "input", "dialout", "audio", "tty", "systemd-journal")

FOLDERS = (
    ("/etc/tram-xanh", 0o755, "root"),
    ("/opt/tram-xanh", 0o755, "root"),
    ("/opt/tram-xanh/chooser", 0o755, "root"),
    ("/opt/tram-xanh/releases", 0o755, "root"),
    ("/var/lib/tram-xanh", 0o700, ACCOUNT),
    ("/var/lib/tram-xanh-chooser", 0o755, "root"),
)

DISPLAYS = ("cage", "kmsdrm", "offscreen")
_DISPLAY = "/etc/systemd/system/kiosk.service.d/display.conf"
_PLACES = {
    "system": "/etc/systemd/system",
    "udev": "/etc/udev/rules.d",
    "sysctl.d": "/etc/sysctl.d",
    "tmpfiles.d": "/etc/tmpfiles.d",
    "modprobe.d": "/etc/modprobe.d",
    "system.conf.d": "/etc/systemd/system.conf.d",
    "logind.conf.d": "/etc/systemd/logind.conf.d",
    "journald.conf.d": "/etc/systemd/journald.conf.d",
    "polkit": "/etc/polkit-1/rules.d",
}
"""Where the files of a folder in systemd/ go. What lies under etc/ or usr/ keeps its path; `display` holds one drop-in
for each way to the screen, of which one is taken."""


def make_account(machine: Machine) -> None:
    advice = "See what `getent passwd tram-xanh` says; an account of that name that is not ours must go first."
    if machine.ask("getent", "passwd", ACCOUNT)[0]:
        machine.run(
            "useradd",
            *("--system", "--user-group", "--no-create-home", "--home-dir", "/"),
            *("--shell", "/usr/sbin/nologin", ACCOUNT),
            did=f"the account {ACCOUNT} was made; nobody can log in as it",
            advice=advice,
        )
    there = {line.partition(":")[0] for line in (machine.content("/etc/group") or "").splitlines()}
    has = set(machine.ask("id", "-nG", ACCOUNT)[1].split())
    missing = [group for group in GROUPS if group in there and group not in has]
    if missing:
        words = ("usermod", "-aG", ",".join(missing), ACCOUNT)
        machine.run(*words, did=f"{ACCOUNT} was put into the groups {' '.join(missing)}", advice=advice)


def make_folders(machine: Machine) -> None:
    for name, mode, owner in FOLDERS:
        machine.folder(name, mode, owner)


def copy_files(machine: Machine, source: Path, display: str) -> None:
    """Raises StepFailed."""
    for name, path in system_files(source, display):
        machine.file(name, path.read_bytes())
    for path in sorted((source / "provisioning" / "chooser").iterdir()):
        if path.is_file():
            machine.file(f"/opt/tram-xanh/chooser/{path.name}", path.read_bytes())


def system_files(source: Path, display: str) -> Iterator[tuple[str, Path]]:
    """Names on the station, and the files of `source`/systemd that belong there. Raises StepFailed for one that nobody
    knows a place for: it would silently be missing."""
    top = source / "systemd"
    for path in sorted(top.rglob("*")):
        part = path.relative_to(top)
        if path.is_dir() or path.suffix == ".md":
            continue
        if part.parts[0] in ("etc", "usr"):
            yield f"/{part}", path
        elif part.parts[0] in _PLACES and len(part.parts) > 1:
            yield f"{_PLACES[part.parts[0]]}/{Path(*part.parts[1:])}", path
        elif part.parts[0] not in ("display", "central"):  # the latter are the centre's own, on another machine
            raise StepFailed(f"systemd/{part} has no place on a station", "Make the bundle again, of a newer source.")
        elif path.stem == display:
            yield _DISPLAY, path


def units(source: Path) -> list[str]:
    """Those that begin with the machine: they say so in an [Install] section."""
    folder = source / "systemd"
    found = [path for place in ("system", "etc/systemd/system") for path in (folder / place).glob("*.*")]
    return sorted(path.name for path in found if path.is_file() and "\n[Install]\n" in path.read_text("utf-8"))
