import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.barcodes import CodeFormats, CodeKind, classify
from kiosk.domain.check_digits import CheckDigit
from kiosk.domain.code_formats import CodeFormat, Strip

FORMATS = CodeFormats(
    (CodeFormat(re.compile(r"(HS|GV)\d{6}|\d{5}")),), (CodeFormat(re.compile(r"(TK|SGK|TC|TT)\.\d{4,6}|\d{5}")),)
)
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


@given(st.text(max_size=20), st.from_regex(r"\d{12}\|(\d{9})?\|[^|]{1,20}\|\d{8}\|Nam\|.{0,30}", fullmatch=True))
def test_keeps_nothing_of_what_is_behind_or_before_a_citizen_card(before: str, card: str) -> None:
    for raw in (before + card, card + before, card[:13], card[card.index("|", 14) :]):
        assert classify(raw, EVERYTHING) == classify(CITIZEN, EVERYTHING)


EVERYTHING = CodeFormats((CodeFormat(re.compile(".*", re.DOTALL), strip=frozenset({Strip.SPACES, Strip.LETTERS})),), ())


@pytest.mark.parametrize("raw", ["0832 1400 0123", "CCCD 083214000123", " 083214000123\t"])
def test_drops_a_national_number_however_it_is_written(raw: str) -> None:
    assert classify(raw, EVERYTHING).kinds == {CodeKind.CITIZEN_CARD}


def test_says_what_a_code_is_as_either_where_that_differs() -> None:
    formats = CodeFormats(
        (CodeFormat(re.compile("[0-9]{6}")),),
        (CodeFormat(length=(6, 6), check_digit=CheckDigit.LUHN, strip=frozenset({Strip.CHECK_DIGIT})),),
    )
    both = classify("123455", formats)
    assert both.kinds == {CodeKind.CARD, CodeKind.ITEM}
    assert (both.text, both.item_text) == ("123455", "12345")
    card = classify("123456", formats)
    assert (card.kinds, card.text, card.item_text) == ({CodeKind.CARD}, "123456", "123456")


def test_two_codes_glued_are_none() -> None:
    """A form that says how long a code is, or what its check digit is, cannot take two for one."""
    formats = CodeFormats(
        (CodeFormat(prefix="HS", length=(8, 8)),), (CodeFormat(re.compile("[0-9]+"), check_digit=CheckDigit.EAN13),)
    )
    for glued in ("HS250001HS250002", "00000008627520000000862769", "HS250001TK.00123", "HS25HS250002"):
        assert classify(glued, formats).kinds == {CodeKind.UNKNOWN}
