"""Libraries of ours that are loaded before the C library, to make faults with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def preloaded(source: str, folder: Path) -> Path:
    """The library of the C file `source`, which lies here, built into `folder`."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is needed: apt-get install gcc libc6-dev")
    code, made = Path(__file__).with_name(source), folder / f"{source}.so"
    subprocess.run(["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(made), str(code), "-ldl"], check=True)
    return made
