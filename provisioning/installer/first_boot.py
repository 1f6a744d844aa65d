"""The first time that a new card begins: the values of its boot partition, the way to the bundle, no secret left.

Raspberry Pi OS 13 reads user-data and network-config itself, by cloud-init. On Raspberry Pi OS 12 firstrun.sh begins
us, and we read the same two files: they are JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioning.installer.bundle_folder import INDEX
from provisioning.installer.machine import Machine, StepFailed

FOLDER = "tram-xanh"
"""What the bundle's folder is called, on the boot partition or at the top of a stick."""
INSTALL_UNIT = "tram-xanh-install.service"
"""On Raspberry Pi OS 13, what begins the installer at every start until it is done."""

_MOUNTED = "/run/tram-xanh-stick"
_RUN_WORDS = re.compile(r"\s*systemd\.(run|run_success_action|run_failure_action|unit)=\S*")
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@contextmanager
def bundle_folder(machine: Machine, beside: Path) -> Iterator[Path]:
    """Where the bundle is: beside the installer, else on the first stick that has one, read only. Raises StepFailed."""
    if (beside / INDEX).is_file():
        yield beside
        return
    for device in sorted(Path("/dev").glob("sd[a-z][0-9]*")):
        Path(_MOUNTED).mkdir(exist_ok=True)
        options = "ro,nosuid,nodev,noexec"
        for kind in ("vfat", "exfat"):
            if subprocess.run(["mount", "-t", kind, "-o", options, str(device), _MOUNTED], check=False).returncode == 0:
                try:
                    if (Path(_MOUNTED) / FOLDER / INDEX).is_file():
                        yield Path(_MOUNTED) / FOLDER
                        return
                finally:
                    subprocess.run(["umount", _MOUNTED], check=False)
    raise StepFailed(
        f"no bundle: no folder {FOLDER} with {INDEX} on the card or on a stick",
        f"Copy the folder {FOLDER} onto the card's first part or a USB stick (FAT or exFAT), then switch on again.",
    )


def take_values(machine: Machine) -> None:
    """Host name and Wi-Fi, where no cloud-init has taken them. Raises StepFailed."""
    if machine.boot is None or machine.path("/usr/bin/cloud-init").exists():
        return
    said = _json(machine, f"{machine.boot}/user-data")
    name = said.get("hostname") if said else None
    if isinstance(name, str) and _HOSTNAME.fullmatch(name):
        machine.file("/etc/hostname", f"{name}\n")
        machine.file("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {name}\n")
    network = (_json(machine, f"{machine.boot}/network-config") or {}).get("network") or {}
    for wlan in (network.get("wifis") or {}).values():
        for number, (ssid, how) in enumerate((wlan.get("access-points") or {}).items(), start=1):
            connection = wifi_connection(ssid, how.get("password"), hidden=bool(how.get("hidden")))
            name = f"/etc/NetworkManager/system-connections/tram-xanh-{number}.nmconnection"
            machine.file(name, connection, 0o600)
        _country(machine, str(wlan.get("regulatory-domain") or ""))


def finish(machine: Machine) -> None:
    """After everything else was done: never again, and no Wi-Fi password on the part of the card that every computer
    reads. cloud-init is switched off rather than left to find its files changed."""
    if machine.boot is None:
        return
    machine.gone(f"{machine.boot}/network-config")
    if machine.path("/usr/bin/cloud-init").exists():
        machine.file("/etc/cloud/cloud-init.disabled", "")
    words = machine.content(f"{machine.boot}/cmdline.txt")
    if words is not None and (rest := _RUN_WORDS.sub("", words)) != words:
        path = machine.path(f"{machine.boot}/cmdline.txt")
        machine.file(f"{machine.boot}/cmdline.txt", rest, path.stat().st_mode & 0o777)
    machine.gone(f"{machine.boot}/firstrun.sh")
    # Last of all: until they are gone, the next start goes on.
    machine.gone(f"/etc/systemd/system/{INSTALL_UNIT}")
    machine.gone(f"/etc/systemd/system/multi-user.target.wants/{INSTALL_UNIT}")


def wifi_connection(ssid: str, password: str | None, *, hidden: bool) -> str:
    """A connection of NetworkManager's. The name is written as its bytes, so that nothing in it can be understood
    otherwise; the password by the rules of its files."""
    lines = ["[connection]", "id=tram-xanh-" + ssid.encode().hex(), "type=wifi", "", "[wifi]", "mode=infrastructure"]
    lines.append("ssid=" + "".join(f"{byte};" for byte in ssid.encode()))
    lines += ["hidden=true"] if hidden else []
    if password is not None:
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={_escaped(password)}"]
    return "\n".join([*lines, "", "[ipv4]", "method=auto", "", "[ipv6]", "method=auto", ""])


def _escaped(text: str) -> str:
    """As GLib's key files want it: a blank at either end would be cut off, a line end would begin a new key."""
    table = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
    escaped = "".join(table.get(one, one) for one in text)
    body = escaped.lstrip(" ")
    return r"\s" * (len(escaped) - len(body)) + body


def _country(machine: Machine, country: str) -> None:
    """Without one the radio stays off."""
    name = f"{machine.boot}/cmdline.txt"
    words = (machine.content(name) or "").split()
    if re.fullmatch(r"[A-Z]{2}", country) and words and not any("ieee80211_regdom=" in word for word in words):
        wanted = " ".join([*words, f"cfg80211.ieee80211_regdom={country}"]) + "\n"
        machine.file(name, wanted, machine.path(name).stat().st_mode & 0o777)
        machine.ask("rfkill", "unblock", "wifi")


def _json(machine: Machine, name: str) -> dict[str, Any] | None:
    """user-data begins with the line #cloud-config."""
    text = machine.content(name)
    if text is None:
        return None
    try:
        said = json.loads(text.removeprefix("#cloud-config\n"))
    except ValueError as error:
        advice = "Make the files again (python -m provisioning image-files) and copy them onto the card."
        raise StepFailed(f"{name} cannot be read", advice) from error
    return said if isinstance(said, dict) else None
