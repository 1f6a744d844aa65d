"""What a form takes for a code, and what it leaves of it."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.check_digits import CheckDigit, check_digit_of
from kiosk.domain.code_formats import CodeFormat, Strip, Unfit, first_left

SUPPLIERS = CodeFormat(prefix="3", length=(14, 14), check_digit=CheckDigit.LUHN, strip=frozenset({Strip.CHECK_DIGIT}))


def of(pattern: str = "", strip: str = "", check_digit: str = "none", **more: object) -> CodeFormat:
    return CodeFormat(
        re.compile(pattern) if pattern else None,
        strip=frozenset(map(Strip, strip.split())),
        check_digit=CheckDigit(check_digit),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("form", "text", "left"),
    [
        (of(r"TK\.[0-9]{5}"), "TK.00123", "TK.00123"),
        (of(r"TK\.[0-9]{5}"), "TK.0012", Unfit.PATTERN),
        (of(r"[0-9]{5}"), "00123\n", Unfit.PATTERN),  # no pattern is for a part of a code
        (of(prefix="TK."), "TK.00123", "TK.00123"),
        (of(prefix="TK."), "SGK.00123", Unfit.PREFIX),
        (of("[0-9]{5}", "prefix", prefix="TK."), "TK.00123", "00123"),
        (of(strip="prefix", prefix="TK."), "TK.", Unfit.NOTHING_LEFT),
        (of(strip="suffix", suffix="-A"), "00123-A", "00123"),
        (of(suffix="-A"), "00123-B", Unfit.SUFFIX),
        (of(prefix="**", suffix="**"), "***", Unfit.SUFFIX),  # one sign is not both
        (of("[0-9]+", "letters"), "TK.00123", "00123"),
        (of("[0-9]+", "letters"), "00123", "00123"),
        (of(".*", "letters"), "TK", Unfit.NOTHING_LEFT),
        (of("[0-9]{14}", "spaces"), "3 0234 00051786 1", "30234000517861"),
        (of("[0-9]{14}"), "3 0234 00051786 1", Unfit.PATTERN),
        (of(length=(5, 8)), "0012", Unfit.LENGTH),
        (of(length=(5, 8)), "001234567", Unfit.LENGTH),
        (of(length=(5, 8)), "00123", "00123"),
        (SUPPLIERS, "30234000517861", "3023400051786"),
        (SUPPLIERS, "30234000517862", Unfit.CHECK_DIGIT),
        (SUPPLIERS, "20234000517861", Unfit.PREFIX),
        (of(strip="check_digit suffix", suffix="$", check_digit="mod43"), "123XYZM$", "123XYZ"),
        (of(strip="check_digit", suffix="$", check_digit="mod43"), "123XYZM$", "123XYZ$"),
        (of(strip="check_digit prefix", prefix="200", check_digit="ean13"), "2000000001239", Unfit.CHECK_DIGIT),
        (of(strip="check_digit prefix", prefix="200", check_digit="ean13"), "2000000001234", "000000123"),
        (of(prefix="HS", check_digit="mod11"), "HS", Unfit.CHECK_DIGIT),
        (of(prefix="HS", check_digit="mod11"), "HS0306406152", "HS0306406152"),
    ],
)
def test_leaves_what_is_looked_up_or_says_why_not(form: CodeFormat, text: str, left: str | Unfit) -> None:
    assert form.left_of(text) == left


@pytest.mark.parametrize(
    "make",
    [
        lambda: of(),
        lambda: of(strip="spaces", check_digit="luhn"),
        lambda: of(length=(8, 5)),
        lambda: of(".*", "prefix"),
        lambda: of(".*", "suffix"),
        lambda: of(".*", "check_digit"),
    ],
)
def test_is_refused_when_it_says_nothing_or_contradicts_itself(make: object) -> None:
    with pytest.raises(ValueError, match="key"):
        make()  # type: ignore[operator]


plain = st.text(string.ascii_uppercase + string.digits + ".-", max_size=4)
numbers = st.text(string.digits, min_size=1, max_size=8)


@given(plain, plain, numbers, st.sampled_from(list(CheckDigit)), st.sets(st.sampled_from(list(Strip))))
def test_gives_back_the_number_that_a_label_was_printed_of(
    prefix: str, suffix: str, number: str, scheme: CheckDigit, strip: set[Strip]
) -> None:
    """Whatever is taken off and in which words the form says it: nothing else of the number goes, no zero above all."""
    check = check_digit_of(scheme, prefix + number) if scheme is not CheckDigit.NONE else ""
    if check is None or check == " ":
        return
    there = {Strip.SPACES, Strip.LETTERS}
    there |= {
        part
        for part, is_there in ((Strip.PREFIX, prefix), (Strip.SUFFIX, suffix), (Strip.CHECK_DIGIT, check))
        if is_there
    }
    form = CodeFormat(re.compile(".*"), prefix, suffix, None, scheme, frozenset(strip & there))
    left = form.left_of(prefix + number + check + suffix)
    assert isinstance(left, str)
    expected = ("" if Strip.PREFIX in strip else prefix) + number
    if Strip.LETTERS in strip:
        expected = expected.lstrip(string.ascii_uppercase + ".-")
    expected += "" if Strip.CHECK_DIGIT in strip else check
    expected += "" if Strip.SUFFIX in strip else suffix
    assert left == expected


@st.composite
def forms(draw: st.DrawFn) -> CodeFormat:
    prefix, suffix = draw(plain), draw(plain)
    scheme = draw(st.sampled_from(list(CheckDigit)))
    there = [Strip.SPACES, Strip.LETTERS]
    there += [part for part, is_there in ((Strip.PREFIX, prefix), (Strip.SUFFIX, suffix)) if is_there]
    there += [Strip.CHECK_DIGIT] if scheme is not CheckDigit.NONE else []
    pattern = draw(st.sampled_from([".*", "[0-9]+", "[A-Z]*[0-9]{1,5}"]))
    length = draw(st.none() | st.tuples(st.integers(1, 6), st.integers(6, 20)))
    return CodeFormat(re.compile(pattern), prefix, suffix, length, scheme, draw(st.frozensets(st.sampled_from(there))))


codes = st.text(string.ascii_uppercase + string.digits + ".- ", max_size=20) | st.text(max_size=20)


@given(forms(), codes)
def test_never_raises_and_adds_nothing(form: CodeFormat, text: str) -> None:
    left = form.left_of(text)
    if isinstance(left, str):
        assert left
        there = iter(text)
        assert all(character in there for character in left), "not a part of what was scanned, in its order"
        assert form.stripped(text) == left


@given(st.lists(forms(), max_size=4), codes)
def test_the_first_form_that_fits_counts(several: list[CodeFormat], text: str) -> None:
    left = [one.left_of(text) for one in several]
    assert first_left(several, text) == next((one for one in left if isinstance(one, str)), None)
