"""Makes docs/screens anew: script/screens. Needs no display; a minute or two."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from gallery.book import SIZES, looks_of, make_book
from kiosk.session.states import Look

_PATIENCE_S = 600


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/screens", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"), metavar="DIR")
    parser.add_argument("--raw", type=Path, metavar="DIR", help="keep every single picture of every size here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        raw: Path = options.raw or Path(scratch)
        for size in SIZES:
            looks = tuple(Look) if options.raw else looks_of(size)
            print(f"{size} …", flush=True)
            words = [sys.executable, "-m", "gallery.window", size, str(raw / size), *(look.name for look in looks)]
            subprocess.run(words, check=True, timeout=_PATIENCE_S)
        make_book(raw, options.out)


if __name__ == "__main__":
    main()
