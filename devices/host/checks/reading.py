"""Reading the small files of the kernel, of which any may be missing."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

_PATIENCE_S = 5.0


def line_in(path: Path) -> str:
    """Without blanks and zero bytes around it; "" where there is none."""
    try:
        return path.read_text("utf-8", "replace").strip().strip("\0")
    except OSError:
        return ""


def number_in(path: Path, base: int = 10) -> int | None:
    try:
        return int(line_in(path), base)
    except ValueError:
        return None


def told_by(words: Sequence[str]) -> str | None:
    """What a program of the system says; None when it is not there or does not end in time."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout
