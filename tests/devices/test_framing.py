from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.scanners.framing import CUT_OFF, LONGEST_FRAME, End, Framer

ENDS: tuple[End, ...] = get_args(End)


def texts(framer: Framer, *chunks: bytes) -> list[str]:
    return [scan.text for chunk in chunks for scan in framer.feed(chunk, 0.0)]


@pytest.mark.parametrize(
    ("end", "data", "expected"),
    [
        ("auto", b"A\rB\nC\r\nD\n\rE", ["A", "B", "C", "D"]),
        ("cr", b"A\rB\nC\r\nD\r", ["A", "B\nC", "D"]),
        ("lf", b"A\nB\rC\r\nD\n", ["A", "B\rC", "D"]),
        ("crlf", b"A\rB\nC\r\nD\r\n", ["A\rB\nC", "D"]),
        ("silence", b"A\r\nB\r\n", []),
    ],
)
def test_ends_a_scan_only_where_the_scanner_does(end: End, data: bytes, expected: list[str]) -> None:
    assert texts(Framer(end), data) == expected


@pytest.mark.parametrize("end", ["auto", "silence"])
def test_ends_by_silence_what_has_no_end(end: End) -> None:
    framer = Framer(end, silence_s=0.05)
    assert framer.feed(b"TK.00123", 7.0) == []
    assert framer.due == pytest.approx(7.05)
    assert framer.flush(7.04) == []
    assert [(scan.text, scan.scanned_at) for scan in framer.flush(7.06)] == [("TK.00123", 7.0)]
    assert framer.due is None
    assert framer.flush(8.0) == []


@pytest.mark.parametrize("end", ["cr", "lf", "crlf"])
def test_never_passes_half_a_scan_for_a_code_where_the_end_is_known(end: End) -> None:
    framer = Framer(end, silence_s=0.05, suffix="1")
    assert framer.feed(b"25001", 7.0) == []
    assert [scan.text for scan in framer.flush(7.1)] == ["25001" + CUT_OFF]
    ending = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}[end]
    assert [scan.text for scan in framer.feed(b"00123" + ending, 8.0)] == ["00123"]
    framer.feed(b"\n\r", 9.0)
    assert framer.flush(9.1) == [], "line ends alone are no scan, nor half a one"


def test_waits_for_silence_after_the_last_byte() -> None:
    framer = Framer(silence_s=0.05)
    framer.feed(b"TK", 7.0)
    framer.feed(b".00123", 7.04)
    assert framer.flush(7.06) == []
    assert [scan.text for scan in framer.flush(7.1)] == ["TK.00123"]


def test_never_glues_a_half_scan_to_the_next_one() -> None:
    framer = Framer()
    framer.feed(b"PM.00", 0.0)
    assert [scan.text for scan in framer.flush(1.0)] == ["PM.00"]
    assert [scan.text for scan in framer.feed(b"TK.00123\r", 2.0)] == ["TK.00123"]

    control = Framer()
    control.feed(b"PM.00", 0.0)
    assert [scan.text for scan in control.feed(b"TK.00123\r", 2.0)] == ["PM.00TK.00123"]


def test_forgets_a_half_scan_when_reset() -> None:
    framer = Framer()
    framer.feed(b"PM.00", 0.0)
    framer.reset()
    assert framer.due is None
    assert texts(framer, b"TK.00123\r") == ["TK.00123"]


def test_ends_nothing_when_the_line_feed_comes_late() -> None:
    framer = Framer()
    assert texts(framer, b"TK.00123\r") == ["TK.00123"]
    assert texts(framer, b"\n") == []
    assert framer.due is None
    assert texts(framer, b"TK.00124\r") == ["TK.00124"]


def test_dates_a_scan_by_the_chunk_that_brought_its_end() -> None:
    framer = Framer()
    framer.feed(b"TK.0", 1.0)
    scans = framer.feed(b"0123\rTK.00124\r", 2.0)
    assert [scan.scanned_at for scan in scans] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"\x02TK.00123\x03", ["TK.00123"]),
        (b"\x02TK.00123", ["TK.00123"]),
        (b"TK.00123\x03", ["TK.00123"]),
        (b"TK.00123", ["TK.00123"]),
        (b"\x02\x02TK\x03\x03", ["\x02TK\x03"]),
        (b"\x02\x03", []),
        (b"\x02", []),
    ],
)
def test_takes_off_prefix_and_suffix_where_they_are(frame: bytes, expected: list[str]) -> None:
    assert texts(Framer(prefix="\x02", suffix="\x03"), frame + b"\r") == expected


def test_takes_off_a_prefix_behind_the_line_feed_of_the_scan_before() -> None:
    assert texts(Framer("cr", prefix="*"), b"*TK.00123\r\n", b"*TK.00124\r\n") == ["TK.00123", "TK.00124"]


