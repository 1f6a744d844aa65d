"""The station ends in the middle of work with a stick: the command unmounts it, and is not left behind."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from kiosk.session.inputs import Button
from tests.runtime.test_locking import Bench, until

pytestmark = pytest.mark.slow

COMMAND = """
import os, pathlib, sys, time
try:
    pathlib.Path("begun.new").write_text(str(os.getpid()))
    os.rename("begun.new", "begun")
    time.sleep(600)
finally:
    pathlib.Path("unmounted").touch()
"""


def test_who_works_with_a_stick_is_told_to_end_with_the_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of `python -m provisioning` stands a program that takes as long as a slow stick."""
    (tmp_path / "provisioning").mkdir()
    (tmp_path / "provisioning/__main__.py").write_text(COMMAND)
    monkeypatch.chdir(tmp_path)
    bench = Bench(tmp_path)
    try:
        bench.show()
        until(bench.is_open)
        bench.touch(Button.MORE)
        bench.touch(Button.BACKUP_ON_STICK)
        until((tmp_path / "begun").exists)
    finally:
        bench.kiosk.stop()
    pid = int((tmp_path / "begun").read_text())
    try:
        assert (tmp_path / "unmounted").exists()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
