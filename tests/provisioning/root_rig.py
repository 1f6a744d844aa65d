"""Root's helper as systemd starts it, a process for each who asks, over a kernel and sticks that are files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from devices.host.usb_stick import called, lock_of, usb_stick

PROGRAM = Path(__file__).resolve().parents[2] / "provisioning" / "chooser" / "root_helper.py"
FAT32, EXFAT = (82, b"FAT32   "), (3, b"EXFAT   ")
MOUNT = """#!/bin/sh
printf '%s\\n' "$@" > {asked}
for last; do :; done
[ -e {refuse} ] && exit 1
mkdir -p "$last"
"""
UNMOUNT = """#!/bin/sh
printf '%s\\n' "$@" > {unmounted}
"""
SYSTEMCTL = """#!/bin/sh
printf '%s\\n' "$@" > {begun}
[ ! -e {refuse} ]
"""


class FakeMachine:
    """`folder` holds what the kernel would show: sys, proc and dev; and two programs that write down what they are
    asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket, self.stick = folder, folder / "root.socket", folder / "stick"
        self.asked, self.unmounted, self.refuse = folder / "asked", folder / "unmounted", folder / "refuse"
        self.begun = folder / "begun"
        for name in ("sys/class/block", "sys/bus/nvmem/devices", "proc/self", "dev", "bin"):
            (folder / name).mkdir(parents=True)
        self.mounts("")
        marks = {"asked": self.asked, "refuse": self.refuse, "unmounted": self.unmounted, "begun": self.begun}
        for name, text in (("mount", MOUNT), ("unmount", UNMOUNT), ("systemctl", SYSTEMCTL)):
            (folder / "bin" / name).write_text(text.format(**marks))
            (folder / "bin" / name).chmod(0o755)

    def mounts(self, text: str) -> None:
        (self.folder / "proc/self/mountinfo").write_text("21 1 179:2 / / rw - ext4 /dev/root rw\n" + text)

    def disk(
        self,
        name: str = "sda",
        *,
        bus: str = "usb1/1-1/1-1:1.0/host0",
        removable: str = "1",
        says: tuple[int, bytes] = FAT32,
        partition: bool = True,
    ) -> None:
        """A disk with one partition."""
        at = self.folder / "sys/devices/platform" / bus / "block" / name
        part = at / f"{name}1"
        part.mkdir(parents=True)
        (at / "removable").write_text(f"{removable}\n")
        (at / "dev").write_text("8:0\n")
        (part / "dev").write_text("8:1\n")
        if partition:
            (part / "partition").write_text("1\n")
        for one in (at, part):
            (self.folder / "sys/class/block" / one.name).symlink_to(one)
        start = bytearray(512)
        start[says[0] : says[0] + len(says[1])] = says[1]
        (self.folder / "dev" / f"{name}1").write_bytes(start)

    def secret(self, content: bytes) -> Path:
        """Gives the node."""
        node = self.folder / "sys/bus/nvmem/devices/nvmem_priv0/nvmem"
        node.parent.mkdir(exist_ok=True)
        node.write_bytes(content)
        return node

    def ask(self, line: bytes) -> str:
        """As it came over the socket, byte by byte."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(60)
            asking.connect(str(self.socket))
            asking.sendall(line)
            asking.shutdown(socket.SHUT_WR)
            said = b""
            while piece := asking.recv(4096):
                said += piece
        return said.decode().removesuffix("\n")


class NamedSticks:
    """Two of them, KINGSTON and one that is called `label`; whichever root's helper mounts is `stick`."""

    def __init__(self, folder: Path, stick: Path, label: str | None) -> None:
        self.fake = fake = FakeMachine(folder / "root")
        fake.stick = stick
        self._blocks, self._udev = fake.folder / "sys/class/block", folder / "udev"
        self._udev.mkdir()
        for name, number, bus in (("sda", "8:1", 1), ("sdb", "8:17", 2)):
            fake.disk(name, bus=f"usb1/1-{bus}/1-{bus}:1.0/host{bus}")
            (self._blocks / f"{name}1/dev").write_text(f"{number}\n")
        (self._udev / "b8:1").write_text("S:disk/by-label/KINGSTON\nE:ID_FS_LABEL=KINGSTON\n")
        self.name(label)

    def name(self, label: str | None) -> None:
        """As udev has read it; None: nothing."""
        (self._udev / "b8:17").write_text(f"E:ID_FS_TYPE=vfat\nE:ID_FS_LABEL={label}\n" if label else "")

    def plug_into(self, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever it asks about sticks, it asks of these."""
        monkeypatch.setattr(module, "usb_stick", partial(usb_stick, at=self.fake.socket))
        monkeypatch.setattr(module, "called", partial(called, blocks=self._blocks, udev=self._udev))


@contextmanager
def serving(machine: FakeMachine) -> Iterator[FakeMachine]:
    places = {name: machine.folder / name for name in ("sys", "proc", "dev")}
    places |= {name: machine.folder / "bin" / name for name in ("mount", "unmount", "systemctl")} | {
        "stick": machine.stick
    }
    given = [word for name, place in places.items() for word in (f"--{name}", str(place))]

    def serve() -> None:
        with suppress(OSError):
            while True:
                asking, _ = listening.accept()
                with asking:
                    program = [sys.executable, "-I", str(PROGRAM), *given]
                    subprocess.run(program, stdin=asking, stdout=subprocess.DEVNULL, timeout=60, check=False)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(machine.socket))
        lock_of(machine.socket).touch()
        listening.listen(4)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield machine
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)
            os.unlink(machine.socket)
