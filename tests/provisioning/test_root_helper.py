"""What root does for the station, by words from a table; and all that it does not do."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.host import usb_stick as sticks
from devices.host.machine_secret import read_machine_secret
from devices.host.root_helper import ask_root
from devices.host.usb_stick import For, StickRefused, lock_of, usb_stick
from kiosk.i18n import Translator
from kiosk.ports.errors import SecretUnreadable
from provisioning.chooser.root_helper import REASONS
from provisioning.why_refused import why_refused
from tests.provisioning.root_rig import EXFAT, PROGRAM, FakeMachine, serving

pytestmark = pytest.mark.slow

SECRET = bytes(range(1, 33))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FakeMachine]:
    with serving(FakeMachine(tmp_path / "m")) as machine:
        yield machine


@pytest.mark.parametrize(("purpose", "first"), [(For.IMPORT, "ro"), (For.EXPORT, "rw")])
@pytest.mark.parametrize(("says", "kind"), [((82, b"FAT32   "), "vfat"), ((54, b"FAT16   "), "vfat"), (EXFAT, "exfat")])
def test_mounts_the_only_stick_and_unmounts_it(
    machine: FakeMachine, purpose: For, first: str, says: tuple[int, bytes], kind: str
) -> None:
    machine.disk(says=says)
    with usb_stick(purpose, at=machine.socket) as folder:
        assert folder == machine.stick
        assert machine.asked.read_text().splitlines() == [
            "--quiet",
            "--collect",
            "--fsck=no",
            f"--type={kind}",
            f"--options={first},nosuid,nodev,noexec,uid={os.getuid()},umask=0077",
            str(machine.folder / "dev/sda1"),
            str(machine.stick),
        ]


@pytest.mark.parametrize("fault", [None, OSError, KeyboardInterrupt])
def test_unmounts_whatever_happens_with_it(tmp_path: Path, fault: type[BaseException] | None) -> None:
    machine = FakeMachine(tmp_path / "m")
    machine.stick = Path("/proc")  # where something is mounted; the program that would unmount it only writes that down
    machine.disk()
    with serving(machine), suppress(OSError, KeyboardInterrupt), usb_stick(For.IMPORT, at=machine.socket):
        machine.unmounted.unlink()  # what lay there before was taken away, too
        if fault:
            raise fault
    assert machine.unmounted.read_text() == "/proc\n"


def _card_reader(machine: FakeMachine) -> None:
    machine.disk(bus="soc/mmc0")


def _fixed(machine: FakeMachine) -> None:
    machine.disk(removable="0")


def _ext4(machine: FakeMachine) -> None:
    machine.disk(says=(0x438 % 512, b"\x53\xef"))


def _no_partition(machine: FakeMachine) -> None:
    machine.disk(partition=False)


def _in_use(machine: FakeMachine) -> None:
    machine.disk()
    machine.mounts("40 21 8:1 / /media/usb rw - vfat /dev/sda1 rw\n")


def _disk_is_in_use(machine: FakeMachine) -> None:
    """Another partition of the same stick is the system's own."""
    machine.disk()
    other = machine.folder / "sys/devices/platform/usb1/1-1/1-1:1.0/host0/block/sda/sda2"
    other.mkdir()
    (other / "dev").write_text("8:2\n")
    machine.mounts("40 21 8:2 / /boot rw - ext4 /dev/sda2 rw\n")


def _gone(machine: FakeMachine) -> None:
    machine.disk()
    (machine.folder / "dev/sda1").unlink()


def _refuses(machine: FakeMachine) -> None:
    machine.disk()
    machine.refuse.touch()


def _nothing(_: FakeMachine) -> None:
    pass


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (_nothing, "no-such-stick"),
        (_card_reader, "not-a-usb-stick"),
        (_fixed, "not-a-usb-stick"),
        (_ext4, "file-system"),
        (_no_partition, "not-a-partition"),
        (_in_use, "in-use"),
        (_disk_is_in_use, "in-use"),
        (_gone, "no-such-stick"),
        (_refuses, "cannot-mount"),
    ],
)
def test_refuses_what_is_no_stick_with_a_reason_of_its_own(
    machine: FakeMachine, there: Callable[[FakeMachine], None], reason: str
) -> None:
    there(machine)
    with pytest.raises(StickRefused) as said, usb_stick(For.IMPORT, "sda1", at=machine.socket):
        pass
    assert said.value.reason == reason
    assert not machine.asked.exists() or reason == "cannot-mount"


