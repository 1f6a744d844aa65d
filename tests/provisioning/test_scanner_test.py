"""python -m provisioning scanner-test, as a teacher types it who has a new scanner."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from zxingcpp import BarcodeFormat

from demo.camera_pictures import barcode, hold_up, scene
from devices.host.status_socket import ask_word
from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig
from devices.simulated.serial_line import SerialLine
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from provisioning import __main__ as command
from tests.devices.scanner_rig import PATIENCE_S, Running
from tests.runtime.station import STATION

pytestmark = pytest.mark.slow

HOME = Path(__file__).parents[2]
CITIZEN = "083214000123|320123456|Nguyễn Văn A|01012014|Nam|Ấp 1, Bến Tre|20052023"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "by-id-scanner") as line:
        yield line


@pytest.fixture
def station(tmp_path: Path, line: SerialLine) -> Path:
    file = tmp_path / "kiosk.toml"
    # So long a silence that a busy machine tears nothing in two; what has a line end does not wait for it.
    file.write_text(f'{STATION}\n[[scanner]]\nkind = "serial"\nport = "{line.path}"\nsilence_ms = 1000\n')
    return file


class Trying:
    """The command at work as a process of its own, and what it says."""

    def __init__(self, config: Path, *more: str) -> None:
        arguments = [sys.executable, "-m", "provisioning", "scanner-test", "--config", str(config), "--language", "en"]
        self._process = subprocess.Popen(
            [*arguments, *more], cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.said = ""

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> None:
        while words not in self.said:
            self.said += self._lines.get(timeout=PATIENCE_S * 3)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def ended(self) -> tuple[int, str]:
        """Its status, and what it said of a fault."""
        status = self._process.wait(PATIENCE_S * 3)
        self._reader.join(PATIENCE_S)
        while not self._lines.empty():
            self.said += self._lines.get()
        assert self._process.stdout
        assert self._process.stderr
        with self._process.stdout, self._process.stderr:
            return status, self._process.stderr.read()


def test_shows_what_a_scanner_sends_until_the_count_is_reached(station: Path, line: SerialLine) -> None:
    trying = Trying(station, "--count", "4")
    trying.until("ready. Scan something")
    line.send(b"TK00123\r\n")
    trying.until("What is looked up")
    line.send(CITIZEN.encode() + b"\r")
    trying.until("names a citizen")
    line.send(b"\xffTK\x00\r")
    trying.until("This is no code")
    line.send(b"TK.0")
    status, fault = trying.ended()
    assert (status, fault) == (0, "")
    said = trying.said
    assert f"1. serial {line.path}, after " in said
    assert 'bytes: 54 4B 30 30 31 32 33 0D 0A = "TK00123\\r\\n"' in said
    assert "speed: 9 bytes " in said
    assert 'codes.item: "TK00123" is a book\'s barcode. What is looked up: "TK00123".' in said
    assert f"bytes: {len(CITIZEN.encode()) + 1}, hidden" in said
    for part in CITIZEN.split("|"):
        assert part not in said
    assert 'bytes: FF 54 4B 00 0D = "\\xffTK\\x00\\r"' in said
    assert '"TK.0" is no code of this library' in said
    assert said.endswith("4 scans.\n")


def test_ends_by_ctrl_c_and_goes_on_when_the_scanner_is_plugged_in_again(station: Path, line: SerialLine) -> None:
    trying = Trying(station)
    trying.until("ready. Scan something")
    line.unplug()
    trying.until("it is not there, or another program has it")
    line.plug()
    trying.said = ""
    trying.until("ready. Scan something")
    line.send(b"HS250001\r")
    trying.until("is a card number")
    trying.interrupt()
    status, _ = trying.ended()
    assert status == 0
    assert trying.said.endswith("1 scan.\n")


def test_says_that_another_program_has_the_scanner(station: Path, line: SerialLine) -> None:
    with Running(SerialScanner(SerialScannerConfig(port=str(line.path)))) as other:
        assert other.next_lost() is False
        trying = Trying(station)
        trying.until("it is not there, or another program has it")
        trying.interrupt()
        status, fault = trying.ended()
    assert status == 1
    assert "another program has it" in fault
    assert "Traceback" not in fault


def test_ends_after_the_time_that_was_given(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = command.main(["scanner-test", "--config", str(station), "--language", "en", "--seconds", "0.01"])
    assert status == 1
    assert capsys.readouterr().out.endswith("0 scans.\n")


def test_leaves_a_running_station_its_scanners(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk = Kiosk(load(station), lambda _: None)
    kiosk.start()
    try:
        until = time.monotonic() + PATIENCE_S
        while ask_word(station.parent / "data") is None:
            assert time.monotonic() < until
        status = command.main(["scanner-test", "--config", str(station), "--language", "en"])
    finally:
        kiosk.stop()
    assert status == 1
    assert capsys.readouterr().out == "The station runs and has the scanners. Please stop it, then try again.\n"


def test_names_the_kind_of_code_that_a_camera_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "kiosk.toml").write_text(f'{STATION}\n[[scanner]]\nkind = "camera"\npath = "cards"\nfps = 60\n')
    hold_up(tmp_path / "cards", "1.png", scene(barcode("HS250001", BarcodeFormat.Code128), width=640, height=360))
    status = command.main(
        ["scanner-test", "--config", str(tmp_path / "kiosk.toml"), "--language", "vi", "--count", "1"]
    )
    said = capsys.readouterr().out
    assert status == 0
    assert "loại mã: code128" in said
    assert "“HS250001” là số thẻ bạn đọc" in said
    assert "byte" not in said


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [("", 1, "kiosk.toml names no scanner"), ('[[scanner]]\nkind = "seriel"\n', 2, 'did you mean "serial"?')],
)
def test_says_what_is_to_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, status: int, says: str
) -> None:
    (tmp_path / "kiosk.toml").write_text(STATION + more)
    assert command.main(["scanner-test", "--config", str(tmp_path / "kiosk.toml"), "--language", "en"]) == status
    said = capsys.readouterr()
    assert says in said.out + said.err
