"""What a person carries, types and compares."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_link import enrolment
from central_link.enrolment import four_words, token_bytes

ROOT = Path(__file__).parents[2]
FOUR_WORDS = ["táo đỏ", "nhím con", "ô che mưa", "mít tố nữ"]


def test_the_words_are_those_of_the_protocol() -> None:
    document = ROOT / "docs" / "protocol-words.txt"
    own = Path(enrolment.__file__).with_name(document.name)
    assert own.read_bytes() == document.read_bytes()
    assert len(set(own.read_text("utf-8").splitlines())) == 256


def test_the_four_words_follow_from_everything_that_was_sent() -> None:
    """Fixed: the centre computes the same from the same."""
    said = (bytes(32), bytes(16), "hoa-sen", "tram-1")
    assert four_words(*said) == FOUR_WORDS
    others = [(b"\1" * 32, *said[1:]), (said[0], b"\1" * 16, *said[2:]), (*said[:2], "hoa-se", "ntram-1")]
    assert all(four_words(*other) != FOUR_WORDS for other in others)


@pytest.mark.parametrize(
    "text", ["10ZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z", "io zzzzz zzzzzzzzzz zzzzz zzzz\n", "LOZZZZZZZZZZZZZZZZZZZZZZZZ"]
)
def test_reads_a_token_as_people_type_it(text: str) -> None:
    token = token_bytes(text)
    assert token is not None
    assert int.from_bytes(token) == (1 << 125) | ((1 << 120) - 1)


@pytest.mark.parametrize(
    "text", ["", "ABCDE", "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZ", "8" + "0" * 25, "U" + "0" * 25, "é" + "0" * 25]
)
def test_knows_what_is_no_token(text: str) -> None:
    assert token_bytes(text) is None
