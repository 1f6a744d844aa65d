"""A station's machine: a Debian of its own, booted by its own systemd in a container, with the station's units.

Needs root, mmdebstrap and systemd-container. Nothing of the product is replaced: what stands in is the hardware, i.e. a
pty for the scanner, memory for the window, files for a frame buffer, and a player that writes down each sound.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from zlib import crc32

from benchmarks import rig
from demo.processes import ROOT
from demo.school import Scanner
from kiosk import __version__

PACKAGES = (
    "systemd,systemd-sysv,dbus,udev,python3,python3-venv,libgl1,libegl1,libgl1-mesa-dri,libzbar0,"
    "cage,seatd,xwayland,libx11-6,libxext6,libxi6,libxrandr2,libxcursor1,libxfixes3"
)
SUITE = "bookworm"
WHERE = "TRAM_XANH_MACHINES"
"""Environment variable: the folder in which the Debian root is kept from run to run."""
UNIT = "kiosk.service"
MASKED = ("getty@tty1.service", "autovt@.service", "ctrl-alt-del.target")
PATIENCE_S = 120.0
OK = "ok.wav"
SCHOOL = rig.Size(500, 2_000, 0)

_PACKAGES_OF_OURS = ("kiosk", "devices", "screens", "local_store", "central_link", "provisioning")
_ACCOUNT = "tram-xanh"
_PLAYER = '#!/bin/sh\nfor file; do :; done\necho "${file##*/}" >>/var/lib/tram-xanh/sounds\n'
_NAMES = '''"""Threads bear their names for the kernel too, so that one of them can be found from outside."""
import ctypes, threading
_bootstrap = threading.Thread._bootstrap
def _named(self):
    ctypes.CDLL(None).prctl(15, self.name.encode()[:15], 0, 0, 0)
    _bootstrap(self)
threading.Thread._bootstrap = _named
'''
_CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "/var/lib/tram-xanh"
[codes]
card = 'HS[0-9]{6}'
item = 'TK\\.[0-9]{7}'
[central]
kind = "simulated"
[[scanner]]
kind = "serial"
port = "/dev/ttyACM0"
[[scanner]]
kind = "camera"
path = "/var/lib/tram-xanh/pictures"
[sound]
kind = "alsa"
program = "/usr/local/bin/player"
[screen]
fullscreen = false
[clock]
battery_clock = true
[keep]
reserve_mb = 0
[session]
warn_after_s = 3600.0
"""
CAMERA = "camera /var/lib/tram-xanh/pictures"


class MachineFailed(Exception):
    """Something was not as it had to be; the message says what."""


