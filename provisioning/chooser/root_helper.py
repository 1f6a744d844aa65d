"""What the station needs root for, and nothing else: one line asks, one line answers, from a table of words.

systemd starts it for each who asks (tram-xanh-root.socket), with the socket as its standard input and output. Debian's
own Python runs it, with the standard library only. It starts no shell, takes no path from outside, and mounts nothing
itself: the service manager does, so that this program needs no privilege of its own.

    machine-secret            "ok", 64 hex digits; or "ok none"
    sticks                    "ok", the partitions of USB sticks that could be mounted
    mount-for-import NAME     "ok", where: read-only
    mount-for-export NAME     "ok", where
    unmount                   "ok"
    install-fetched           "ok": the unit that installs what lies in incoming/ has been begun

What it does not do it answers with "no" and one of `REASONS`.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REASONS = (
    "unknown-word",
    "not-a-partition",
    "not-a-usb-stick",
    "no-such-stick",
    "in-use",
    "file-system",
    "cannot-mount",
    "cannot-unmount",
    "cannot-begin",
    "unreadable",
)
_LONGEST = 64
_SECRET = 32
_PARTITION = re.compile(r"sd[a-z]{1,2}[1-9][0-9]?")
_USB = re.compile(r"/usb[0-9]+/")
_OPTIONS = "nosuid,nodev,noexec"
_TIME_S = 30
_INSTALLS = "tram-xanh-update.service"
# Where a file system says what it is, and what it says: https://en.wikipedia.org/wiki/Design_of_the_FAT_file_system
_SAYS = ((82, b"FAT32   ", "vfat"), (54, b"FAT16   ", "vfat"), (54, b"FAT12   ", "vfat"), (3, b"EXFAT   ", "exfat"))


class No(Exception):
    """One of `REASONS`."""


@dataclass(frozen=True)
class Machine:
    """`sys`, `proc`, `dev`: as the kernel shows itself. `stick`: where a stick is mounted. `mount`, `unmount`,
    `systemctl`: the service manager's programs."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")
    stick: Path = Path("/run/tram-xanh-stick")
    mount: Path = Path("/usr/bin/systemd-mount")
    unmount: Path = Path("/usr/bin/systemd-umount")
    systemctl: Path = Path("/usr/bin/systemctl")

    def machine_secret(self) -> str:
        """The Raspberry Pi's own secret in one-time-programmable memory: the rows for a device private key, by the
        kernel's nvmem file, on older kernels by the firmware's mailbox. All zeros: none was programmed."""
        nodes = sorted(self.sys.glob("bus/nvmem/devices/nvmem_priv*/nvmem"))
        try:
            if nodes:
                found = nodes[0].read_bytes()[:_SECRET]
            elif (self.dev / "vcio").exists():
                found = _by_mailbox(self.dev / "vcio")
            else:
                return "none"
        except OSError as error:
            raise No("unreadable") from error
        if len(found) != _SECRET:
            raise No("unreadable")
        return found.hex() if any(found) else "none"

    def sticks(self) -> str:
        return " ".join(name for name in sorted(os.listdir(self.sys / "class/block")) if self._could_mount(name))

    def mount_for_import(self, name: str, uid: int) -> str:
        return self._mount(name, f"ro,{_OPTIONS},uid={uid},umask=0077")

    def mount_for_export(self, name: str, uid: int) -> str:
        return self._mount(name, f"rw,{_OPTIONS},uid={uid},umask=0077")

    def unmount_stick(self) -> str:
        if os.path.ismount(self.stick) and not _run(self.unmount, str(self.stick)):
            raise No("cannot-unmount")
        return ""

    def install_fetched(self) -> str:
        """As its timer does, but without what else that begins: nothing is fetched over what came on a stick."""
        if not _run(self.systemctl, "--no-block", "--job-mode=ignore-dependencies", "start", _INSTALLS):
            raise No("cannot-begin")
        return ""

    def _mount(self, name: str, options: str) -> str:
        self.unmount_stick()
        file_system = self._file_system(name)
        what = ("--type=" + file_system, "--options=" + options, str(self.dev / name), str(self.stick))
        if not _run(self.mount, "--quiet", "--collect", "--fsck=no", *what):
            raise No("cannot-mount")
        return str(self.stick)

    def _could_mount(self, name: str) -> bool:
        try:
            self._file_system(name)
        except (No, OSError):
            return False
        return True

    def _file_system(self, name: str) -> str:
        """Of the partition of a USB stick."""
        if not _PARTITION.fullmatch(name):
            raise No("not-a-partition")
        block = self.sys / "class/block" / name
        if not block.exists():
            raise No("no-such-stick")
        real = block.resolve()
        if not (real / "partition").exists():
            raise No("not-a-partition")
        removable = real.parent / "removable"
        if not _USB.search(f"{real}/") or not removable.exists() or removable.read_text().strip() != "1":
            raise No("not-a-usb-stick")
        if self._mounted() & {part.read_text().strip() for part in real.parent.glob("*/dev")}:
            raise No("in-use")  # as where the system itself, or the backups, are on a stick
        try:
            with (self.dev / name).open("rb") as node:
                start = node.read(512)
        except OSError as error:
            raise No("no-such-stick") from error
        for at, says, kind in _SAYS:
            if start[at : at + len(says)] == says:
                return kind
        raise No("file-system")

    def _mounted(self) -> set[str]:
        """Major and minor numbers, of what is mounted anywhere but where sticks are: what lies there is a killed
        command's, or is taken away before another is mounted."""
        mounts = [line.split() for line in (self.proc / "self/mountinfo").read_text().splitlines()]
        return {fields[2] for fields in mounts if fields[4] != str(self.stick)}


