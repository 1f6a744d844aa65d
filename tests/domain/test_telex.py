"""Telex: a table of what is typed and what comes of it, every word that the station itself says, and what holds for
whatever is typed."""

from __future__ import annotations

import string
import unicodedata
from functools import reduce
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.telex import compose

CATALOGUE = Path(__file__).parents[2] / "kiosk" / "locale" / "vi" / "LC_MESSAGES"

TYPED = {
    # vowels and đ
    "aa": "â", "aw": "ă", "ee": "ê", "oo": "ô", "ow": "ơ", "uw": "ư", "w": "ư", "dd": "đ", "tw": "tư", "nhw": "như",
    # tones
    "as": "á", "af": "à", "ar": "ả", "ax": "ã", "aj": "ạ", "asz": "a", "asf": "à",
    # taken back
    "aaa": "aa", "aww": "aw", "ddd": "dd", "ass": "as", "eee": "ee", "ooo": "oo", "oww": "ow", "ww": "w", "az": "az",
    "nuww": "nuw", "booong": "boong", "tesst": "test", "duoww": "duow", "dataa": "data", "DDD": "DD",
    # whole words, marks in their places or at the end
    "thuw": "thư", "vieejn": "viện", "vieenj": "viện", "viene": "viên", "vienej": "viện", "nguyeexn": "nguyễn",
    "nguyeenx": "nguyễn", "nguyenex": "nguyễn", "dduowcj": "được", "duocwdj": "được", "duwowcj": "dược",
    "dduwocj": "được", "dangd": "đang", "truowngf": "trường", "truongwf": "trường", "huowng": "hương",
    "thuowr": "thuở", "huow": "huơ", "quowr": "quở", "nuowcs": "nước", "ruouwj": "rượu", "ruwowuj": "rượu",
    "tuwowi": "tươi", "tuoiw": "tươi", "luuw": "lưu", "luwu": "lưu", "muwa": "mưa", "muaw": "mưa", "hoawcj": "hoặc",
    "hoacwj": "hoặc", "khuya": "khuya", "khuyur": "khuỷu", "khoeo": "khoeo", "ngoeof": "ngoèo", "xooong": "xoong",
    "tayas": "tấy", "tuaanf": "tuần", "tuanaf": "tuần", "quys": "quý", "quyeets": "quyết", "giaf": "già", "gif": "gì",
    "ginf": "gìn", "gieengs": "giếng", "giuwx": "giữ", "gioiwf": "giời", "quaanf": "quần", "quar": "quả",
    "hoaf": "hoà", "hoafn": "hoàn", "khoas": "khoá", "thuyr": "thuỷ", "khoer": "khoẻ", "loaij": "loại", "xoays": "xoáy",
    "muaf": "mùa", "cuar": "của", "kias": "kía", "uyr": "uỷ", "yeeu": "yêu", "chieecs": "chiếc", "ddieeuf": "điều",
    "nghieeng": "nghiêng", "dausa": "dấu", "sachs": "sách", "sasch": "sách", "beenh": "bênh", "ddawsk": "đắk",
    "kroong": "krông", "kpaw": "kpă", "blow": "blơ",
    # capitals
    "DDaf": "Đà", "Ddaf": "Đà", "AA": "Â", "Aa": "Â", "OWs": "Ớ", "W": "Ư", "Tuowng": "Tương", "VIEETJ": "VIỆT",
    # what is not Vietnamese
    "wwifi": "wifi", "facebook": "facebook", "zalo": "zalo", "jeans": "jeans", "wweb": "web", "string": "string",
    "pfs": "pfs", "1a": "1a", "strs": "strs",
    # several words: only the last changes
    "cana af": "cân à", "bo os": "bo ó", "sachs-aas": "sách-ấ", "h'moong": "h'mông",
}  # fmt: skip

_TONE_KEYS = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_LETTER_KEYS = {"â": "aa", "ê": "ee", "ô": "oo", "ă": "aw", "ơ": "ow", "ư": "uw", "đ": "dd"}


def typed(keys: str) -> str:
    return reduce(compose, keys, "")


@pytest.mark.parametrize(("keys", "text"), TYPED.items(), ids=TYPED)
def test_types_what_a_vietnamese_hand_expects(keys: str, text: str) -> None:
    assert typed(keys) == unicodedata.normalize("NFC", text)


def _words_of_the_station() -> list[str]:
    words: set[str] = set()
    for file in CATALOGUE.glob("*.po"):
        with file.open("rb") as content:
            for message in read_po(content):
                said = message.string if isinstance(message.string, str) else " ".join(message.string)
                apart = "".join(letter if letter.isalpha() else " " for letter in unicodedata.normalize("NFC", said))
                words |= {word for word in apart.lower().split() if not word.isascii()}
    return sorted(words)


def _keys_of(word: str, *, marks_last: bool) -> str:
    apart = unicodedata.normalize("NFD", word)
    tone = "".join(_TONE_KEYS[mark] for mark in apart if mark in _TONE_KEYS)
    letters = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONE_KEYS))
    keys = [_LETTER_KEYS.get(letter, letter) for letter in letters]
    if not marks_last:
        return "".join(keys) + tone
    return "".join(key[0] for key in keys) + "".join(dict.fromkeys(key[1] for key in keys if len(key) > 1)) + tone


@pytest.mark.parametrize("marks_last", [False, True], ids=["marks in their places", "marks at the end"])
def test_every_vietnamese_word_that_the_station_says_can_be_typed(marks_last: bool) -> None:
    words = _words_of_the_station()
    assert len(words) > 200
    wrong = {word: typed(_keys_of(word, marks_last=marks_last)) for word in words}
    assert {word: came for word, came in wrong.items() if came != word} == {}


_KEYS = st.text(string.ascii_letters + " .,'1", max_size=24)


@given(_KEYS)
def test_whatever_is_typed_is_text_whose_letters_were_typed(keys: str) -> None:
    text = typed(keys)
    assert text == unicodedata.normalize("NFC", text)
    plain = [letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)]
    assert len(plain) <= len(keys)
    assert {letter.lower() for letter in plain} <= {letter.lower() for letter in keys} | {"đ", "u"}


@given(_KEYS, st.sampled_from("sfrxjwdaeo"))
def test_the_same_key_twice_more_writes_the_letter(keys: str, key: str) -> None:
    """Nobody is kept from a letter by what Telex makes of it."""
    once = compose(typed(keys), key)
    twice = compose(once, key)
    assert once.endswith(key) or twice.endswith(key) or compose(twice, key).endswith(key)


@given(_KEYS, st.sampled_from(string.ascii_lowercase))
def test_nothing_before_the_last_word_ever_changes(keys: str, key: str) -> None:
    before = typed(keys) + " "
    assert compose(before, key).startswith(before)