def test_a_stick_that_a_killed_command_left_mounted_is_taken_again(machine: FakeMachine) -> None:
    """Where sticks are mounted it is nobody else's; mounted anywhere else as well, it is in use."""
    machine.disk()
    left = f"40 21 8:1 / {machine.stick} rw - vfat /dev/sda1 rw\n"
    machine.mounts(left)
    with usb_stick(For.IMPORT, at=machine.socket) as folder:
        assert folder == machine.stick
    machine.mounts(left + "41 21 8:1 / /media/usb rw - vfat /dev/sda1 rw\n")
    with pytest.raises(StickRefused, match="in-use"), usb_stick(For.IMPORT, "sda1", at=machine.socket):
        pass


def test_a_second_user_of_sticks_waits_for_the_first(machine: FakeMachine) -> None:
    """There is one place for sticks, and who mounts takes away what is mounted there: a backup in the middle, say."""
    machine.disk()

    def second() -> None:
        with usb_stick(For.EXPORT, at=machine.socket):
            pass

    waits = threading.Thread(target=second)
    with usb_stick(For.IMPORT, at=machine.socket):
        waits.start()
        waits.join(1)
        assert "--options=ro," in machine.asked.read_text()
    waits.join(60)
    assert "--options=rw," in machine.asked.read_text()


def test_it_does_not_wait_for_ever(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sticks, "_PATIENCE_S", 0.1)
    machine.disk()
    with usb_stick(For.IMPORT, at=machine.socket):
        with pytest.raises(StickRefused, match="in-use"), usb_stick(For.EXPORT, at=machine.socket):
            pass
        assert "--options=ro," in machine.asked.read_text()


def test_control_the_second_takes_it_away_without_the_lock(machine: FakeMachine) -> None:
    """As on a machine whose image is older than the lock's file."""
    lock_of(machine.socket).unlink()
    machine.disk()
    with usb_stick(For.IMPORT, at=machine.socket), usb_stick(For.EXPORT, at=machine.socket):
        assert "--options=rw," in machine.asked.read_text()


ATTACKS = [
    b"mount-for-import ../../etc\n",
    b"mount-for-import /dev/sda1\n",
    b"mount-for-import sda1;reboot\n",
    b"mount-for-import sda1 --options=rw,suid,dev,exec\n",
    b"mount-for-import $(reboot)\n",
    b"mount-for-import\n",
    b"mount-for-import  sda1\n",
    b"mount-for-import sda\n",
    b"mount-for-import sda1\0\n",
    b"mount-for-import mmcblk0p2\n",
    b"mount-for-import dm-0\n",
    b"mount-for-import loop0\n",
    b"mount-for-import \xc5\x9bda1\n",
    b"mount-for-import sda1\nunmount\n",
    b"mount-for-import sda1",
    b"mount_for_import sda1\n",
    b"unmount /\n",
    b"install-fetched kiosk.service\n",
    b"install-fetched\0kiosk.service\n",
    b"start kiosk.service\n",
    b"machine-secret sda1\n",
    b"__init__\n",
    b"\n",
    b"",
    b"x" * 100_000 + b"\n",
]


@pytest.mark.parametrize("line", ATTACKS, ids=range(len(ATTACKS)))
def test_does_nothing_for_a_line_that_is_not_in_its_table(machine: FakeMachine, line: bytes) -> None:
    machine.disk()
    try:
        said = machine.ask(line)
    except (BrokenPipeError, ConnectionResetError):  # it hung up before all of the line was sent
        said = "no unknown-word"
    assert said in ("no unknown-word", "no not-a-partition")
    assert not machine.asked.exists()
    assert not machine.unmounted.exists()
    assert not machine.begun.exists()


