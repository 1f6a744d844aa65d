"""What Raspberry Pi OS reads from a new card's boot partition, so that it becomes a station by itself.

cloud-init reads YAML. These files are JSON, which YAML contains: a whole emitter, and no value is ever put into a text
by hand, into a shell least of all.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kiosk.config import ConfigError
from kiosk.ports.tables import TableError, convert
from provisioning.installer.first_boot import FOLDER, INSTALL_UNIT

USER_DATA, META_DATA, NETWORK_CONFIG, FIRST_RUN = "user-data", "meta-data", "network-config", "firstrun.sh"

_INSTALL = ["/usr/bin/python3", f"/boot/firmware/{FOLDER}/install.py", "--first-boot"]
_SCRIPT = f"""\
#!/bin/sh
# For Raspberry Pi OS 12; 13 reads user-data. What it says is on the screen, and stays beside it.
{{ {" ".join(_INSTALL)} 2>&1 || echo failed >/run/tram-xanh-failed; }} | tee /boot/firmware/tram-xanh.log >/dev/tty1
[ ! -e /run/tram-xanh-failed ]
"""
_UNIT = f"""\
# cloud-init gives a command once, whatever becomes of it; this begins at every start until the installer takes it away.
[Unit]
Description=Trạm Xanh: makes this card a station
After=cloud-final.service

[Service]
Type=oneshot
ExecStart={" ".join(_INSTALL)}
ExecStartPost=/usr/bin/systemctl --no-block reboot
StandardOutput=journal+console

[Install]
WantedBy=multi-user.target
"""
RUN_ONCE = (
    "systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"
)
_MAINTAINER = "quan-tri"
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Wifi(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    ssid: str
    password: str | None = None
    hidden: bool = False


class _WifiFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    wifi: list[_Wifi]


@dataclass(frozen=True, slots=True)
class Card:
    """`ssh_keys`: lines of authorized_keys; without any nobody can log in."""

    hostname: str = "tram-xanh"
    country: str = "VN"
    wifis: tuple[_Wifi, ...] = ()
    ssh_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        if not _HOSTNAME.fullmatch(self.hostname):
            raise ConfigError(
                "A host name has small letters a to z, digits and hyphens: at most 63, no hyphen at its ends."
            )
        if not _COUNTRY.fullmatch(self.country):
            raise ConfigError("A country is two capital letters, like VN: the radio's rules depend on it.")
        for key in self.ssh_keys:
            if not key.isprintable():
                raise ConfigError("The file of SSH keys has something in it that is no line of text.")


def read_wifi(path: Path) -> tuple[_Wifi, ...]:
    """From TOML: `[[wifi]]` tables with `ssid`, `password` (none: an open network) and `hidden`. What is in quotes is
    taken as it is, blanks and accents too: a network's name is bytes. Raises ConfigError, which names no value."""
    try:
        said = convert(tomllib.loads(path.read_text("utf-8")), _WifiFile)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except TableError as error:
        raise ConfigError(f"{path}: {error}") from error
    for number, wifi in enumerate(said.wifi, start=1):
        if problem := _problem(wifi):
            raise ConfigError(f"{path}: wifi {number}: {problem}")
    if len({wifi.ssid for wifi in said.wifi}) < len(said.wifi):
        raise ConfigError(f"{path}: two networks have the same name")
    return tuple(said.wifi)


def files_of(card: Card) -> dict[str, str]:
    """Their names, and what is in them; network-config only where there is a Wi-Fi (a cable needs none)."""
    files = {
        USER_DATA: "#cloud-config\n" + as_yaml(_user_data(card)),
        # Without `dsmode: local` cloud-init would wait for a network.
        META_DATA: as_yaml({"instance-id": "tram-xanh", "dsmode": "local"}),
        FIRST_RUN: _SCRIPT,
    }
    if card.wifis:
        files[NETWORK_CONFIG] = as_yaml(_network(card))
    return files


def as_yaml(value: object) -> str:
    """JSON in which nothing stands that YAML reads otherwise: some line ends and marks that JSON leaves as they are."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def run_once(cmdline: str) -> str:
    """cmdline.txt of Raspberry Pi OS 12, with firstrun.sh in it once."""
    words = cmdline.split()
    return cmdline if RUN_ONCE.split()[0] in words else " ".join([*words, RUN_ONCE]) + "\n"


def _user_data(card: Card) -> dict[str, Any]:
    maintainer: dict[str, Any] = {"name": _MAINTAINER, "shell": "/bin/bash", "lock_passwd": True}
    if card.ssh_keys:
        maintainer |= {"ssh_authorized_keys": list(card.ssh_keys), "sudo": "ALL=(ALL) NOPASSWD:ALL"}
    return {
        "hostname": card.hostname,
        "manage_etc_hosts": True,
        "timezone": "Asia/Ho_Chi_Minh",
        "keyboard": {"layout": "us"},
        # With an account there is no wizard that asks for one.
        "users": [maintainer],
        "ssh_pwauth": False,
        "write_files": [{"path": f"/etc/systemd/system/{INSTALL_UNIT}", "content": _unit(card), "permissions": "0644"}],
        "runcmd": [
            *([["systemctl", "enable", "--now", "ssh"]] if card.ssh_keys else []),
            ["systemctl", "daemon-reload"],
            ["systemctl", "enable", "--now", "--no-block", INSTALL_UNIT],
        ],
    }


def _unit(card: Card) -> str:
    return _UNIT.replace("--first-boot", "--first-boot --ssh") if card.ssh_keys else _UNIT


def _network(card: Card) -> dict[str, Any]:
    points: dict[str, Any] = {}
    for wifi in card.wifis:
        point: dict[str, Any] = {} if wifi.password is None else {"password": wifi.password}
        points[wifi.ssid] = {**point, "hidden": True} if wifi.hidden else point
    wlan = {"dhcp4": True, "optional": True, "regulatory-domain": card.country, "access-points": points}
    cable = {"match": {"name": "e*"}, "dhcp4": True, "optional": True}
    return {
        "network": {"version": 2, "renderer": "NetworkManager", "ethernets": {"cable": cable}, "wifis": {"wlan0": wlan}}
    }


def _problem(wifi: _Wifi) -> str:
    """A line end in a name would be a new line in some program's file, and is in no real one."""
    for text in (wifi.ssid, wifi.password or ""):
        if any(ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one in "\u2028\u2029" for one in text):
            return "there is a line end or a control character in the name or the password"
    if not 1 <= len(wifi.ssid.encode()) <= 32:
        return "a network's name has 1 to 32 bytes; a letter with an accent counts two or three"
    if wifi.password is None or _HEX_KEY.fullmatch(wifi.password) or 8 <= len(wifi.password.encode()) <= 63:
        return ""
    return "a Wi-Fi password has 8 to 63 characters, or is a key of 64 hexadecimal digits"
