"""Recordings of what scanners and people type are in key_recordings/: each line the milliseconds, the key's code, and
1 (down), 0 (up) or 2 (it repeats); the name of the key is for whoever reads it. What comes of it stands above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.scanners import keystrokes
from devices.scanners.framing import CUT_OFF, LONGEST_FRAME
from devices.scanners.keystrokes import EV_KEY, EV_SYN, EVENT, SYN_DROPPED, End, Keystrokes, Note
from devices.simulated.keyboard_node import Event, typed

RECORDINGS = sorted((Path(__file__).parent / "key_recordings").glob("*.txt"))
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=3, max_size=60)


def recorded(name: str, at: float = 0.0) -> tuple[bytes, list[str], list[Note]]:
    """The bytes, and what it gives."""
    events, gives, notes = [], [], []
    for line in (Path(__file__).parent / "key_recordings" / f"{name}.txt").read_text().splitlines():
        match line.split():
            case ["#", "gives:", *_]:
                gives.append(line.removeprefix("# gives: "))
            case ["#", "notes:", note]:
                notes.append(Note[note])
            case ["#", *_]:
                pass
            case [ms, "SYN_DROPPED"]:
                events.append(Event(at + int(ms) / 1000, EV_SYN, SYN_DROPPED, 0))
            case [ms, code, value, _name]:
                events.append(Event(at + int(ms) / 1000, 4, 4, 0x70000 + int(code)))  # EV_MSC, MSC_SCAN, as USB has it
                events.append(Event(at + int(ms) / 1000, EV_KEY, int(code), int(value)))
                events.append(Event(at + int(ms) / 1000, EV_SYN, 0, 0))
    return packed(events), gives, notes


def packed(events: Sequence[Event]) -> bytes:
    return b"".join(event.packed() for event in events)


def scans_of(keys: Keystrokes, *chunks: bytes) -> list[str]:
    """And then silence."""
    scans = [scan for chunk in chunks for scan in keys.feed(chunk, math.nan)]
    return [scan.text for scan in scans + keys.flush(math.inf)]


def chunks_of(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[a:b] for a, b in pairwise(places)]


@pytest.mark.parametrize("name", [path.stem for path in RECORDINGS])
def test_gives_of_a_recording_what_was_scanned(name: str) -> None:
    data, gives, notes = recorded(name)
    noted: list[Note] = []
    assert scans_of(Keystrokes(note=noted.append), data) == gives
    assert noted == notes


@pytest.mark.parametrize("name", [path.stem for path in RECORDINGS])
def test_gives_the_same_whether_silence_is_waited_for_or_read_about(name: str) -> None:
    data, gives, _notes = recorded(name)
    keys, found = Keystrokes(), []
    for n in range(0, len(data), EVENT.size):
        seconds, microseconds, *_ = EVENT.unpack_from(data, n)
        found += keys.flush(seconds + microseconds / 1e6) + keys.feed(data[n : n + EVENT.size], math.nan)
    assert [scan.text for scan in found + keys.flush(math.inf)] == gives


class RefusesNothing(Keystrokes):
    def _refuse(self) -> None:
        pass


class TrustsWhatFollows(Keystrokes):
    def _distrust(self, at: float) -> None:
        pass


class KeepsWhatIsHeld(Keystrokes):
    def _forget(self) -> None:
        held = getattr(self, "_held", set())
        super()._forget()
        self._held = held


@pytest.mark.parametrize(
    ("name", "keys", "scans"),
    [
        ("half_and_whole", Keystrokes(silence_s=1.0), ["PM.00TK>))!@#"]),
        ("half_and_whole", KeepsWhatIsHeld(), ["PM.00", "TK>))!@#"]),
        ("no_end", Keystrokes(silence_s=1.0), ["tk00123tk00124"]),
        ("a_person", Keystrokes(silence_s=1.0), ["TK.00123"]),
        ("ctrl_c_in_a_code", RefusesNothing(), ["TK.00123", "TK.00124"]),
        ("events_lost", TrustsWhatFollows(), ["HS2504", "TK.00124", "tk.00125"]),
    ],
)
def test_control_without_its_protection_a_recording_gives_something_else(
    name: str, keys: Keystrokes, scans: list[str]
) -> None:
    assert scans_of(keys, recorded(name)[0]) == scans


@given(ASCII, st.floats(0, 0.02), st.lists(st.integers(0, 20_000), max_size=20))
def test_gives_what_a_scanner_types_however_it_is_read(text: str, step_s: float, cuts: list[int]) -> None:
    data = packed([*typed(text, 7.0, step_s)])
    assert scans_of(Keystrokes(), *chunks_of(data, cuts)) == [text]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\t"), min_size=4, max_size=20))
def test_gives_every_character_that_a_number_can_stand_for(text: str) -> None:
    is_nothing = {chr(n): bytes([n]).decode("cp1252", errors="replace") for n in range(0x80, 0xA0)}
    assert scans_of(Keystrokes(), packed([*typed(text)])) == ["".join(is_nothing.get(char, char) for char in text)]


@pytest.mark.parametrize("number", ["55296", "1114112", "99999999"])
def test_takes_a_number_that_is_no_character_for_a_bad_one(number: str) -> None:
    assert scans_of(Keystrokes(), by_number("048", "048", "048", number)) == ["000\ufffd"]


@pytest.mark.parametrize("end", ["013", "010", "009"])
def test_ends_a_scan_at_an_end_that_is_a_number_too(end: str) -> None:
    assert scans_of(Keystrokes(), by_number("048", "049", "050", end, "053", "054", "055")) == ["012", "567"]


@pytest.mark.parametrize(
    ("end", "scans"),
    [
        ("auto", ["PM.00", "tk.00123"]),
        ("enter", ["PM.00" + CUT_OFF, "tk.00123"]),
        ("tab", ["PM.00" + CUT_OFF, "tk.00123" + CUT_OFF]),
    ],
)
def test_takes_for_half_a_scan_what_lacks_the_end_that_is_known(end: End, scans: list[str]) -> None:
    assert scans_of(Keystrokes(end=end), recorded("half_and_whole")[0]) == scans


@pytest.mark.parametrize(("end", "scans"), [("enter", ["012\t345"]), ("tab", ["012", "345" + CUT_OFF])])
def test_takes_the_other_key_for_a_character_where_the_end_is_known(end: End, scans: list[str]) -> None:
    keys = packed([*typed("012", 1.0, end=15), *typed("345", 1.0)])
    assert scans_of(Keystrokes(end=end), keys) == scans


def test_takes_no_pair_of_keys_for_half_a_scan() -> None:
    assert scans_of(Keystrokes(end="enter"), recorded("a_person_then_the_scanner")[0]) == ["TK.00123"]
    assert scans_of(Keystrokes(end="enter"), packed([*typed("42", 1.0, end=None)])) == []


def test_tells_how_it_came() -> None:
    (scan,) = Keystrokes(prefix="*").feed(packed([*typed("*tk1", 7.0, 0.01)]), math.nan)
    assert (scan.text, scan.data, round(scan.took_s, 3)) == ("tk1", b"*tk1\r", 0.08)


def test_refuses_a_number_without_end() -> None:
    noted: list[Note] = []
    assert scans_of(Keystrokes(note=noted.append), by_number("048", "048", "048", "1" * 1000)) == []
    assert noted == [Note.CHORD]


def by_number(*numbers: str) -> bytes:
    alt, keypad = 56, dict(zip("7894561230", [71, 72, 73, 75, 76, 77, 79, 80, 81, 82], strict=True))
    events = []
    for number in numbers:
        events.append(Event(1.0, EV_KEY, alt, 1))
        events += [Event(1.0, EV_KEY, keypad[digit], value) for digit in number for value in (1, 0)]
        events.append(Event(1.0, EV_KEY, alt, 0))
    return packed(events)


def test_tells_two_codes_in_one_read_apart_by_their_times() -> None:
    glued = packed([*typed("TK.0", 7.0, end=None), *typed("TK.00123", 7.2, end=None)])
    assert scans_of(Keystrokes(), glued) == ["TK.0", "TK.00123"]


def test_dates_a_scan_by_the_key_that_ends_it() -> None:
    keys = Keystrokes()
    (scan,) = keys.feed(packed([*typed("TK", 7.0, end=None), *typed("123", 7.09)]), math.nan)
    assert scan.scanned_at == pytest.approx(7.09)


def test_ends_by_silence_what_has_no_end() -> None:
    keys = Keystrokes(silence_s=0.1)
    assert keys.feed(packed([*typed("tk.00123", 7.0, end=None)]), math.nan) == []
    assert keys.due == pytest.approx(7.1)
    assert keys.flush(7.09) == []
    assert [(scan.text, scan.scanned_at) for scan in keys.flush(7.11)] == [("tk.00123", 7.0)]
    assert keys.due is None
    assert keys.flush(8.0) == []


def test_takes_off_what_the_scanner_puts_around_a_code() -> None:
    keys = Keystrokes(prefix="*", suffix="#x")
    assert scans_of(keys, packed([*typed("*TK.00123#x")])) == ["TK.00123"]


def test_never_passes_the_beginning_of_an_overlong_scan_for_a_code() -> None:
    keys = Keystrokes()
    endless = packed([*typed("7" * 40 * LONGEST_FRAME, 1.0), *typed("TK.00123", 1.0)])
    assert scans_of(keys, endless) == ["7" * LONGEST_FRAME + CUT_OFF, "TK.00123"]


@pytest.mark.parametrize("count", range(1, 8))
def test_carries_nothing_over_a_replug(count: int) -> None:
    """Whatever was held, half typed or half read."""
    half = packed([*typed("A", 1.0, end=None)][:2] + [*typed("Ớ", 1.0, end=None)][:count])
    keys = Keystrokes()
    keys.feed(half + b"half", math.nan)
    keys.reset()
    assert keys.due is None
    assert scans_of(keys, packed([*typed("tk.00123", 1.0)])) == ["tk.00123"]


def test_notes_each_thing_once_for_each_plug() -> None:
    noted: list[Note] = []
    keys = Keystrokes(note=noted.append)
    for turn in range(3):
        for name in ("a_person", "ctrl_alt_f2", "events_lost"):
            scans_of(keys, recorded(name, at=turn * 10.0)[0])
    assert sorted(noted) == sorted([Note.TYPED, Note.CHORD, *[Note.DROPPED] * 3])
    keys.reset()
    scans_of(keys, recorded("ctrl_alt_f2")[0])
    assert noted[-1] is Note.CHORD


KEYS_AND_MORE = st.builds(
    Event,
    st.floats(0, 5),
    st.sampled_from([EV_KEY, EV_KEY, EV_KEY, EV_SYN, 4, 17, 65535]),
    st.one_of(st.integers(0, 130), st.integers(0, 65535)),
    st.sampled_from([0, 1, 1, 2, -1, 2**31 - 1]),
)


@given(st.one_of(st.binary(max_size=400), st.lists(KEYS_AND_MORE, max_size=60).map(packed)), ASCII)
def test_never_raises_and_reads_the_next_scan_whole_whatever_came_before(garbage: bytes, text: str) -> None:
    keys = Keystrokes()
    keys.feed(garbage, math.nan)
    keys.feed(bytes(-len(garbage) % EVENT.size), math.nan)
    keys.flush(math.inf)
    assert scans_of(keys, packed([*typed(text, 10.0, 0.008)])) == [text]


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_keeps_no_more_than_one_scan_of_garbage(chunks: list[bytes]) -> None:
    keys = Keystrokes()
    for chunk in chunks:
        scans = keys.feed(chunk, math.nan)
        assert all(0 < len(scan.text) <= LONGEST_FRAME + 1 for scan in scans)
    assert keys._framer.held <= LONGEST_FRAME


def test_knows_the_keys_by_the_kernels_names() -> None:
    evdev = pytest.importorskip("evdev", reason="evdev is an extra that has no wheel")
    codes = evdev.ecodes.ecodes
    assert (codes["EV_KEY"], codes["EV_SYN"]) == (keystrokes.EV_KEY, keystrokes.EV_SYN)
    assert codes["SYN_DROPPED"] == keystrokes.SYN_DROPPED
    assert {codes["KEY_LEFTSHIFT"], codes["KEY_RIGHTSHIFT"]} == keystrokes.SHIFTS
    assert {codes["KEY_LEFTCTRL"], codes["KEY_RIGHTCTRL"]} == keystrokes.CTRLS
    assert {codes["KEY_LEFTALT"], codes["KEY_RIGHTALT"]} == keystrokes.ALTS
    assert {codes["KEY_LEFTMETA"], codes["KEY_RIGHTMETA"]} == keystrokes.METAS
    assert (codes["KEY_CAPSLOCK"], codes["KEY_NUMLOCK"]) == (keystrokes.CAPS_LOCK, keystrokes.NUM_LOCK)
    for char in "abcdefghijklmnopqrstuvwxyz0123456789":
        assert keystrokes.PLAIN[codes[f"KEY_{char.upper()}"]] == char
    assert {codes[f"KEY_KP{digit}"]: digit for digit in "0123456789"} == keystrokes.KEYPAD_DIGITS
    ends = {codes["KEY_ENTER"], codes["KEY_KPENTER"], codes["KEY_TAB"]}
    assert {code for code, char in keystrokes.PLAIN.items() if char in "\r\t"} == ends
