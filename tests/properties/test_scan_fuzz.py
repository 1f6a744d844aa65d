"""A small part of benchmarks.scan_fuzz: whatever is scanned, the station goes on and keeps no citizen's number."""

from __future__ import annotations

import pytest

from benchmarks.scan_fuzz import fuzz
from kiosk.domain.barcodes import Code, CodeFormats, CodeKind, classify

SCANS = 4_000


def test_nothing_that_is_scanned_crashes_the_station_or_keeps_a_citizens_number() -> None:
    found = fuzz(SCANS, seed=20261130)
    assert (found.scans, found.crashes, found.citizens_kept) == (SCANS, 0, 0), found.first_crash
    assert set(found.states) >= {"Home", "Borrowing", "Returning"}, "it never got so far"
    assert found.kinds["citizen"] > 100


@pytest.mark.slow
def test_sees_a_crash_and_goes_on() -> None:
    def fragile(text: str, formats: CodeFormats) -> Code:
        if "\ufffd" in text:
            raise UnicodeError("not text")
        return classify(text, formats)

    found = fuzz(SCANS, 20261130, fragile)
    assert found.crashes > 100
    assert "UnicodeError: not text" in found.first_crash
    assert found.states["Borrowing"] > 0


@pytest.mark.slow
def test_sees_a_citizens_number_that_is_kept() -> None:
    def careless(text: str, formats: CodeFormats) -> Code:
        code = classify(text, formats)
        return Code(text, frozenset({CodeKind.UNKNOWN})) if code.may_be(CodeKind.CITIZEN_CARD) else code

    assert fuzz(SCANS, 20261130, careless).citizens_kept > 100
