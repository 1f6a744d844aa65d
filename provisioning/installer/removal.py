"""What the installer put there goes; what the station wrote stays."""

from __future__ import annotations

from pathlib import Path

from provisioning.installer import raspberry
from provisioning.installer.layout import DISPLAYS, system_files, units
from provisioning.installer.machine import Machine, Say
from provisioning.installer.system import MASKED

_UNITS = "/etc/systemd/system"
_AGAIN = "Run it again. If it stays so: `systemctl status` of the unit that is named."


def remove(machine: Machine, source: Path, say: Say) -> None:
    """Raises StepFailed."""
    for name in units(source):
        if machine.ask("systemctl", "is-enabled", name)[1].strip() == "enabled":
            words = ("--now",) if machine.runs else ()
            machine.run("systemctl", "disable", *words, name, did=f"{name} begins no more", advice=_AGAIN)
    for display in DISPLAYS:
        for name, _ in system_files(source, display):
            machine.gone(name)
    for name in MASKED:
        if machine.path(f"{_UNITS}/{name}").is_symlink():
            machine.gone(f"{_UNITS}/{name}")
    for name in ("/opt/tram-xanh", f"{_UNITS}/default.target", f"{_UNITS}/kiosk.service.d"):
        machine.gone(name)
    raspberry.take_back(machine)
    if machine.runs:
        machine.run("systemctl", "daemon-reload", did="systemd has read the units", advice=_AGAIN)
    say("What stays: /var/lib/tram-xanh (loans, keys), /var/lib/tram-xanh-chooser, /etc/tram-xanh, the account")
    say("tram-xanh that owns them, Debian's packages, time zone and keyboard. A later installation goes on with them.")
