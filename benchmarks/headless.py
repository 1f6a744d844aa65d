"""A station without its window, as a process of its own: python -m benchmarks.headless kiosk.toml"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from devices.host.end_signals import call_when_told_to_end
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load


def main() -> None:
    kiosk = Kiosk(load(Path(sys.argv[1])), lambda _: None)
    told_to_end = Event()
    call_when_told_to_end(told_to_end.set)
    kiosk.start()
    told_to_end.wait()
    kiosk.stop()


if __name__ == "__main__":
    main()
