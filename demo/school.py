"""The sample school: its server filled from samples/, its station's kiosk.toml, its scanner (a pty)."""

from __future__ import annotations

import csv
import os
import pty
import termios
import tty
from pathlib import Path

from demo.processes import ROOT, Server, run_or_fail

LIBRARY = "hoa-sen"
SAMPLES = ROOT / "samples"


class Scanner:
    """A serial scanner's cable: what a hand scans is written here, what the station opens is `device`."""

    def __init__(self) -> None:
        self._cable, self._plug = pty.openpty()
        tty.setraw(self._plug)
        self.device = os.ttyname(self._plug)

    def scan(self, code: str) -> None:
        os.write(self._cable, code.encode() + b"\r")

    def send(self, raw: bytes) -> None:
        os.write(self._cable, raw)

    def forget(self) -> None:
        """What nobody has read is gone, as with a cable that is pulled."""
        termios.tcflush(self._plug, termios.TCIFLUSH)

    def close(self) -> None:
        os.close(self._cable)
        os.close(self._plug)


def fill(server_data: Path) -> None:
    for kind, file in (
        ("circulation", "circulation.toml"),
        ("calendar", "calendar.toml"),
        ("titles", "titles.csv"),
        ("items", "items.csv"),
        ("patrons", "patrons.csv"),
    ):
        words = ["--data", str(server_data), "--library", LIBRARY, "--library-name", "Thư viện xanh THCS Hoa Sen"]
        run_or_fail("central_server", "import", *words, "--kind", kind, str(SAMPLES / file))


def write_config(
    folder: Path,
    server: Server,
    *,
    scanner: str,
    language: str = "vi",
    fullscreen: bool = False,
    sound: str = "none",
    quick: bool = True,
    data: str = "station",
    device: str = "tram-1",
) -> Path:
    """`quick`: a visit ends after a few seconds of quiet instead of 45."""
    config = folder / f"kiosk-{language}-{data}.toml"
    waits = "warn_after_s = 3.5\nend_after_warning_s = 2.0" if quick else ""
    config.write_text(
        f"""# The demo's station. What each key means: docs/architecture.md
[station]
library = "{LIBRARY}"
device = "{device}"
place = "Thư viện xanh · Trường THCS Hoa Sen"
data = "{data}"

[codes]
card = '(HS|GV)[0-9]{{6}}'
item = '(TK|SGK|TC|TT)\\.[0-9]{{4,6}}'

[central]
kind = "native_rest"
url = "{server.url}"

[[scanner]]
{scanner}

[sound]
kind = "{sound}"

[screen]
fullscreen = {str(fullscreen).lower()}

[session]
language = "{language}"
{waits}

[clock]
battery_clock = true

[log]
file = "{folder / "station.log"}"
""",
        encoding="utf-8",
    )
    return config


def some_isbn() -> str:
    with (SAMPLES / "titles.csv").open(encoding="utf-8", newline="") as file:
        return next(row["ISBN"] for row in csv.DictReader(file) if row["ISBN"])
