"""What the commands of `python -m provisioning` share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TypeAlias

from devices.host.clock import HostClock
from kiosk.config import BUILD_MS, BlankConfig, KioskConfig

DONE, COULD_NOT, ASKED_WRONGLY = 0, 1, 2
"""Exit statuses."""

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Each command adds itself to them, with `run(options, words)` as a default: it gives an exit status."""

CONFIG = argparse.ArgumentParser(add_help=False)
CONFIG.add_argument("--config", default="kiosk.toml", type=Path, metavar="FILE")

LANGUAGE = argparse.ArgumentParser(add_help=False)
LANGUAGE.add_argument("--language", default="vi", choices=("vi", "en"))


def python_options() -> list[str]:
    """For a process of ours that is to find its modules where this one does."""
    return ["-I"] if sys.flags.isolated else []


def clock_of(config: BlankConfig | KioskConfig) -> HostClock:
    """For a link: whether the time is right by which a certificate's dates are looked at. Raises OSError."""
    return HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS)


def say(text: object) -> None:
    print(text, flush=True)


def complain(text: object) -> None:
    print(text, file=sys.stderr)