def test_all_that_a_station_in_other_hands_gains_by_it(machine: FakeMachine) -> None:
    """The helper does not know whether somebody stands before the maintainer's screen: only the station does. So all
    that its words can do is bounded here, whoever asks and whenever."""
    table = PROGRAM.read_text("utf-8").split("words: dict[str, Callable[..., str]] = {")[1].split("}")[0]
    words = re.findall(r'"([a-z-]+)":', table)
    assert words == [
        *("machine-secret", "sticks", "mount-for-import", "mount-for-export", "unmount", "install-fetched")
    ], "a new word wants its place in docs/security.md"
    machine.disk()
    said = [machine.ask(f"{word}{' sda1' * word.startswith('mount')}\n".encode()) for word in words]
    assert said == ["ok none", "ok sda1", f"ok {machine.stick}", f"ok {machine.stick}", "ok", "ok"]
    options = next(one for one in machine.asked.read_text().splitlines() if one.startswith("--options="))
    assert {"nosuid", "nodev", "noexec"} <= set(options.removeprefix("--options=").split(","))
    assert machine.begun.read_text().splitlines()[-1] == "tram-xanh-update.service", "which believes a signature alone"


def test_control_mounts_for_a_line_that_is(machine: FakeMachine) -> None:
    machine.disk()
    assert machine.ask(b"mount-for-import sda1\n") == f"ok {machine.stick}"
    assert machine.asked.exists()


def test_chooses_no_stick_among_several(machine: FakeMachine) -> None:
    for number, name in enumerate(("sda", "sdb")):
        machine.disk(name, bus=f"usb1/1-{number}/host{number}")
    assert ask_root("sticks", at=machine.socket) == "sda1 sdb1"
    with pytest.raises(StickRefused, match="many-sticks"), usb_stick(For.IMPORT, at=machine.socket):
        pass


def test_says_that_there_is_no_helper_and_that_it_is_silent(tmp_path: Path) -> None:
    with pytest.raises(StickRefused, match="no-helper"), usb_stick(For.IMPORT, at=tmp_path / "none"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(StickRefused, match="silent"), usb_stick(For.IMPORT, at=tmp_path / "file"):
        pass
    assert read_machine_secret(at=tmp_path / "none") is None
    with pytest.raises(SecretUnreadable):
        read_machine_secret(at=tmp_path / "file")


def test_every_reason_has_a_sentence_of_its_own_in_both_languages() -> None:
    shared = {"not-a-partition": "not-a-usb-stick", "unreadable": "", "unknown-word": ""}
    for language in ("vi", "en"):
        words = Translator(language)
        reasons = [one for one in (*REASONS, "many-sticks", "no-helper", "silent") if one not in shared]
        assert len({why_refused(one, words) for one in reasons}) == len(reasons)


# the machine's secret


def test_tells_the_secret_of_the_machine(machine: FakeMachine) -> None:
    assert read_machine_secret(at=machine.socket) is None, "no such memory"
    machine.secret(bytes(32))
    assert read_machine_secret(at=machine.socket) is None, "nothing was programmed"
    machine.secret(SECRET + bytes(32))  # a Raspberry Pi 5 has more rows
    assert read_machine_secret(at=machine.socket) == SECRET


def test_says_that_the_secret_cannot_be_read_rather_than_that_there_is_none(machine: FakeMachine) -> None:
    machine.secret(SECRET[:8])
    with pytest.raises(SecretUnreadable):
        read_machine_secret(at=machine.socket)
    machine.secret(SECRET).unlink()
    (machine.folder / "sys/bus/nvmem/devices/nvmem_priv0/nvmem").mkdir()
    with pytest.raises(SecretUnreadable):
        read_machine_secret(at=machine.socket)
    (machine.folder / "sys/bus/nvmem/devices/nvmem_priv0/nvmem").rmdir()
    (machine.folder / "dev/vcio").touch()  # no mailbox answers
    with pytest.raises(SecretUnreadable):
        read_machine_secret(at=machine.socket)


def test_imports_the_standard_library_only() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    done = subprocess.run([sys.executable, "-I", "-S", str(PROGRAM), "--help"], capture_output=True, check=False)
    assert done.returncode == 0