def test_keeps_a_frame_of_the_longest_length_whole() -> None:
    for end, ending in (("auto", b"\r\n"), ("cr", b"\r"), ("lf", b"\n"), ("crlf", b"\r\n")):
        for split in range(len(ending) + 1):
            framer = Framer(end)  # type: ignore[arg-type]
            chunks = b"7" * LONGEST_FRAME + ending[:split], ending[split:]
            assert texts(framer, *chunks) == ["7" * LONGEST_FRAME]


def test_delivers_an_overlong_frame_once_and_swallows_the_rest() -> None:
    framer = Framer()
    assert texts(framer, b"7" * LONGEST_FRAME) == []
    assert texts(framer, b"7") == ["7" * LONGEST_FRAME + CUT_OFF]
    assert texts(framer, b"7" * LONGEST_FRAME, b"7" * LONGEST_FRAME) == []
    assert texts(framer, b"7\rTK.00123\r") == ["TK.00123"]


def test_swallows_the_rest_of_an_overlong_frame_up_to_a_silence() -> None:
    framer = Framer(silence_s=0.05)
    framer.feed(b"7" * LONGEST_FRAME * 2, 1.0)
    assert framer.due is not None
    assert framer.flush(1.1) == []
    assert framer.due is None
    assert [scan.text for scan in framer.feed(b"TK.00123\r", 2.0)] == ["TK.00123"]


def test_never_passes_the_beginning_of_an_overlong_frame_for_a_code() -> None:
    (text,) = texts(Framer(), b"TK.00123" + b" " * 1000 + b"TK.00124\r")
    assert CUT_OFF in text


streams = st.lists(
    st.one_of(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"TK.00123", b"\xc4\x91", b"\x02", b"ab"]),
        st.binary(max_size=12),
        st.integers(LONGEST_FRAME - 3, LONGEST_FRAME + 3).map(lambda count: b"7" * count),
    ),
    max_size=12,
).map(b"".join)


def chunks_of(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[a:b] for a, b in pairwise(places)]


@given(st.sampled_from(ENDS), st.lists(streams, max_size=4), st.lists(st.integers(0, 1200), max_size=20))
@example("crlf", [b"7" * LONGEST_FRAME + b"\r\n"], [LONGEST_FRAME + 1])
@example("crlf", [b"7" * LONGEST_FRAME + b"8\r\nTK"], [LONGEST_FRAME + 1, LONGEST_FRAME + 2])
def test_gives_the_same_scans_however_the_bytes_are_split(end: End, turns: list[bytes], cuts: list[int]) -> None:
    """`turns` have silence between them."""
    whole, split = Framer(end, 0.05, "\x02"), Framer(end, 0.05, "\x02")
    for turn, data in enumerate(turns):
        expected = whole.feed(data, turn) + whole.flush(turn + 0.5)
        found = [scan for chunk in chunks_of(data, cuts) for scan in split.feed(chunk, turn)] + split.flush(turn + 0.5)
        assert found == expected


@given(streams)
def test_gives_what_lies_between_line_ends(data: bytes) -> None:
    expected = []
    for frame in data.replace(b"\r", b"\n").split(b"\n"):
        cut = CUT_OFF if len(frame) > LONGEST_FRAME else ""
        if frame:
            expected.append(frame[:LONGEST_FRAME].decode(errors="replace") + cut)
    framer = Framer()
    assert [scan.text for scan in framer.feed(data, 0.0) + framer.flush(1.0)] == expected


@given(st.sampled_from(ENDS), st.lists(st.one_of(streams, st.none()), max_size=20))
def test_keeps_no_more_than_one_frame_whatever_comes(end: End, happened: list[bytes | None]) -> None:
    """None: a silence."""
    framer = Framer(end)
    for at, data in enumerate(happened):
        scans = framer.flush(at) if data is None else framer.feed(data, at)
        assert framer.held <= LONGEST_FRAME + 1
        assert all(0 < len(scan.text) <= LONGEST_FRAME + 1 for scan in scans)
    framer.flush(len(happened) + 1)
    assert framer.held == 0


def test_tells_how_a_scan_came() -> None:
    framer = Framer(prefix="\x02", silence_s=0.05)
    framer.feed(b"\x02TK.0", 1.0)
    first, second = framer.feed(b"0123\r\nTK.00124\r", 1.25)
    assert (first.data, first.took_s) == (b"\x02TK.00123\r\n", 0.25)
    assert (second.data, second.took_s) == (b"TK.00124\r", 0.0)
    framer.feed(b"\nTK", 2.0)
    framer.feed(b".00125", 2.04)
    (third,) = framer.flush(3.0)
    assert (third.data, third.took_s) == (b"TK.00125", pytest.approx(0.04))


def test_shows_no_bytes_where_a_scan_is_printed() -> None:
    (scan,) = Framer().feed("Tk đ\r".encode(), 0.0)
    assert scan.data
    assert repr(scan.data) not in repr(scan)
