from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from devices.scanners.agreement import FRAMES_NEEDED, GONE_AFTER_S, Agreement
from devices.scanners.reading import Reading, Symbology

A_FRAME_S = 0.1
Frames = list[list[Reading]]


def told(frames: Frames, agreement: Agreement | None = None) -> list[str]:
    agreement = agreement or Agreement()
    return [text for frame in frames for text in agreement.seen(frame, A_FRAME_S)]


def of(text: str, symbology: Symbology = Symbology.CODE_128) -> Reading:
    return Reading(text, symbology)


@pytest.mark.parametrize(
    ("symbology", "frames"),
    [
        (Symbology.QR, 1),
        (Symbology.CODE_128, 2),
        (Symbology.EAN_13, 2),
        (Symbology.CODE_39, 3),
        (Symbology.CODABAR, 3),
    ],
)
def test_tells_a_code_when_enough_frames_agree(symbology: Symbology, frames: int) -> None:
    assert told([[of("1", symbology)]] * (frames - 1)) == []
    assert told([[of("1", symbology)]] * frames) == ["1"]


def test_tells_nothing_while_every_frame_reads_something_else() -> None:
    assert told([[of(str(n))] for n in range(20)]) == []


def test_counts_a_frame_once_however_often_it_shows_a_code() -> None:
    assert told([[of("1"), of("1")]]) == []


def test_counts_each_of_several_codes_for_itself() -> None:
    assert told([[of("1"), of("2")], [of("2")], [of("3")], [of("1")], [of("3")]]) == ["2", "1", "3"]


def test_tells_a_code_once_while_it_stays_in_view() -> None:
    trembling = [[of("1")], [of("1")], *[[]] * 15] * 4
    assert told(trembling) == ["1"]


def test_tells_a_card_once_that_lies_there_while_books_are_held_over_it() -> None:
    card = [[of("card")]] * 3
    books = [[of(f"book {n}")] for n in range(3) for _ in range(int(GONE_AFTER_S / A_FRAME_S) + 5)]
    assert told(card + books + card) == ["card", "book 0", "book 1", "book 2"]


def test_lets_two_equal_misreadings_count_only_close_to_each_other() -> None:
    book = [[of("book")]] * (int(GONE_AFTER_S / A_FRAME_S) + 5)
    assert told([[of("misread")], *book, [of("misread")]]) == ["book"]


def test_tells_a_number_once_that_is_printed_as_two_kinds_of_code() -> None:
    assert told([[of("1", Symbology.QR), of("1")]] * 3) == ["1"]


def test_tells_a_code_again_when_it_had_left_the_view() -> None:
    away: Frames = [[]] * (int(GONE_AFTER_S / A_FRAME_S) + 1)
    assert told([*[[of("1")]] * 2, *away, *[[of("1")]] * 2]) == ["1", "1"]


def test_forgets_a_single_reading_when_it_left_the_view() -> None:
    away: Frames = [[]] * (int(GONE_AFTER_S / A_FRAME_S) + 1)
    assert told([[of("1")], *away, [of("1")]]) == []


def test_does_not_count_the_time_in_which_nobody_looked() -> None:
    """A card that lies before the camera for an hour is not scanned again when something moves beside it."""
    agreement = Agreement()
    assert told([[of("1")]] * 2, agreement) == ["1"]
    assert agreement.seen([of("1")], 0.0) == []
    assert told([[of("1")]] * 40, agreement) == []


frames_of_any_order = st.lists(
    st.lists(st.builds(Reading, st.sampled_from("abc"), st.sampled_from(Symbology)), max_size=3), max_size=40
)


def told_too_early(frames: Frames, needed: Mapping[Symbology, int] = FRAMES_NEEDED) -> bool:
    """Whether a text was told that fewer frames had shown by then than its kind of code asks for."""
    agreement = Agreement(needed)
    for number, frame in enumerate(frames, 1):
        for text in agreement.seen(frame, A_FRAME_S):
            shown = [reading for past in frames[:number] for reading in set(past) if reading.text == text]
            kinds = {reading.symbology for reading in shown}
            frames_that_show_it = sum(text in {reading.text for reading in past} for past in frames[:number])
            if frames_that_show_it < min(FRAMES_NEEDED[kind] for kind in kinds):
                return True
            if frames_that_show_it < 2 and Symbology.QR not in kinds:
                return True
    return False


@given(frames_of_any_order)
def test_never_tells_what_too_few_frames_have_shown(frames: Frames) -> None:
    assert not told_too_early(frames)


def test_would_tell_too_early_if_one_frame_were_enough() -> None:
    hasty = dict.fromkeys(Symbology, 1)
    assert find(frames_of_any_order, lambda frames: told_too_early(frames, hasty))


@given(frames_of_any_order)
def test_never_tells_twice_what_did_not_leave_the_view(frames: Frames) -> None:
    agreement = Agreement(gone_after_s=A_FRAME_S * 100)
    texts = told(frames, agreement)
    assert len(texts) == len(set(texts))
