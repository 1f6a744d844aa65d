"""Telex: Vietnamese letters from a keyboard without accents, as everybody in Việt Nam types them.

aa, ee, oo make â, ê, ô; w makes ă, ơ, ư; dd makes đ; s f r x j put a tone and z takes it away; also behind the end of
the syllable. The same key again takes it back, and writes the letter itself. What cannot be Vietnamese stays as typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import product

_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_TONE_MARKS = frozenset(_TONES.values())
_ROUNDED = {"a": "â", "e": "ê", "o": "ô"}
_PLAIN = {"ă": "a", "â": "a", "ê": "e", "ô": "o", "ơ": "o", "ư": "u", "đ": "d"}
_HORNS = {"ua": "ưa", "uu": "ưu", "ui": "ưi", "oa": "oă"}
"""What w makes of two vowels. Of others it takes the pair uo as one, else the last that it can."""

_NUCLEI = (
    "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iu oa oă oe oi ôi ơi oo ua uâ uê ui uô uơ uy ưa ưi ươ ưu yê "
    "iêu oai oao oay oeo uây uôi uya uyê uyu ươi ươu yêu"
)
_SYLLABLE = re.compile(
    r"(?P<onset>qu(?=[aăâeêioôơuưy])|gi(?=[aăâeêioôơuưy])|[bcdđghklmnpqrstvx]{0,3})"
    r"(?P<nucleus>[aăâeêioôơuưy]{0,3})(?P<coda>c|ch|k|m|n|ng|nh|p|t|)"
)
_LAST_WORD = re.compile(r"[^\W\d_]*\Z")
_TONE_ON_THE_SECOND = ("oa", "oe", "uy")


def _on_the_way(nucleus: str) -> set[str]:
    """All that is there while it is typed: its beginnings, with only some of the marks yet."""
    letters = [sorted({letter, _PLAIN.get(letter, letter)}) for letter in nucleus]
    return {"".join(some) for end in range(1, len(letters) + 1) for some in product(*letters[:end])}


_MAY_BE = frozenset().union(*(_on_the_way(nucleus) for nucleus in _NUCLEI.split()))


@dataclass(frozen=True, slots=True)
class _Syllable:
    """`letters` without their tone; places count in them."""

    letters: str
    begins: int  # the nucleus
    ends: int
    tone: str  # a combining mark, or ""

    @property
    def nucleus(self) -> str:
        return self.letters[self.begins : self.ends].lower()

    def text(self) -> str:
        if not self.tone or not self.nucleus:
            return self.letters
        place = self.begins + _tone_place(self.nucleus, has_coda=self.ends < len(self.letters)) + 1
        return unicodedata.normalize("NFC", self.letters[:place] + self.tone + self.letters[place:])

    def with_nucleus(self, nucleus: str) -> _Syllable | None:
        """None: there is no such one in Vietnamese."""
        if nucleus not in _MAY_BE:
            return None
        return replace(self, letters=self.letters[: self.begins] + self._as_it_was(nucleus) + self.letters[self.ends :])

    def _as_it_was(self, nucleus: str) -> str:
        before = self.letters[self.begins : self.ends]
        return "".join(new.upper() if old.isupper() else new for old, new in zip(before, nucleus, strict=True))


def compose(text: str, key: str) -> str:
    """`text` after `key`, one letter, was typed at its end. NFC."""
    text = unicodedata.normalize("NFC", text)
    found = _LAST_WORD.search(text)
    word = found.group() if found else ""
    before = text[: len(text) - len(word)]
    syllable = _taken_apart(word)
    changed = _changed(syllable, key.lower()) if syllable is not None else None
    if changed == "":  # the same key again
        assert syllable is not None
        return before + _taken_back(syllable, key)
    if changed is not None:
        return before + changed
    if key.lower() == "w" and syllable is not None and not syllable.nucleus:
        return before + word + ("Ư" if key.isupper() else "ư")
    return before + _settled(word, key)


def _taken_apart(word: str) -> _Syllable | None:
    """None: it is no Vietnamese syllable, and none that is being typed."""
    apart = unicodedata.normalize("NFD", word)
    tones = [mark for mark in apart if mark in _TONE_MARKS]
    letters = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONE_MARKS))
    shape = _SYLLABLE.fullmatch(letters.lower())
    if shape is None or len(tones) > 1:
        return None
    begins, ends = shape.span("nucleus")
    if begins == ends and shape["coda"]:
        begins = ends = len(letters)
    if begins != ends and shape["nucleus"] not in _MAY_BE:
        return None
    return _Syllable(letters, begins, ends, tones[0] if tones else "")


def _changed(syllable: _Syllable, key: str) -> str | None:
    """What the key makes of it; "": it was pressed before; None: it is a letter like any other."""
    letters, nucleus = syllable.letters.lower(), syllable.nucleus
    if key == "d" and letters[:1] in ("d", "đ"):
        if letters[0] == "đ":
            return ""
        stroke = "Đ" if syllable.letters[0].isupper() else "đ"
        return replace(syllable, letters=stroke + syllable.letters[1:]).text()
    if not nucleus:
        return None
    if key in _TONES:
        if syllable.tone == _TONES[key]:
            return ""
        return replace(syllable, tone=_TONES[key]).text()
    if key == "z" and syllable.tone:
        return replace(syllable, tone="").text()
    if key in _ROUNDED:
        if _ROUNDED[key] in nucleus:
            return ""
        marked = [place for place, letter in enumerate(nucleus) if _PLAIN.get(letter, letter) == key]
        if not marked:
            return None
        return _with(syllable, nucleus[: marked[-1]] + _ROUNDED[key] + nucleus[marked[-1] + 1 :])
    if key == "w":
        horned = _horned(nucleus, is_open=syllable.ends == len(syllable.letters))
        return "" if horned == nucleus else _with(syllable, horned)
    return None


def _with(syllable: _Syllable, nucleus: str) -> str | None:
    changed = syllable.with_nucleus(nucleus)
    return changed.text() if changed is not None else None


def _horned(nucleus: str, *, is_open: bool) -> str:
    """The same: w has done all that it can."""
    plain = "".join(_PLAIN.get(letter, letter) for letter in nucleus)
    if any(letter in "ăơư" for letter in nucleus) and nucleus not in ("ưo", "ưô"):
        return nucleus
    if plain.startswith("uo"):
        if plain == "uo" and is_open and nucleus in ("uo", "uô"):
            return "uơ"  # huơ, thuở; it becomes ươ with the next letter
        return "ươ" + plain[2:]
    if plain in _HORNS:
        return _HORNS[plain]
    for place in range(len(plain) - 1, -1, -1):
        if plain[place] in "aou":
            horn = {"a": "ă", "o": "ơ", "u": "ư"}[plain[place]]
            return nucleus[:place] + horn + nucleus[place + 1 :]
    return nucleus


def _taken_back(syllable: _Syllable, key: str) -> str:
    """As it was before the key was pressed the first time, and the letter of the key itself."""
    small = key.lower()
    if small in _TONES:
        return replace(syllable, tone="").text() + key
    if syllable.letters.lower() == "ư" and small == "w":
        return key  # which made it
    takes = {"d": "đ", "w": "ăơư"}.get(small) or _ROUNDED[small]
    plain = "".join(_plain(letter) if letter.lower() in takes else letter for letter in syllable.letters)
    return replace(syllable, letters=plain).text() + key


def _plain(letter: str) -> str:
    plain = _PLAIN[letter.lower()]
    return plain.upper() if letter.isupper() else plain


def _settled(word: str, key: str) -> str:
    """With one letter more: the tone moves to its place, and uơ becomes ươ."""
    longer = _taken_apart(word + key)
    if longer is None:
        return word + key
    nucleus = longer.nucleus
    more = len(nucleus) > 2 or (nucleus and longer.ends < len(longer.letters))
    if more and nucleus[:2] in ("uơ", "ưo"):
        longer = longer.with_nucleus("ươ" + nucleus[2:]) or longer
    return longer.text()


def _tone_place(nucleus: str, *, has_coda: bool) -> int:
    marked = [place for place, letter in enumerate(nucleus) if letter in _PLAIN]
    if marked:
        return marked[-1]
    if has_coda or len(nucleus) == 1:
        return len(nucleus) - 1
    if len(nucleus) == 3:
        return 1
    return 1 if nucleus in _TONE_ON_THE_SECOND else 0
