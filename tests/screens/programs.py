"""Runs one of the rigs that need a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE_S = 120


def run(rig: str, *arguments: str) -> dict[str, Any]:
    """What it says in JSON on its last line, and its `stderr`. AssertionError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.screens.{rig}", *arguments],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout.splitlines()[-1]), "stderr": done.stderr}
