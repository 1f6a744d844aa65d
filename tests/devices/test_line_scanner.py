from __future__ import annotations

import io
import os
import pty

from devices.simulated.line_scanner import SimulatedScanner
from tests.devices.scanner_rig import Running


def test_takes_lines_from_memory() -> None:
    with Running(SimulatedScanner(io.StringIO("TK.00123\n\nđk.1\n"))) as at_work:
        assert at_work.texts(2) == ["TK.00123", "đk.1"]


def test_takes_a_last_line_without_an_end() -> None:
    with Running(SimulatedScanner(io.StringIO("TK.00123\nTK.00124"))) as at_work:
        assert at_work.texts(2) == ["TK.00123", "TK.00124"]


def test_waits_for_stop_at_the_end_of_the_input() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"TK.00123\n")
    os.close(write_end)
    with open(read_end) as stream, Running(SimulatedScanner(stream)) as at_work:
        assert at_work.texts(1) == ["TK.00123"]
        assert not at_work.ended.wait(0.1)


def test_waits_for_stop_when_there_is_no_input_at_all() -> None:
    with Running(SimulatedScanner(None)) as at_work:
        assert at_work.next_lost() is False
        assert not at_work.ended.wait(0.1)


def test_reads_what_is_typed_in_a_terminal() -> None:
    keyboard, terminal = pty.openpty()
    with (
        open(keyboard, "wb", buffering=0) as keys,
        open(terminal) as stream,
        Running(SimulatedScanner(stream)) as at_work,
    ):
        keys.write(b"TK.00123\n")
        assert at_work.texts(1) == ["TK.00123"]
        keys.write(b"TK.00124\n")
        assert at_work.texts(1) == ["TK.00124"]


def test_takes_a_closed_terminal_for_the_end_of_the_input() -> None:
    keyboard, terminal = pty.openpty()
    with open(terminal) as stream, Running(SimulatedScanner(stream)) as at_work:
        assert at_work.next_lost() is False
        os.close(keyboard)
        assert not at_work.ended.wait(0.4)
