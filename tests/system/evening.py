"""One teacher's evening: a bare Debian, an offline bundle, a centre at the end of a cable, and somebody who lends."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from demo.compare import Ledger, differences
from demo.enrolment import confirm
from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, SAMPLES, fill
from provisioning.chooser.choose import Places, Releases, read_releases
from tests.central_link.certificates import Authority
from tests.system.bare import bare_debian, install
from tests.system.bundles import newer_release, offline_bundle
from tests.system.machine import Machine

DEVICE = "tram-1"
_SUBNET = f"10.213.{os.getpid() % 250}"
_BRIDGE = f"tx{os.getpid()}"
PROGRAM = "/opt/tram-xanh/current/bin/python"
CONFIG = "/etc/tram-xanh/kiosk.toml"
_MACHINE = """
[station]
data = "/var/lib/tram-xanh"
[[scanner]]
kind = "serial"
port = "/dev/ttyACM0"
[sound]
kind = "alsa"
program = "/usr/local/bin/player"
[screen]
fullscreen = false
[session]
warn_after_s = 3.0
end_after_warning_s = 1.0
[keep]
warn_below_mb = 100
[backup]
folder = "/media/tram-xanh/tram"
"""
"""As the installer would write it, had it seen these; and a visit ends soon."""


class Centre(Server):
    """The sample school's, over https with a certificate of the school's own making; alone on a network."""

    def __init__(self, folder: Path) -> None:
        fill(folder / "centre")
        self.authority = Authority(folder, "school")
        certificate = str(self.authority.server_file(f"{_SUBNET}.1"))
        tls = ("--certificate", certificate, "--key", certificate, "--ca", str(self.authority.file))
        super().__init__(folder / "centre", "--host", f"{_SUBNET}.1", *tls)
        self.of("import", "--kind", "station", str(SAMPLES / "station.toml"))

    @property
    def url(self) -> str:
        return super().url.replace("127.0.0.1", f"{_SUBNET}.1")

    def of(self, command: str, *words: str) -> str:
        """What a command of the library says. Raises DemoFailed."""
        return run_or_fail("central_server", command, *self.where, "--library", LIBRARY, *words)

    def about_the_station(self) -> dict[str, Any]:
        """As `devices --json` tells it."""
        told: list[dict[str, Any]] = json.loads(self.of("devices", "--json"))["devices"]
        return next(one for one in told if one["device"] == DEVICE)


class Evening:
    """`took`: seconds of each step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.took: dict[str, float] = {}
        self.lent = 0
        self._numbers = count()
        self._began = time.monotonic()
        self.bundle = offline_bundle(folder, "amd64")
        self._step("the offline bundle is made")
        root = bare_debian(folder / "root")
        self._step("a bare Debian lies there")
        done = install(self.bundle, root)
        assert done.returncode == 0, done.stdout + done.stderr
        self._step("installed, without a network")
        (folder / "life").mkdir()
        self.there = Machine(root, folder / "life")
        self.there.plug_in(_BRIDGE, f"{_SUBNET}.2/24")
        self.there.furnish(_MACHINE, school=False)
        with (SAMPLES / "patrons.csv").open(encoding="utf-8", newline="") as file:
            pupils = [row["Số thẻ"] for row in csv.DictReader(file) if row["Loại bạn đọc"] == "hs"]
        with (SAMPLES / "items.csv").open(encoding="utf-8", newline="") as file:
            books = [row["Số ĐKCB"] for row in csv.DictReader(file) if row["Tình trạng"] == "tốt"]
        self.there.cards = (pupils[n % len(pupils)] for n in range(1_000_000))
        self.there.books = (book for book in books if book.startswith("TK."))
        self.centre = Centre(folder)
        self._step("a centre has its lists")

    def _step(self, what: str) -> None:
        now = time.monotonic()
        self.took[what] = now - self._began
        self._began = now

    def go(self) -> None:
        """From the first start to the first loan."""
        self.centre.start()
        self._step("the centre runs")
        self.there.boot()
        self.there.until("it reads its scanner", lambda: "/dev/ttyACM0: open" in self.there.journal())
        self._step("started: a blank station")
        paper = self.folder / "code.png"
        words = ("--device", DEVICE, "--url", self.centre.url, "--ca", str(self.centre.authority.file))
        code = json.loads(self.centre.of("enrol-token", *words, "--qr", str(paper), "--json"))["code"]
        self.there.scanner.scan(code)
        self.there.until("it waits at the centre", self._waits)
        confirm(self.centre, LIBRARY, DEVICE, self.centre.about_the_station()["words"])
        self._step("the code was scanned, four words confirmed")
        self.there.until("it has the lists", lambda: "changes: caught up" in self.there.journal())
        self.lends()
        self._step("the first loan")

    def _waits(self) -> bool:
        told = json.loads(self.centre.of("devices", "--json"))["devices"]
        return any(one["state"] == "pending" for one in told)

    # ---- the station

    def station(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the release that runs, under the station's own account."""
        account = ("runuser", "--user", "tram-xanh", "--", PROGRAM, "-I", "-m")
        return self.there.run(*account, *words, "--config", CONFIG)

    def status(self) -> dict[str, Any]:
        """Of `kiosk status`; {}: none runs."""
        try:
            return dict(json.loads(self.station("kiosk", "status", "--json").stdout))
        except ValueError:
            return {}

    def releases(self) -> Releases:
        return read_releases(Places(self.there.root))

    def lends(self) -> None:
        self.there.lends()
        self.lent += 1

    def has_all_loans(self) -> None:
        """The station has each that beeped, and no other; the centre too, as soon as it was told."""
        said = self.station("kiosk", "ledger")
        here: Ledger = json.loads(said.stdout)
        assert len(here["loans"]) == self.lent, said.stderr
        self.there.until("the centre has the same", self._agree)

    def _agree(self) -> bool:
        here: Ledger = json.loads(self.station("kiosk", "ledger").stdout)
        there: Ledger = json.loads(self.centre.of("ledger", "--json"))
        return not differences(here, there, DEVICE)

    # ---- releases and units

    def publish(self, more: Mapping[str, str] | None = None) -> str:
        """The centre has a newer release than before: this source, with `more` as for `newer_release`. Its version."""
        version = f"0.2.{next(self._numbers)}"
        bundle = newer_release(self.folder, version, more)
        run_or_fail("central_server", "release", *self.centre.where, "--bundle", str(bundle))
        return version

    def bundle_of(self, version: str) -> Path:
        return self.folder / f"tram-xanh-{version}.bundle"

    def takes_back_within(self, unit: str, seconds: float) -> None:
        """That unit, as long as this machine runs."""
        file = self.there.root / "etc/systemd/system" / unit
        (command,) = (line for line in file.read_text().splitlines() if line.startswith("ExecStart="))
        folder = file.with_name(f"{unit}.d")
        folder.mkdir()
        (folder / "within.conf").write_text(f"[Service]\nExecStart=\n{command} --within {seconds}\n")
        self.there.run("systemctl", "daemon-reload")

    def begin(self, unit: str) -> None:
        """Without waiting for it."""
        self.there.run("systemctl", "start", "--no-block", unit)

    def run(self, unit: str) -> tuple[int, str]:
        """Its exit status and what it said to the journal, once it has ended."""
        began = self.there.run("journalctl", "--lines=0", "--show-cursor", "--quiet").stdout.strip()
        status = self.there.run("systemctl", "start", unit).returncode
        cursor = began.removeprefix("-- cursor: ")
        return status, self.said(unit, f"--after-cursor={cursor}")

    def said(self, unit: str, *since: str) -> str:
        words = ("journalctl", "--unit", unit, "--output=cat", "--no-pager", "--quiet")
        return self.there.run(*words, *since).stdout


@contextmanager
def evening(folder: Path) -> Iterator[Evening]:
    """Gone up to the first loan."""
    _ip("link", "add", _BRIDGE, "type", "bridge")
    try:
        _ip("address", "add", f"{_SUBNET}.1/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        made = Evening(folder)
        try:
            made.go()
            yield made
        finally:
            made.there.stop()
            made.centre.stop()
    finally:
        _ip("link", "delete", _BRIDGE)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
