"""What of the system itself must be otherwise on a station: time zone, keys, swap, log-in on the screen, updates."""

from __future__ import annotations

from pathlib import Path

from provisioning.installer.layout import units
from provisioning.installer.machine import Machine

_CALM = ("apt-daily.timer", "apt-daily-upgrade.timer", "man-db.timer", "e2scrub_all.timer")
"""They write to the card and use a school's network at hours of their own. Debian's updates: docs/operations.md."""
_NO_LOG_IN = (
    "getty@tty1.service",
    "autovt@.service",
    "serial-getty@.service",
    "ctrl-alt-del.target",
    "userconfig.service",
)
MASKED = (*_CALM, *_NO_LOG_IN, "dphys-swapfile.service")
_SSH = ("ssh.service", "ssh.socket", "sshswitch.service")
_AGAIN = "Run the installer again. If it stays so: `systemctl status` of the unit that is named."


def set_up(machine: Machine) -> None:
    """Words at the station come from catalogues of its own, so no locale needs to be made: C.UTF-8 is always there."""
    machine.link("/etc/localtime", "/usr/share/zoneinfo/Asia/Ho_Chi_Minh")
    machine.file("/etc/timezone", "Asia/Ho_Chi_Minh\n")
    machine.file("/etc/default/locale", "LANG=C.UTF-8\n")
    # A scanner that is a keyboard types as an American one.
    layout = 'XKBMODEL="pc105"\nXKBLAYOUT="us"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n'
    machine.file("/etc/default/keyboard", layout)
    _no_swap_on_the_card(machine)


def _no_swap_on_the_card(machine: Machine) -> None:
    if machine.content("/etc/rpi/swap.conf") is not None:  # Raspberry Pi OS 13
        machine.file("/etc/rpi/swap.conf.d/50-tram-xanh.conf", "[Main]\nMechanism=zram\n")
    elif _is_unit(machine, "dphys-swapfile.service"):  # Raspberry Pi OS 12
        machine.link("/etc/systemd/system/dphys-swapfile.service", "/dev/null")
        if machine.runs:
            machine.ask("swapoff", "/var/swap")
        machine.gone("/var/swap")


def services(machine: Machine, source: Path, *, ssh: bool) -> None:
    for name in (*_CALM, *_NO_LOG_IN):
        if "@" in name or name.endswith(".target") or _is_unit(machine, name):
            machine.link(f"/etc/systemd/system/{name}", "/dev/null")
    machine.link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target")
    if not ssh:
        for name in _SSH:
            if machine.ask("systemctl", "is-enabled", name)[1].strip() == "enabled":
                done = f"{name} begins no more with the machine (--ssh leaves it on)"
                machine.run("systemctl", "disable", name, did=done, advice=_AGAIN)
    begin = [*units(source), *(name for name in ("NetworkManager.service", "seatd.service") if _is_unit(machine, name))]
    for name in begin:
        if machine.ask("systemctl", "is-enabled", name)[1].strip() not in ("enabled", "static", "alias"):
            machine.run("systemctl", "enable", name, did=f"{name} begins with the machine", advice=_AGAIN)
    if machine.runs and machine.changes:
        machine.run("systemctl", "daemon-reload", did="systemd has read the units", advice=_AGAIN)


def _is_unit(machine: Machine, name: str) -> bool:
    return any(
        machine.path(f"{place}/{name}").is_file() for place in ("/usr/lib/systemd/system", "/lib/systemd/system")
    )
