"""After a kill the whole store is looked at, once the station is at work."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.runtime import chores
from tests.runtime.station import STATION

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
DIES = """
import os, sys
from pathlib import Path
from kiosk.bootstrap.stores import open_store
from kiosk.config import load
with open_store(load(Path(sys.argv[1]))).unit_of_work() as work:
    work.probe()
    work.commit()
    os._exit(9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> KioskConfig:
    path = tmp_path / "kiosk.toml"
    path.write_text(STATION)
    done = subprocess.run([sys.executable, "-c", DIES, str(path)], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 9
    return load(path)


def run_until(config: KioskConfig, said: str, caplog: pytest.LogCaptureFixture, wait_s: float) -> bool:
    kiosk = Kiosk(config, lambda _: None)
    kiosk.start()
    try:
        assert kiosk.store.opened.wait(PATIENCE_S)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if said in caplog.text:
                return True
            time.sleep(0.05)
        return False
    finally:
        kiosk.stop()


@pytest.mark.slow
def test_checks_the_store_after_a_kill_and_not_after_a_clean_stop(
    killed: KioskConfig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "CHECK_AFTER_S", 0.1)
    caplog.set_level(logging.INFO)
    said = "the store is whole after an unclean stop"
    assert run_until(killed, said, caplog, PATIENCE_S)
    caplog.clear()
    assert not run_until(killed, said, caplog, 1.5)
