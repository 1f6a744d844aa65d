import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.barcodes import CodeFormats, CodeKind, classify, has_ean_check_digit

FORMATS = CodeFormats(re.compile(r"(HS|GV)\d{6}|\d{5}"), re.compile(r"(TK|SGK|TC|TT)\.\d{4,6}|\d{5}"))
CITIZEN = "083214000123|320123456|Nguyễn Văn A|01012014|Nam|Ấp 1, Bến Tre|20052023"


@pytest.mark.parametrize(
    ("raw", "kinds", "text"),
    [
        ("HS250001", {CodeKind.CARD}, "HS250001"),
        ("TK.00123", {CodeKind.ITEM}, "TK.00123"),
        (" SGK.000451 ", {CodeKind.ITEM}, "SGK.000451"),
        ("00123", {CodeKind.CARD, CodeKind.ITEM}, "00123"),
        ("9786042134620", {CodeKind.ISBN}, "9786042134620"),
        ("9786042134621", {CodeKind.UNKNOWN}, "9786042134621"),
        ("4006381333931", {CodeKind.UNKNOWN}, "4006381333931"),
        ("TK.00123TK.00124", {CodeKind.UNKNOWN}, "TK.00123TK.00124"),
        ("TK.0", {CodeKind.UNKNOWN}, "TK.0"),
        ("", {CodeKind.UNREADABLE}, ""),
        ("   ", {CodeKind.UNREADABLE}, ""),
        ("\x00\x01\x02", {CodeKind.UNREADABLE}, ""),
        ("TK.\ufffd0123", {CodeKind.UNREADABLE}, ""),
        ("A" * 65, {CodeKind.UNREADABLE}, ""),
        (CITIZEN, {CodeKind.CITIZEN_CARD}, ""),
        ("083214000123", {CodeKind.CITIZEN_CARD}, ""),
    ],
)
def test_tells_what_a_scan_can_be(raw: str, kinds: set[CodeKind], text: str) -> None:
    code = classify(raw, FORMATS)
    assert code.kinds == kinds
    assert code.text == text


@given(st.text(max_size=300))
def test_never_raises_and_always_says_something(raw: str) -> None:
    assert classify(raw, FORMATS).kinds


@given(st.from_regex(r"\d{12}\|\d{9}\|[^|]{1,20}\|\d{8}\|Nam\|.{0,30}\|\d{8}", fullmatch=True))
def test_keeps_nothing_of_a_citizen_card(raw: str) -> None:
    code = classify(raw, FORMATS)
    assert code.text == ""
    assert raw[:12] not in repr(code)


@given(st.from_regex(r"[0-9]{13}", fullmatch=True), st.integers(0, 12))
def test_a_changed_digit_breaks_the_check_digit(digits: str, place: int) -> None:
    if has_ean_check_digit(digits):
        changed = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
        assert not has_ean_check_digit(changed)
