"""What is half received, or glued, is nobody's: from the bytes of a serial line to whose turn it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.scanners.framing import Framer
from devices.scanners.serial_scanner import SerialScanner, SerialScannerConfig
from devices.simulated.serial_line import SerialLine
from kiosk.domain.barcodes import CodeFormats, classify
from kiosk.domain.code_formats import CodeFormat
from kiosk.session.effects import CheckIn, CheckOut, Effect, IdentifyPatron
from kiosk.session.inputs import Button, Scanned, Touched
from kiosk.session.notices import UnknownCode, UnreadableScan
from kiosk.session.states import Borrowing, Home
from tests.devices.scanner_rig import PATIENCE_S, Running
from tests.session.play import Play_

pytestmark = pytest.mark.slow

FORMATS = CodeFormats((CodeFormat(prefix="HS", length=(8, 8)),), (CodeFormat(re.compile("[0-9]{5}|[0-9]{10}")),))
NO_SILENCE_S = PATIENCE_S * 10


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "scanner") as line:
        yield line


class Corner(Play_):
    """A line, its scanner, and the session before it."""

    def __init__(self, line: SerialLine, at_work: Running) -> None:
        super().__init__()
        self._line, self._at_work = line, at_work
        assert at_work.next_lost() is False

    def send(self, data: bytes, scans: int = 1) -> list[Effect]:
        """What the session asks after the next scans."""
        self._line.send(data)
        return [ask for _ in range(scans) for ask in self.scan()]

    def scan(self) -> list[Effect]:
        raw = self._at_work.next_scan()
        asked = list(self.feed(Scanned(classify(raw.text, FORMATS), raw.scanned_at)))
        self.at = raw.scanned_at
        return [ask for ask in asked if isinstance(ask, IdentifyPatron | CheckIn | CheckOut)]

    def card(self, data: bytes, patron: str) -> None:
        (ask,) = self.send(data)
        self.identify(ask, self.at, patron)


def scanner(line: SerialLine, framer: Framer) -> Running:
    return Running(SerialScanner(SerialScannerConfig(port=str(line.path)), framer))


def test_gives_the_next_reader_nothing_of_what_was_half_scanned_when_a_visit_ended(line: SerialLine) -> None:
    with scanner(line, Framer("cr", 0.05)) as at_work:
        corner = Corner(line, at_work)
        corner.card(b"HS000001\r", "p1")
        line.send(b"25001")  # which would be a book's
        corner.feed(Touched(Button.DONE, corner.at))
        assert corner.scan() == []
        assert corner.notice == UnreadableScan()
        corner.card(b"HS000002\r", "p2")
        assert corner.borrowing.patron.id == "p2"
        assert corner.borrowing.asked == frozenset()

    with scanner(line, Framer("cr", NO_SILENCE_S)) as control:
        corner = Corner(line, control)
        corner.card(b"HS000001\r", "p1")
        line.send(b"25001")
        corner.feed(Touched(Button.DONE, corner.at))
        assert corner.send(b"HS000002\r") == [], "half a book before it, and nobody is the next reader"
        assert isinstance(corner.state.doing, Home)


@pytest.mark.parametrize(("end", "asked"), [("cr", 0), ("silence", 1)], ids=["protected", "control"])
def test_lends_no_book_whose_number_is_the_first_half_of_another(line: SerialLine, end: str, asked: int) -> None:
    """Where nothing but silence ends a scan, half a one may be another's number: hence an `end`, and a length."""
    with scanner(line, Framer(end, 0.05)) as at_work:  # type: ignore[arg-type]
        corner = Corner(line, at_work)
        corner.card(b"HS000001\r", "p1")
        assert len(corner.send(b"25001")) == asked


def test_takes_two_scans_that_nothing_parts_for_none(line: SerialLine) -> None:
    with scanner(line, Framer("auto", NO_SILENCE_S)) as at_work:
        corner = Corner(line, at_work)
        corner.card(b"HS000001\r", "p1")
        for glued in (b"00001HS000002\r", b"HS000002HS000002\r", b"000010000200003\r"):
            assert corner.send(glued) == []
            assert corner.notice == UnknownCode()
            assert isinstance(corner.state.doing, Borrowing)
        (lent,) = corner.send(b"00001\r")
        assert isinstance(lent, CheckOut)


def test_lends_only_the_book_that_was_scanned_whole_when_the_plug_was_pulled_in_between(line: SerialLine) -> None:
    with scanner(line, Framer("auto", NO_SILENCE_S)) as at_work:
        corner = Corner(line, at_work)
        corner.card(b"HS000001\r", "p1")
        (first,) = corner.send(b"00001\r00002")  # in one write: where the first is read, the half is
        line.unplug()
        assert at_work.next_lost() is True
        line.plug()
        assert at_work.next_lost() is False
        (second,) = corner.send(b"00003\r")
        assert [getattr(ask, "barcode", None) for ask in (first, second)] == ["00001", "00003"]
        at_work.end()
        assert at_work.left() == []
