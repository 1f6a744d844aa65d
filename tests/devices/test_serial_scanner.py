"""What only a serial line can do; what it shares with other scanners is in the contract."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.scanners.framing import Framer
from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig
from devices.simulated.serial_line import SerialLine
from tests.devices.scanner_rig import PATIENCE_S, Running

pytestmark = pytest.mark.slow

NO_SILENCE_MS = int(PATIENCE_S * 10_000)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "scanner") as line:
        yield line


def on(line: SerialLine, *, silence_ms: int = NO_SILENCE_MS, **more: str) -> SerialScannerConfig:
    return SerialScannerConfig(port=str(line.path), silence_ms=silence_ms, **more)  # type: ignore[arg-type]


def test_ends_by_silence_what_has_no_line_end(line: SerialLine) -> None:
    with Running(SerialScanner(on(line, silence_ms=50))) as at_work:
        assert at_work.next_lost() is False
        line.send(b"TK.00123")
        assert at_work.texts(1) == ["TK.00123"]


def test_never_glues_a_half_scan_to_the_next_one(line: SerialLine) -> None:
    with Running(SerialScanner(on(line, silence_ms=50))) as at_work:
        assert at_work.next_lost() is False
        line.send(b"PM.00")
        assert at_work.texts(1) == ["PM.00"]
        line.send(b"TK.00123\r")
        assert at_work.texts(1) == ["TK.00123"]

    with Running(SerialScanner(on(line))) as control:
        assert control.next_lost() is False
        line.send(b"PM.00")
        line.send(b"TK.00123\r")
        assert control.texts(1) == ["PM.00TK.00123"]


def test_takes_off_what_the_scanner_puts_around_a_code(line: SerialLine) -> None:
    with Running(SerialScanner(on(line, end="crlf", prefix="\x02", suffix="\x03"))) as at_work:
        assert at_work.next_lost() is False
        line.send(b"\x02TK.00123\x03\r\n")
        assert at_work.texts(1) == ["TK.00123"]


def test_throws_away_what_was_scanned_before_it_began(line: SerialLine) -> None:
    line.send(b"TK.00001\r")
    with Running(SerialScanner(on(line))) as at_work:
        assert at_work.next_lost() is False
        line.send(b"TK.00002\r")
        assert at_work.texts(1) == ["TK.00002"]


def test_reads_on_when_the_scanner_is_plugged_in_again(line: SerialLine) -> None:
    with Running(SerialScanner(on(line))) as at_work:
        for code in ("TK.00001", "TK.00002", "TK.00003"):
            assert at_work.next_lost() is False
            line.send(code.encode() + b"\r")
            assert at_work.texts(1) == [code]
            line.unplug()
            assert at_work.next_lost() is True
            line.plug()
        assert at_work.next_lost() is False


class KeepsHalfScans(Framer):
    def reset(self) -> None:
        pass


@pytest.mark.parametrize(
    ("framer", "next_scan"),
    [(None, "TK.00123"), (KeepsHalfScans(silence_s=NO_SILENCE_MS), "PM.00TK.00123")],
    ids=["protected", "control"],
)
def test_drops_half_a_scan_when_the_scanner_is_unplugged(
    line: SerialLine, framer: Framer | None, next_scan: str
) -> None:
    with Running(SerialScanner(on(line), framer)) as at_work:
        assert at_work.next_lost() is False
        line.send(b"PM.00001\rPM.00")  # in one write: where the first is read, the half is
        assert at_work.texts(1) == ["PM.00001"]
        line.unplug()
        assert at_work.next_lost() is True
        line.plug()
        assert at_work.next_lost() is False
        line.send(b"TK.00123\r")
        assert at_work.texts(1) == [next_scan]


class CountsWaits(threading.Event):
    """A stop signal that tells when the scanner has waited for it so many times."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count
        self.waited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if self._left <= 0:
            self.waited.set()
        return super().wait(timeout)


def test_tells_once_that_it_is_missing_and_reads_when_it_comes(line: SerialLine) -> None:
    line.unplug()
    at_work = Running(SerialScanner(on(line)))
    at_work.stop = looked = CountsWaits(4)
    with at_work:
        assert looked.waited.wait(PATIENCE_S)
        assert at_work.left_lost() == [True]
        line.plug()
        assert at_work.next_lost() is False
        line.send(b"TK.00123\r")
        assert at_work.texts(1) == ["TK.00123"]


def test_stops_while_it_looks_for_a_missing_scanner(line: SerialLine) -> None:
    line.unplug()
    with Running(SerialScanner(on(line))) as at_work:
        assert at_work.next_lost() is True
        at_work.end()
        assert at_work.left_lost() == []


@pytest.mark.parametrize("what", ["file", "folder", "null"])
def test_takes_what_is_no_serial_line_for_a_missing_scanner(tmp_path: Path, what: str) -> None:
    path = tmp_path / "scanner"
    match what:
        case "file":
            path.write_bytes(b"TK.00123\r")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to("/dev/null")
    with Running(SerialScanner(SerialScannerConfig(port=str(path)))) as at_work:
        assert at_work.next_lost() is True
        at_work.end()
        assert at_work.left() == []


def test_leaves_a_line_alone_that_another_program_reads(line: SerialLine, caplog: pytest.LogCaptureFixture) -> None:
    """Of two that read one line, each would get half of a code."""
    with Running(SerialScanner(on(line))) as first:
        assert first.next_lost() is False
        with Running(SerialScanner(on(line))) as late:
            assert late.next_lost() is True
            assert "another program has it" in caplog.text
            line.send(b"TK.00123\r")
            assert first.texts(1) == ["TK.00123"]
            first.end()
            assert late.next_lost() is False
            assert late.left() == []


def test_logs_no_code(line: SerialLine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Running(SerialScanner(on(line))) as at_work:
        assert at_work.next_lost() is False
        line.send(b"TK.00123\rHS")
        assert at_work.texts(1) == ["TK.00123"]
        line.unplug()
        assert at_work.next_lost() is True
    assert "lost" in caplog.text
    assert "TK" not in caplog.text
    assert "HS" not in caplog.text
