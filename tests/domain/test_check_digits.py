"""Against what others have published, and against single slips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.check_digits import CheckDigit, check_digit_of

SCHEMES = [scheme for scheme in CheckDigit if scheme is not CheckDigit.NONE]


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        (CheckDigit.LUHN, "30234000517861"),  # JerseyCat
        (CheckDigit.LUHN, "33191000105864"),  # Dynix
        (CheckDigit.EAN13, "9786042134620"),
        (CheckDigit.EAN13, "0000000862752"),  # Koha, of its own labels
        (CheckDigit.EAN13, "0000000862769"),
        (CheckDigit.MOD11, "03178471"),  # ISSN
        (CheckDigit.MOD11, "2434561X"),
        (CheckDigit.MOD11, "0306406152"),  # ISBN of ten digits
        (CheckDigit.MOD11, "080442957X"),
        (CheckDigit.MOD43, "258-416J"),  # Sysmex
        (CheckDigit.MOD43, "123XYZM"),  # Worth Data
        (CheckDigit.MOD43, "159AZH"),  # ActiveBarcode
    ],
)
def test_agrees_with_published_codes(scheme: CheckDigit, code: str) -> None:
    assert check_digit_of(scheme, code[:-1]) == code[-1]


@given(st.sampled_from(SCHEMES), st.text("0123456789", min_size=1, max_size=14), st.data())
def test_a_changed_digit_changes_the_check_digit(scheme: CheckDigit, digits: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != digits[place]))
    right = check_digit_of(scheme, digits)
    if right is not None:
        assert check_digit_of(scheme, digits[:place] + other + digits[place + 1 :]) != right


@given(st.sampled_from(SCHEMES), st.text("0123456789", min_size=1, max_size=14), st.text("đb*:", max_size=3))
def test_counts_only_the_characters_that_a_scheme_knows(scheme: CheckDigit, digits: str, other: str) -> None:
    assert check_digit_of(scheme, other + digits) == check_digit_of(scheme, digits)


@given(st.sampled_from(CheckDigit), st.text(max_size=80))
def test_never_raises_and_gives_one_character(scheme: CheckDigit, text: str) -> None:
    right = check_digit_of(scheme, text)
    assert right is None or len(right) == 1


@pytest.mark.parametrize(
    ("scheme", "before"),
    [
        (CheckDigit.EAN13, "97860421346"),
        (CheckDigit.MOD11, "0306406150"),
        (CheckDigit.LUHN, "HS"),
        *((s, "") for s in SCHEMES),
    ],
)
def test_has_none_for_what_a_scheme_cannot_check(scheme: CheckDigit, before: str) -> None:
    assert check_digit_of(scheme, before) is None
