"""Root's helper in a real systemd: in its own sandbox it has the service manager mount a stick, which the station's
sandbox sees. A tmpfs stands for the stick's file system, files for its place in /sys and /dev."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.provisioning.root_rig import PROGRAM, FakeMachine

pytestmark = pytest.mark.system
UNITS = Path(__file__).resolve().parents[2] / "systemd" / "system"
PACKAGES = "systemd,systemd-sysv,dbus,udev,python3"
MOUNT = """#!/bin/sh
for last; do :; done
options=nosuid,nodev,noexec,mode=777
exec /usr/bin/systemd-mount --quiet --collect --fsck=no --type=tmpfs --options="$options" tmpfs "$last"
"""
STAND_IN = """
[Service]
ExecStart=
ExecStart=/usr/bin/python3 -I -S /opt/tram-xanh/chooser/root_helper.py --sys=/fake/sys --dev=/fake/dev --mount={mount}
"""
STATION = """
import grp, json, os, socket
def ask(*words):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60)
        try:
            line.connect("/run/tram-xanh-root.socket")
        except OSError as error:
            return type(error).__name__
        line.sendall(" ".join(words).encode() + b"\\n")
        return line.recv(4096).decode().rstrip()
def mounted():
    lines = [line.split() for line in open("/proc/self/mountinfo") if "/run/tram-xanh-stick" in line]
    return [line[5].split(",")[:4] for line in lines]
def written():
    try:
        open("/run/tram-xanh-stick/table", "w").close()
    except OSError as error:
        return type(error).__name__
    return sorted(os.listdir("/run/tram-xanh-stick"))
said = {"secret": ask("machine-secret"), "sticks": ask("sticks"), "mount": ask("mount-for-export", "sda1")}
said |= {"mounted": mounted(), "written": written(), "unmount": ask("unmount"), "left": mounted()}
said |= {"begin": ask("install-fetched")}
said |= {"rubbish": ask("reboot"), "disk": ask("mount-for-export", "vda1")}
print(json.dumps(said))
"""
UPDATE = """
[Unit]
Wants=tram-xanh-fetch.service
After=tram-xanh-fetch.service
[Service]
Type=oneshot
ExecStart=/usr/bin/touch /begun
"""
FETCH = """
[Service]
Type=oneshot
ExecStart=/usr/bin/touch /fetched
"""
TRY = """
[Unit]
After=sockets.target
[Service]
Type=oneshot
User={user}
Group={user}
ProtectSystem=strict
PrivateUsers=yes
PrivateMounts=yes
PrivateTmp=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX
StandardOutput=append:/said-{user}
StandardError=append:/said-{user}
ExecStart=-/usr/bin/python3 /station.py
[Install]
WantedBy=multi-user.target
"""
END = """
[Unit]
After=try-tram-xanh.service try-other.service
[Service]
Type=oneshot
ExecStart=/bin/systemctl poweroff
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the station was answered, and what somebody else was."""
    root = tmp_path_factory.mktemp("machine") / "root"
    build = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
    subprocess.run(build, check=True, capture_output=True, timeout=900)
    units = root / "etc/systemd/system"
    (root / "opt/tram-xanh/chooser").mkdir(parents=True)
    shutil.copy(PROGRAM, root / "opt/tram-xanh/chooser")
    for unit in UNITS.glob("tram-xanh-root*"):
        shutil.copy(unit, units)
    machine = FakeMachine(root / "fake")
    machine.disk()
    for link in (root / "fake/sys/class/block").iterdir():
        target = os.readlink(link).removeprefix(str(root))
        link.unlink()
        link.symlink_to(target)
    (root / "fake/mount").write_text(MOUNT)
    (root / "fake/mount").chmod(0o755)
    (units / "tram-xanh-root@.service.d").mkdir()
    (units / "tram-xanh-root@.service.d/stand-in.conf").write_text(STAND_IN.format(mount="/fake/mount"))
    (root / "station.py").write_text(STATION)
    (units / "tram-xanh-update.service").write_text(UPDATE)
    (units / "tram-xanh-fetch.service").write_text(FETCH)
    wanted = ["tram-xanh-root.socket", "end.service"]
    for user in ("tram-xanh", "other"):
        subprocess.run(["chroot", root, "useradd", "-r", "-U", user], check=True)
        (units / f"try-{user}.service").write_text(TRY.format(user=user))
        wanted.append(f"try-{user}.service")
    (units / "end.service").write_text(END)
    for unit in wanted:
        (units / "multi-user.target.wants").mkdir(exist_ok=True)
        (units / "multi-user.target.wants" / unit).symlink_to(f"../{unit}")
    boot = ["systemd-nspawn", "--boot", "-D", str(root), "--register=no", "--keep-unit"]
    subprocess.run(boot, capture_output=True, stdin=subprocess.DEVNULL, timeout=300, check=False)
    found = {user: json.loads((root / f"said-{user}").read_text()) for user in ("tram-xanh", "other")}
    found["begun"] = {name: (root / name).exists() for name in ("begun", "fetched")}
    shutil.rmtree(root)
    return found


def test_mounts_for_the_station_and_takes_it_away_again(said: dict[str, dict[str, object]]) -> None:
    mine = said["tram-xanh"]
    assert (mine["sticks"], mine["mount"]) == ("ok sda1", "ok /run/tram-xanh-stick")
    assert mine["mounted"] == [["rw", "nosuid", "nodev", "noexec"]]
    assert mine["written"] == ["table"]
    assert (mine["unmount"], mine["left"]) == ("ok", [])
    assert mine["secret"] == "ok none"


def test_begins_what_installs_and_not_what_fetches(said: dict[str, dict[str, object]]) -> None:
    assert said["tram-xanh"]["begin"] == "ok"
    assert said["begun"] == {"begun": True, "fetched": False}


def test_does_nothing_else_and_nothing_for_others(said: dict[str, dict[str, object]]) -> None:
    assert said["tram-xanh"]["rubbish"] == "no unknown-word"
    assert said["tram-xanh"]["disk"] == "no not-a-partition"
    refused = {said["other"][name] for name in ("secret", "sticks", "mount", "unmount", "begin", "rubbish", "disk")}
    assert refused == {"PermissionError"}
    assert said["other"]["written"] in ("FileNotFoundError", "OSError")
