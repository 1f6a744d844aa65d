"""What a Raspberry Pi's firmware and kernel are told: config.txt and cmdline.txt on the boot partition."""

from __future__ import annotations

from provisioning.installer.machine import Machine

_BEGIN, _END = "# Trạm Xanh: from here", "# Trạm Xanh: to here"
_CONFIG = f"""\
{_BEGIN}
[all]
camera_auto_detect=1
disable_splash=1
dtparam=watchdog=on
# A button from GPIO 3 (pin 5) to ground (pin 6) turns the station off and on: take away the first sign.
#dtoverlay=gpio-shutdown
{_END}
"""
_WORDS = ("consoleblank=0", "logo.nologo", "vt.global_cursor_default=0", "quiet")


def set_up(machine: Machine) -> None:
    if machine.boot:
        _config(machine, f"{machine.boot}/config.txt")
        _cmdline(machine, f"{machine.boot}/cmdline.txt")


def take_back(machine: Machine) -> None:
    """Our part of config.txt; the words of cmdline.txt do no harm."""
    there = machine.content(f"{machine.boot}/config.txt") if machine.boot else None
    if there is not None and _BEGIN in there:
        _write(machine, f"{machine.boot}/config.txt", _without(there))


def _config(machine: Machine, name: str) -> None:
    before = _without(machine.content(name) or "")
    _write(machine, name, f"{before.rstrip()}\n\n{_CONFIG}")


def _without(text: str) -> str:
    before, _, rest = text.partition(_BEGIN)
    return f"{before.rstrip()}\n{rest.partition(_END)[2].lstrip()}" if rest else text


def _cmdline(machine: Machine, name: str) -> None:
    """One line; the kernel reads no second one."""
    words = (machine.content(name) or "").split()
    if words:
        _write(machine, name, " ".join([*words, *(word for word in _WORDS if word not in words)]) + "\n")


def _write(machine: Machine, name: str, content: str) -> None:
    """FAT has neither owners nor modes: only what is in the file counts."""
    if machine.content(name) != content:
        path = machine.path(name)
        machine.file(name, content, path.stat().st_mode & 0o777)