def answer(line: str, machine: Machine, uid: int) -> str:
    """To one line of somebody whose account is `uid`."""
    words: dict[str, Callable[..., str]] = {
        "machine-secret": machine.machine_secret,
        "sticks": machine.sticks,
        "mount-for-import": lambda name: machine.mount_for_import(name, uid),
        "mount-for-export": lambda name: machine.mount_for_export(name, uid),
        "unmount": machine.unmount_stick,
        "install-fetched": machine.install_fetched,
    }
    word, *given = line.split(" ")
    act = words.get(word)
    if act is None or len(given) != word.startswith("mount-"):
        return "no unknown-word"
    try:
        return f"ok {act(*given)}".rstrip()
    except No as why:
        return f"no {why}"


def _by_mailbox(node: Path) -> bytes:
    """The firmware's property GET_PRIVATE_KEY: rows 0 to 7. Raises OSError."""
    tag, rows = 0x0003_0081, _SECRET // 4
    values = struct.pack("<2I", 0, rows) + bytes(_SECRET)
    size = 4 * 6 + len(values)
    message = bytearray(struct.pack("<5I", size, 0, tag, len(values), 0) + values + bytes(4))
    request = 3 << 30 | struct.calcsize("P") << 16 | 100 << 8  # _IOWR(100, 0, char *)
    handle = os.open(node, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, request, message, True)
    finally:
        os.close(handle)
    said, was_answered = struct.unpack_from("<I", message, 4)[0], struct.unpack_from("<I", message, 16)[0]
    if said != 0x8000_0000 or not was_answered & 0x8000_0000:
        raise OSError("the firmware does not say it")
    return bytes(message[28 : 28 + _SECRET])


def _run(program: Path, *arguments: str) -> bool:
    try:
        done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIME_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main(arguments: list[str] | None = None) -> int:
    """`arguments` come from the unit alone, never from who asks."""
    parser = argparse.ArgumentParser()
    for name in ("sys", "proc", "dev", "stick", "mount", "unmount", "systemctl"):
        parser.add_argument(f"--{name}", type=Path, default=getattr(Machine(), name))
    machine = Machine(**vars(parser.parse_args(arguments)))
    with socket.socket(fileno=os.dup(0)) as asking:
        asking.settimeout(5)
        _, uid, _ = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        line = b""
        while len(line) <= _LONGEST and not line.endswith(b"\n") and (piece := asking.recv(_LONGEST)):
            line += piece
        is_whole = line.endswith(b"\n") and line.count(b"\n") == 1 and line.isascii()
        said = answer(line[:-1].decode("ascii"), machine, uid) if is_whole else "no unknown-word"
        asking.settimeout(None)
        asking.sendall(said.encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
