"""Becomes the station: the release that was chosen, or the picture that calls staff when there is none to start.

Standard library only, as choose.py, which ran before. Words before the program are a command that runs it, e.g. a
compositor: start.py /usr/bin/cage --
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

CALL_STAFF = 7
"""As in choose.py. Programs that stand alone share nothing; a test compares them."""


def crashes(root: Path) -> int:
    """Of which this start may become the last; 0 where nobody knows."""
    try:
        known = json.loads((root / "var/lib/tram-xanh-chooser/releases.json").read_bytes())["crashes"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return 0
    return known if isinstance(known, int) else 0


def _say(text: str) -> None:
    """For the journal."""
    sys.stderr.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", type=Path, help="where etc, opt, run and var are")
    parser.add_argument("before", nargs=argparse.REMAINDER, metavar="WORD", help="of a command that runs the release")
    options = parser.parse_args()
    root: Path = options.root
    if crashes(root) < CALL_STAFF:
        # Not by the link: what this process reads later on shall be of the same release.
        python = os.path.realpath(root / "opt/tram-xanh/current") + "/bin/python"
        station = [python, "-I", "-X", "faulthandler", "-m", "kiosk", "run"]
        words = [*options.before, *station, "--config", str(root / "etc/tram-xanh/kiosk.toml")]
        if os.access(python, os.X_OK):
            try:
                os.execv(words[0], words)
            except OSError as error:
                _say(f"{words[0]}: {error.strerror}")
    picture = [sys.executable, "-I", "-S", str(Path(__file__).with_name("call_staff.py")), "--root", str(root)]
    os.execv(picture[0], picture)


if __name__ == "__main__":
    main()
