"""Becomes the station: the release that was chosen, or the picture that calls staff when there is none to start.

Standard library only, as choose.py, which ran before. Words are a compositor to begin first: start.py /usr/bin/cage --
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
from pathlib import Path

CALL_STAFF = 7
"""As in choose.py. Programs that stand alone share nothing; a test compares them."""

_COMPOSITOR_WITHIN_S = 20.0
_HOLDS_IT = 'echo "$DISPLAY" >&"$0"; exec sleep infinity'
"""The program that a compositor runs: it says where windows can be shown, and stays."""


def crashes(root: Path) -> int:
    """Of which this start may become the last; 0 where nobody knows."""
    try:
        known = json.loads((root / "var/lib/tram-xanh-chooser/releases.json").read_bytes())["crashes"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return 0
    return known if isinstance(known, int) else 0


def display_of(compositor: list[str]) -> str:
    """It runs beside us, so the station itself is what systemd started, watches and asks to end. Raises OSError."""
    hear, tell = os.pipe()
    subprocess.Popen([*compositor, "/bin/sh", "-c", _HOLDS_IT, str(tell)], pass_fds=[tell])
    os.close(tell)
    with os.fdopen(hear, encoding="utf-8") as heard:
        ready, _, _ = select.select([heard], [], [], _COMPOSITOR_WITHIN_S)
        display = heard.readline().strip() if ready else ""
    if not display:
        raise OSError(f"{compositor[0]} shows nothing")
    return display


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", type=Path, help="where etc, opt, run and var are")
    parser.add_argument("compositor", nargs=argparse.REMAINDER, metavar="WORD", help="of a command that runs a program")
    options = parser.parse_args()
    root: Path = options.root
    # Not by the link: what this process reads later on shall be of the same release.
    python = os.path.realpath(root / "opt/tram-xanh/current") + "/bin/python"
    config = str(root / "etc/tram-xanh/kiosk.toml")
    station = [python, "-I", "-X", "faulthandler", "-m", "kiosk", "run", "--config", config]
    if crashes(root) < CALL_STAFF and os.access(python, os.X_OK):
        try:
            if options.compositor:
                station = ["/usr/bin/env", f"DISPLAY={display_of(options.compositor)}", *station]
            os.execv(station[0], station)
        except OSError as error:
            sys.stderr.write(f"{python}: {error}\n")
            sys.exit(1)  # it counts, and the next start may do better
    picture = [sys.executable, "-I", "-S", str(Path(__file__).with_name("call_staff.py")), "--root", str(root)]
    os.execv(picture[0], picture)


if __name__ == "__main__":
    main()
