"""The first start of a new card: a real systemd, a real cloud-init set up as on Raspberry Pi OS 13, no network, no
radio (what becomes of network-config is in test_card_files.py); and the older system's way, by firstrun.sh."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk import __version__
from provisioning.image_files import Card, files_of, read_wifi
from provisioning.installer.first_boot import INSTALL_UNIT
from tests.system.bare import MINIMAL, bare_debian, inside
from tests.system.bundles import offline_bundle
from tests.system.machine import Machine

pytestmark = pytest.mark.system

_AS_RASPBERRY_PI_OS = """\
datasource_list: [ NoCloud, None ]
datasource:
  NoCloud:
    seedfrom: file:///boot/firmware/
"""
_PATIENCE_S = 900.0


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="tram-xanh-first-", dir="/var/tmp") as name:
        yield Path(name)


def _card(folder: Path, *packages: str) -> Path:
    """A root with what a person put onto its boot partition, in which two networks are named."""
    root = bare_debian(folder / "root", (*MINIMAL, *packages))
    boot = root / "boot/firmware"
    boot.mkdir(parents=True)
    (folder / "wifi.toml").write_text('[[wifi]]\nssid = "Thư viện $(x)"\npassword = "mật khẩu; reboot"\n')
    card = Card("tram-9", wifis=read_wifi(folder / "wifi.toml"))
    for name, content in {**files_of(card), "config.txt": "", "cmdline.txt": "rootwait\n"}.items():
        (boot / name).write_text(content)
    shutil.copytree(offline_bundle(folder, "amd64"), boot / "tram-xanh")
    return root


def _is_a_station(root: Path) -> None:
    assert inside(root, "/opt/tram-xanh/current/bin/python", "-m", "kiosk", "--version").stdout.endswith(
        f"tram-xanh {__version__}\n"
    )
    assert (root / "etc/hostname").read_text() == "tram-9\n"
    assert not (root / "boot/firmware/network-config").exists()
    assert "mật khẩu" not in subprocess.run(
        ["grep", "-r", "--text", "mật khẩu", root / "boot"], capture_output=True, text=True, check=False
    ).stdout.replace(str(root), "")


def test_cloud_init_makes_a_station_of_a_card_and_begins_no_more(folder: Path) -> None:
    root = _card(folder, "cloud-init", "netplan.io", "dbus")
    (root / "etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg").write_text(_AS_RASPBERRY_PI_OS)
    (folder / "life").mkdir()
    there = Machine(root, folder / "life")
    try:
        there.boot()
        units = there.root / "etc/systemd/system"
        there.until("cloud-init has begun it", (units / INSTALL_UNIT).exists, _PATIENCE_S)
        there.until("the first boot is over", lambda: not list(units.rglob(INSTALL_UNIT)), _PATIENCE_S)
        assert (there.root / "etc/cloud/cloud-init.disabled").exists()
        _is_a_station(there.root)
        shadow = (there.root / "etc/shadow").read_text().splitlines()
        assert next(line for line in shadow if line.startswith("quan-tri:")).split(":")[1].startswith("!")
    finally:
        there.stop()


def test_firstrun_makes_one_where_there_is_no_cloud_init(folder: Path) -> None:
    root = _card(folder)
    ran = inside(root, "sh", "/boot/firmware/firstrun.sh")
    assert ran.returncode == 0, (root / "boot/firmware/tram-xanh.log").read_text()
    _is_a_station(root)
    (connection,) = (root / "etc/NetworkManager/system-connections").iterdir()
    assert connection.stat().st_mode & 0o777 == 0o600
    assert "ieee80211_regdom=VN" in (root / "boot/firmware/cmdline.txt").read_text()
    assert not (root / "boot/firmware/firstrun.sh").exists()


def test_control_a_first_boot_that_failed_is_not_over(folder: Path) -> None:
    root = _card(folder)
    (root / "boot/firmware/tram-xanh/release.bundle").write_bytes(b"half")
    ran = inside(root, "sh", "/boot/firmware/firstrun.sh")
    assert ran.returncode != 0
    assert "release.bundle in the bundle is damaged" in (root / "boot/firmware/tram-xanh.log").read_text()
    assert (root / "boot/firmware/network-config").exists()
    assert (root / "boot/firmware/firstrun.sh").exists()
