"""The enrolment code: whoever holds a picture before a camera says what is in it."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.barcodes import Code, CodeFormats, CodeKind, classify
from kiosk.domain.enrolment_code import LONGEST, EnrolmentCode, Fault, Wifi, is_enrolment_code, is_wifi, read, render
from kiosk.domain.server_address import server_address

SERVER, LIBRARY, DEVICE, TOKEN, PIN = "https://thu-vien.example.vn", "hoa-sen", "tram-1", bytes(range(16)), bytes(32)
GOOD = EnrolmentCode(SERVER, LIBRARY, DEVICE, TOKEN, PIN, Wifi("Hoa Sen", "mat khau 1"))


def written(*content: Any, beginning: str = "TXE1:") -> str:
    """As somebody writes it who knows how, and keeps to no rule."""
    raw = msgspec.msgpack.encode(content)
    return beginning + base64.b32encode(raw + zlib.crc32(raw).to_bytes(4)).decode().rstrip("=")


def code(**other: Any) -> str:
    fields = {"server": SERVER, "library": LIBRARY, "device": DEVICE, "token": TOKEN, "pin": None, "wifi": None} | other
    return written(*fields.values())


def test_reads_what_it_renders_also_with_blanks_around_it() -> None:
    assert read(f"\ufeff {render(GOOD)}\r\n".removeprefix("\ufeff")) == GOOD
    assert read(code()) == EnrolmentCode(SERVER, LIBRARY, DEVICE, TOKEN)
    assert GOOD.token_text == "00041061050R3GG28A1C60T3GF"


def test_the_example_of_the_protocol_is_read() -> None:
    text = (
        "TXE1:S25WQ5DUOBZTULZPORUHKLLWNFSW4LTFPBQW24DMMUXHM3VHNBXWCLLTMVXKM5DSMFWS2MOECAAACAQDAQCQMBYIBEFAWDANBYH4IIAAAEBAG"
        "BAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D6JKOSDPMEQFGZLOVJWWC5BANNUGC5JAGF4B6NLT"
    )
    assert read(text) == EnrolmentCode(SERVER, LIBRARY, DEVICE, TOKEN, bytes(range(32)), Wifi("Hoa Sen", "mat khau 1"))


def test_no_secret_is_in_what_a_log_would_print() -> None:
    assert "mat khau" not in repr(GOOD)
    assert repr(TOKEN)[2:-1] not in repr(GOOD)


WHOLE = render(GOOD)
ATTACKS: dict[str, tuple[str, Fault]] = {
    "nothing": ("", Fault.OTHER),
    "a book's label": ("TK.00123", Fault.OTHER),
    "a web address": ("https://thu-vien.example.vn/TXE1:AAAA", Fault.OTHER),
    "small letters": (WHOLE.lower(), Fault.OTHER),
    "no version": (WHOLE.replace("TXE1:", "TXE:"), Fault.OTHER),
    "a version to come": (WHOLE.replace("TXE1:", "TXE2:"), Fault.VERSION),
    "a version of zeros": (WHOLE.replace("TXE1:", "TXE01:"), Fault.VERSION),
    "digits of another script": (WHOLE.replace("TXE1:", "TXE١:"), Fault.VERSION),
    "only the beginning": ("TXE1:", Fault.SPOILT),
    "half of it": (WHOLE[: len(WHOLE) // 2], Fault.SPOILT),
    "one letter less": (WHOLE[:-1], Fault.SPOILT),
    "one letter changed": (WHOLE[:20] + ("A" if WHOLE[20] != "A" else "B") + WHOLE[21:], Fault.SPOILT),
    "twice": (WHOLE + WHOLE, Fault.SPOILT),
    "a blank within": (WHOLE[:20] + " " + WHOLE[20:], Fault.SPOILT),
    "a NUL within": (WHOLE[:20] + "\0" + WHOLE[20:], Fault.SPOILT),
    "padding": (WHOLE + "=", Fault.SPOILT),
    "a letter that looks alike": (WHOLE.replace("A", "А", 1), Fault.SPOILT),
    "too long": ("TXE1:" + "A" * LONGEST, Fault.SPOILT),
    "endless": ("TXE1:" + "A" * 10_000_000, Fault.SPOILT),
    "one thing less": (written(SERVER, LIBRARY, DEVICE, TOKEN, None), Fault.SPOILT),
    "one thing more": (written(SERVER, LIBRARY, DEVICE, TOKEN, None, None, "sh"), Fault.SPOILT),
    "other kinds of things": (written(1, 2, 3, 4, 5, 6), Fault.SPOILT),
    "a map": (written({"server": SERVER}), Fault.SPOILT),
    "deep": ("TXE1:" + base64.b32encode(b"\x91" * 200 + zlib.crc32(b"\x91" * 200).to_bytes(4)).decode(), Fault.SPOILT),
    "http to another machine": (code(server="http://thu-vien.example.vn"), Fault.FORBIDDEN),
    "http to an address": (code(server="http://192.168.1.10:8080"), Fault.FORBIDDEN),
    "another scheme": (code(server="file:///etc/passwd"), Fault.FORBIDDEN),
    "no scheme": (code(server="thu-vien.example.vn"), Fault.FORBIDDEN),
    "a script": (code(server="javascript:alert(1)"), Fault.FORBIDDEN),
    "a user name": (code(server="https://thu-vien.example.vn@thief.example"), Fault.FORBIDDEN),
    "a password": (code(server="https://a:b@thief.example"), Fault.FORBIDDEN),
    "a query": (code(server="https://thu-vien.example.vn?x=1"), Fault.FORBIDDEN),
    "a fragment": (code(server="https://thu-vien.example.vn#x"), Fault.FORBIDDEN),
    "a line feed in the address": (code(server="https://thu-vien.example.vn\nHost: thief"), Fault.FORBIDDEN),
    "a NUL in the address": (code(server="https://thu-vien.example.vn\0"), Fault.FORBIDDEN),
    "letters of another script in the address": (code(server="https://thu-vіen.example.vn"), Fault.FORBIDDEN),
    "an address that is not written our way": (code(server="https://Thu-Vien.example.vn/"), Fault.FORBIDDEN),
    "a port that is none": (code(server="https://thu-vien.example.vn:99999"), Fault.FORBIDDEN),
    "an endless address": (code(server="https://thu-vien.example.vn/" + "a" * 200), Fault.FORBIDDEN),
    "no library": (code(library=""), Fault.FORBIDDEN),
    "a library with a control character": (code(library="hoa\x1bsen"), Fault.FORBIDDEN),
    "a library that turns the line round": (code(library="hoa\u202esen"), Fault.FORBIDDEN),
    "a library with blanks around it": (code(library=" hoa-sen"), Fault.FORBIDDEN),
    "no device": (code(device=""), Fault.FORBIDDEN),
    "a device with a line feed": (code(device='tram-1"\n[central]'), Fault.FORBIDDEN),
    "a device of NULs": (code(device="\0\0"), Fault.FORBIDDEN),
    "an endless device": (code(device="a" * 65), Fault.FORBIDDEN),
    "no token": (code(token=b""), Fault.FORBIDDEN),
    "a short token": (code(token=bytes(15)), Fault.FORBIDDEN),
    "a long token": (code(token=bytes(17)), Fault.FORBIDDEN),
    "a token that is text": (code(token="0" * 16), Fault.SPOILT),
    "a short pin": (code(pin=bytes(31)), Fault.FORBIDDEN),
    "a pin for http": (code(server="http://127.0.0.1:8080", pin=bytes(32)), Fault.FORBIDDEN),
    "a network without a name": (code(wifi=["", "mat khau 1"]), Fault.FORBIDDEN),
    "a network's name too long": (code(wifi=["a" * 33, ""]), Fault.FORBIDDEN),
    "a network's name too long in bytes": (code(wifi=["ễ" * 11, ""]), Fault.FORBIDDEN),
    "a network's name with a line feed": (code(wifi=["a\n[wifi-security]", ""]), Fault.FORBIDDEN),
    "a network's name with a NUL": (code(wifi=["a\0b", ""]), Fault.FORBIDDEN),
    "a short password": (code(wifi=["Hoa Sen", "1234567"]), Fault.FORBIDDEN),
    "a long password": (code(wifi=["Hoa Sen", "1" * 64]), Fault.FORBIDDEN),
    "a password with a line feed": (code(wifi=["Hoa Sen", "12345678\nx"]), Fault.FORBIDDEN),
    "a password beyond ASCII": (code(wifi=["Hoa Sen", "mật khẩu một"]), Fault.FORBIDDEN),
}


@pytest.mark.parametrize(("text", "fault"), list(ATTACKS.values()), ids=list(ATTACKS))
def test_refuses(text: str, fault: Fault) -> None:
    assert read(text) is fault


def test_nothing_that_was_refused_passes_with_a_look_less() -> None:
    """Negative control: each of these is whole, and only what it asks for is forbidden."""
    forbidden = [text for text, fault in ATTACKS.values() if fault is Fault.FORBIDDEN and text.startswith("TXE1:")]
    whole = 0
    for text in forbidden:
        letters = text.removeprefix("TXE1:")
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
        whole += zlib.crc32(raw[:-4]).to_bytes(4) == raw[-4:] and len(text) <= LONGEST
    assert whole == len(forbidden)


def test_another_way_to_write_the_same_is_refused() -> None:
    """A number as a longer number of MessagePack, say: there is one text for each content."""
    raw = msgspec.msgpack.encode((SERVER, LIBRARY, DEVICE, TOKEN, None, None))
    longer = raw.replace(b"\xa6tram-1", b"\xd9\x06tram-1")
    assert raw != longer
    text = "TXE1:" + base64.b32encode(longer + zlib.crc32(longer).to_bytes(4)).decode().rstrip("=")
    assert read(text) is Fault.FORBIDDEN


@given(
    st.text()
    | st.text().map(lambda text: f"TXE1:{text}")
    | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").map("TXE1:{}".format)
)
def test_garbage_never_crashes(text: str) -> None:
    assert isinstance(read(text), Fault)


_anything = st.recursive(
    st.none() | st.integers(-5, 300) | st.text(max_size=40) | st.binary(max_size=40), st.lists, max_leaves=6
)


@given(st.lists(_anything, min_size=6, max_size=6))
def test_whole_garbage_never_crashes(content: list[Any]) -> None:
    assert isinstance(read(written(*content)), Fault)


def _address(url: str) -> bool:
    try:
        return server_address(url) == url
    except ValueError:
        return False


_names = st.text(min_size=1, max_size=64).filter(lambda text: text.isprintable() and text == text.strip())
_servers = st.from_regex(
    r"https://[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,2}(:[1-9][0-9]{0,3})?", fullmatch=True
)
_wifi = st.builds(
    Wifi,
    st.text(min_size=1, max_size=32),
    st.just("") | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63),
).filter(is_wifi)
codes = st.builds(
    EnrolmentCode,
    _servers.filter(_address),
    _names,
    _names,
    st.binary(min_size=16, max_size=16),
    st.none() | st.binary(min_size=32, max_size=32),
    st.none() | _wifi,
)


@given(codes)
def test_what_is_rendered_is_read_as_the_same(wanted: EnrolmentCode) -> None:
    text = render(wanted)
    if len(text) <= LONGEST:
        assert read(text) == wanted
    assert is_enrolment_code(text)


ANY = CodeFormats((), ())


@pytest.mark.parametrize("text", [WHOLE, WHOLE[:40], "TXE9:" + "A" * 300, f" {WHOLE} "])
def test_an_enrolled_station_keeps_nothing_of_it(text: str) -> None:
    assert classify(text, ANY) == Code("", frozenset({CodeKind.ENROLMENT}))
