"""What every scanner does, whatever its means: the port kiosk.ports.devices.Scanner."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from zxingcpp import BarcodeFormat

from demo.camera_pictures import barcode, hold_up, scene
from devices.scanners.camera_scanner import CameraConfig, CameraScanner
from devices.scanners.framing import LONGEST_FRAME
from devices.scanners.keyboard_scanner import KeyboardConfig, KeyboardScanner
from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig
from devices.simulated.keyboard_node import KeyboardNode
from devices.simulated.line_scanner import SimulatedScanner
from devices.simulated.serial_line import SerialLine
from kiosk.ports.devices import Scanner
from tests.devices.scanner_rig import PATIENCE_S, Running

pytestmark = pytest.mark.slow


@dataclass
class Bench:
    """A scanner, and the hand that scans with it: `scan` a code; `send` bytes, where they come over a line."""

    scanner: Scanner
    scan: Callable[[str], None]
    send: Callable[[bytes], None] = lambda _: None


def _on_line(scanner: Scanner, send: Callable[[bytes], None]) -> Bench:
    return Bench(scanner, lambda text: send(text.encode() + b"\n"), send)


def _serial(folder: Path, cleanup: ExitStack) -> Bench:
    line = cleanup.enter_context(SerialLine(folder / "scanner"))
    # So long a silence that it ends nothing: neither a test's pause on a busy machine, nor a scan that has a line end.
    scanner = SerialScanner(SerialScannerConfig(port=str(line.path), silence_ms=int(PATIENCE_S * 10_000)))
    return _on_line(scanner, line.send)


def _lines(_folder: Path, cleanup: ExitStack) -> Bench:
    read_end, write_end = os.pipe()
    cleanup.callback(os.close, write_end)
    stream = cleanup.enter_context(os.fdopen(read_end, encoding="utf-8"))
    return _on_line(SimulatedScanner(stream), lambda data: _write_all(write_end, data))


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _camera(folder: Path, _cleanup: ExitStack) -> Bench:
    config = CameraConfig(path=str(folder), fps=120, idle_fps=120)
    names = count()

    def scan(text: str) -> None:
        kind = BarcodeFormat.Code128 if text.isascii() else BarcodeFormat.QRCode
        hold_up(folder, f"{next(names):03}.png", scene(barcode(text, kind), width=640, height=360, noise=3.0))

    return Bench(CameraScanner(config), scan)


def _keyboard(folder: Path, cleanup: ExitStack) -> Bench:
    node = cleanup.enter_context(KeyboardNode(folder / "event0"))
    config = KeyboardConfig(path=str(node.path), silence_ms=int(PATIENCE_S * 10_000))
    return Bench(KeyboardScanner(config, open_node=lambda _: node.open()), node.scan)


of_lines = pytest.mark.parametrize("bench", [_serial, _lines], ids=["serial", "lines"], indirect=True)
"""What only those do that get bytes over a line."""


@pytest.fixture(params=[_serial, _lines, _camera, _keyboard], ids=["serial", "lines", "camera", "keyboard"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as cleanup:
        yield request.param(tmp_path, cleanup)


@pytest.fixture
def at_work(bench: Bench) -> Iterator[Running]:
    with Running(bench.scanner) as running:
        assert running.next_lost() is False
        yield running


def test_has_a_name_of_one_line(bench: Bench) -> None:
    assert bench.scanner.name.strip()
    assert "\n" not in bench.scanner.name


def test_tells_that_it_is_there_once_when_it_starts(bench: Bench) -> None:
    with Running(bench.scanner) as running:
        assert running.next_lost() is False
        bench.scan("TK.00123")
        assert running.texts(1) == ["TK.00123"]
        running.end()
        assert running.left_lost() == []


def test_keeps_every_character_of_a_code(bench: Bench, at_work: Running) -> None:
    for text in ("PM.002774", "0000170", "đkcb Ắ"):
        bench.scan(text)
    assert at_work.texts(3) == ["PM.002774", "0000170", "đkcb Ắ"]


@of_lines
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_ends_a_scan_at_any_line_end(bench: Bench, at_work: Running, end: bytes) -> None:
    bench.send(b"TK.00123" + end)
    assert at_work.texts(1) == ["TK.00123"]
    bench.send(b"TK.00124" + end)
    assert at_work.texts(1) == ["TK.00124"]
    at_work.end()
    assert at_work.left() == []


@of_lines
def test_makes_two_scans_of_two_that_come_in_one_write(bench: Bench, at_work: Running) -> None:
    bench.send(b"TK.00123\r\nTK.00124\r\n")
    assert at_work.texts(2) == ["TK.00123", "TK.00124"]


@of_lines
def test_makes_one_scan_of_a_code_that_comes_byte_by_byte(bench: Bench, at_work: Running) -> None:
    for byte in b"TK.00123\r\n":
        bench.send(bytes([byte]))
    bench.send(b"END\n")
    assert at_work.texts(2) == ["TK.00123", "END"]


@of_lines
def test_posts_nothing_for_empty_scans(bench: Bench, at_work: Running) -> None:
    bench.send(b"\r\n\r\n\n\n\r\rTK.00123\r\n")
    assert at_work.texts(1) == ["TK.00123"]
    at_work.end()
    assert at_work.left() == []


@of_lines
def test_goes_on_after_binary_garbage(bench: Bench, at_work: Running) -> None:
    bench.send(b"\xff\x00\xfe\x80\nTK.00123\n")
    assert at_work.texts(2) == ["\ufffd\x00\ufffd\ufffd", "TK.00123"]


@of_lines
def test_cuts_off_an_overlong_scan_and_reads_the_next_one_whole(bench: Bench, at_work: Running) -> None:
    bench.send(b"7" * (40 * LONGEST_FRAME) + b"\r\nTK.00123\r\n")
    assert at_work.texts(2) == ["7" * LONGEST_FRAME + "\ufffd", "TK.00123"]


def test_dates_a_scan_between_its_sending_and_its_arrival(bench: Bench, at_work: Running) -> None:
    before = time.monotonic()
    bench.scan("TK.00123")
    scan = at_work.next_scan()
    assert before <= scan.scanned_at <= time.monotonic()


@of_lines
def test_stops_in_the_middle_of_a_scan_without_posting_it(bench: Bench, at_work: Running) -> None:
    bench.send(b"TK.00123\nTK.0")
    assert at_work.texts(1) == ["TK.00123"]
    at_work.end()
    assert at_work.left() == []


def test_posts_nothing_when_it_is_stopped_before_it_starts(bench: Bench) -> None:
    running = Running(bench.scanner)
    running.stop.set()
    bench.scan("TK.00123")
    with running:
        running.end()
    assert running.left() == []


def test_lets_a_fault_of_the_kiosk_crash_it(bench: Bench) -> None:
    """A bug behind `post` must reach the watchdog, not vanish on a device's thread."""

    class Fault(Exception):
        pass

    class Faulty(Running):
        def _run(self) -> None:
            def post(_scan: object) -> None:
                raise Fault

            try:
                self._scanner.run(post, self._lost.put, self.stop)
            except Fault as error:
                self._raised.append(error)
                self.stop.set()

    with ExitStack() as faulty:
        running = faulty.enter_context(Faulty(bench.scanner))
        running.next_lost()
        bench.scan("TK.00123")
        assert running.stop.wait(PATIENCE_S)
        with pytest.raises(Fault):
            faulty.close()