def debian_root(folder: Path) -> Path:
    """Made once and kept in `folder`. Raises MachineFailed with the last line of what failed."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / f"{SUITE}-{crc32(PACKAGES.encode()):08x}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            half = folder / "half"
            shutil.rmtree(half, ignore_errors=True)
            _run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(half)])
            for group in ("render", "input", "dialout", "video", "audio", "tty"):
                subprocess.run(["chroot", str(half), "groupadd", "--system", "--force", group], check=True)
            _run(["chroot", str(half), "useradd", "--system", "--home-dir", "/", "--shell", "/bin/false", _ACCOUNT])
            half.rename(root)
    return root


def kept_machines() -> Path:
    chosen = os.environ.get(WHERE)
    return Path(chosen) if chosen else Path("/var/tmp/tram-xanh-machines")


class Machine:
    """Not booted yet. `folder` keeps what it writes over the Debian `root`, which others use too."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "merged"
        self.scanner = Scanner()
        self._binds: list[str] = [f"--bind={self.scanner.device}:/dev/ttyACM0"]
        self._process: subprocess.Popen[bytes] | None = None
        self._leader = 0
        self._cable: tuple[str, str] | None = None
        self.cards: Iterator[str] = (rig.card(number % SCHOOL.patrons) for number in count())
        self.books: Iterator[str] = map(rig.barcode, count())
        for name in ("upper", "work", "merged"):
            (folder / name).mkdir()
        os.chmod(self.scanner.device, 0o666)
        layers = f"lowerdir={root},upperdir={folder / 'upper'},workdir={folder / 'work'},redirect_dir=on"
        _run(["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)])

    # ---- before it is booted

    def install(self, version: str = __version__) -> None:
        """The chooser, the units, and one release that says it is `version`; the packages that it needs are ours."""
        code = self.root / "opt/tram-xanh"
        shutil.copytree(ROOT / "provisioning/chooser", code / "chooser", dirs_exist_ok=True)
        self.install_release(version)
        units = ROOT / "systemd"
        shutil.copytree(units / "system", self.root / "etc/systemd/system", dirs_exist_ok=True)
        self.drop_in("display", (units / "display/offscreen.conf").read_text())
        wanted = self.root / "etc/systemd/system/multi-user.target.wants"
        wanted.mkdir(parents=True, exist_ok=True)
        (wanted / UNIT).symlink_to(f"../{UNIT}")
        for name in MASKED:
            (self.root / "etc/systemd/system" / name).symlink_to("/dev/null")
        for folder in ("sysctl.d", "tmpfiles.d"):
            shutil.copytree(units / folder, self.root / "etc" / folder, dirs_exist_ok=True)
        shutil.copytree(units / "udev", self.root / "etc/udev/rules.d", dirs_exist_ok=True)
        for folder in ("journald.conf.d", "logind.conf.d", "system.conf.d"):
            shutil.copytree(units / folder, self.root / "etc/systemd" / folder, dirs_exist_ok=True)

    def install_release(self, version: str) -> None:
        release = self.root / "opt/tram-xanh/releases" / version
        _run(["chroot", str(self.root), "python3", "-m", "venv", "--without-pip", f"/opt/tram-xanh/releases/{version}"])
        (packages,) = release.glob("lib/python3.*/site-packages")
        for name in _PACKAGES_OF_OURS:
            shutil.copytree(ROOT / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        about = packages / "kiosk/__init__.py"
        about.write_text(about.read_text().replace(__version__, version))
        (packages / "others.pth").write_text("/mnt/packages\nimport named_threads\n")
        (packages / "named_threads.py").write_text(_NAMES)
        _run(["chroot", str(self.root), f"/opt/tram-xanh/releases/{version}/bin/python", "-m", "compileall", "-q",
              str(packages)[len(str(self.root)):]])  # fmt: skip
        (release / "release.json").write_text(json.dumps({"version": version, "schema": None}))
        theirs = next(Path(path) for path in sys.path if path.endswith("site-packages"))
        bind = f"--bind-ro={theirs}:/mnt/packages"
        if bind not in self._binds:
            self._binds.append(bind)

    def furnish(self, config: str = _CONFIG, *, school: bool = True) -> None:
        """A player, a folder in place of a camera, and a store with a `school`."""
        (self.root / "etc/tram-xanh").mkdir(parents=True, exist_ok=True)
        (self.root / "etc/tram-xanh/kiosk.toml").write_text(config)
        player = self.root / "usr/local/bin/player"
        player.write_text(_PLAYER)
        player.chmod(0o755)
        if school:
            rig.fill(self.data, SCHOOL)
        (self.data / "pictures").mkdir()
        self._sounds.touch()
        _run(["chroot", str(self.root), "chown", "-R", f"{_ACCOUNT}:", "/var/lib/tram-xanh"])

    def drop_in(self, name: str, text: str) -> None:
        folder = self.root / f"etc/systemd/system/{UNIT}.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.conf").write_text(text)

    def run_before_boot(self, *words: str) -> None:
        """As an installer does. Raises MachineFailed."""
        _run(["chroot", str(self.root), *words])

    def show_in(self, inside: str, outside: Path) -> None:
        """`outside` stands at the path `inside`, once it is booted."""
        self._binds.append(f"--bind={outside}:{inside}")

    def plug_in(self, bridge: str, address: str) -> None:
        """A network cable to `bridge` on this machine, as `address` ("10.0.0.2/24"); there is no network but that."""
        self._cable = bridge, address

    # ---- life

    def boot(self) -> None:
        """Raises MachineFailed when systemd does not come up."""
        words = ["--quiet", "--boot", "--register=no", "--keep-unit", "--private-network", "--link-journal=no"]
        words += ["--resolv-conf=off", "--timezone=off", "--console=pipe", "--kill-signal=SIGRTMIN+3", *self._binds]
        words += [f"--network-bridge={self._cable[0]}", f"--machine={self._cable[0]}"] if self._cable else []
        with (self._folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                ["systemd-nspawn", *words, f"--directory={self.root}"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        self.until("systemd is there", self._is_up)
        if self._cable:
            for words in (["address", "add", self._cable[1], "dev", "host0"], ["link", "set", "host0", "up"]):
                _run(["nsenter", f"--target={self._leader}", "--net", "ip", *words])

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise MachineFailed((self._folder / "console").read_text(errors="replace")[-500:])
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._leader = int(children[0]) if children else 0
        return bool(self._leader) and "running" in self.run("systemctl", "is-system-running").stdout + "running" * (
            self.run("systemctl", "is-active", "basic.target").stdout.strip() == "active"
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command on the machine."""
        command = ["nsenter", f"--target={self._leader}", "--all", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def cut(self) -> None:
        """As the power does to processes; what they wrote is kept by this machine's own kernel."""
        assert self._process is not None
        os.kill(self._leader, signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        self._process, self._leader = None, 0

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                if self._leader:
                    with suppress(ProcessLookupError):
                        os.kill(self._leader, signal.SIGKILL)
                self._process.kill()
                self._process.wait()
            self._process = None
        self.scanner.close()
        subprocess.run(["umount", "--lazy", str(self.root)], check=False)

    @property
    def leader(self) -> int:
        """Its first process, as the host numbers it; 0: there is none."""
        return self._leader

    # ---- the station's unit

    def about(self, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", UNIT).stdout.strip()

    def main_process(self) -> int:
        """As the host numbers it; 0: there is none."""
        inside = int(self.about("MainPID") or 0)
        if inside:
            space = os.readlink(f"/proc/{self._leader}/ns/pid")
            for process in Path("/proc").iterdir():
                with suppress(OSError):
                    if process.name.isdigit() and os.readlink(process / "ns/pid") == space:
                        words = (process / "status").read_text()
                        if int(words.partition("NSpid:")[2].split("\n")[0].split()[-1]) == inside:
                            return int(process.name)
        return 0

    def kill(self) -> int:
        """-9; the process that was killed, 0: there was none."""
        process = self.main_process()
        if process:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return process

    def was_well(self) -> None:
        """As after a minute, which nobody waits for here."""
        self.run("install", f"--owner={_ACCOUNT}", "/dev/null", "/run/tram-xanh/well")

    def journal(self) -> str:
        return self.run("journalctl", "--unit", UNIT, "--output=cat", "--no-pager").stdout

    # ---- somebody in front of it

    @property
    def data(self) -> Path:
        return self.root / "var/lib/tram-xanh"

    @property
    def _sounds(self) -> Path:
        return self.data / "sounds"

    def sounds(self) -> list[str]:
        return self._sounds.read_text().splitlines()

    def scan(self, code: str, wait_s: float) -> str | None:
        """The sound that follows within `wait_s`."""
        heard = len(self.sounds())
        self.scanner.scan(code)
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if len(sounds := self.sounds()) > heard:
                return sounds[heard]
            time.sleep(0.005)
        self.scanner.forget()
        return None

    def wait_until_usable(self, patience_s: float = PATIENCE_S) -> None:
        """Until one of the readers who hold their cards to it, one after another, is answered. Raises MachineFailed."""
        self.until("a card is answered", self._answers, patience_s)

    def _answers(self) -> bool:
        return self.scan(next(self.cards), 0.15) is not None

    def lends(self, patience_s: float = PATIENCE_S) -> None:
        """A whole visit. Raises MachineFailed."""
        self.wait_until_usable(patience_s)
        time.sleep(0.5)  # a card that nobody waited for any more may have been answered too
        if (sound := self.scan(next(self.books), 20)) != OK:
            raise MachineFailed(f"the book was answered by {sound}")

    def until(self, what: str, is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not is_so():
            if time.monotonic() > deadline:
                raise MachineFailed(f"waited {patience_s:.0f} s in vain until {what}; {self._how_it_is()}")
            time.sleep(0.02)

    def _how_it_is(self) -> str:
        return self.run("systemctl", "status", "--no-pager", "--lines=20", UNIT).stdout[-3000:]


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """With a release and a school, not booted yet; afterwards nothing of it is left."""
    there = Machine(debian_root(kept_machines()), folder)
    try:
        there.install()
        there.furnish()
        yield there
    finally:
        there.stop()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise MachineFailed(f"{command[0]} ended with {done.returncode}: {last}")
