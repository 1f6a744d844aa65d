"""The alphabets in which Vietnamese was written before Unicode, and how text in them looks in Unicode.

All of them put Vietnamese letters where Windows-1252 has others, so such text shows as `NguyÔn`, whether it comes as
bytes or in the cells of a workbook. TCVN3 (TCVN 5712:1993, VN3; fonts `.Vn…`) has the 67 small letters and 7 capitals;
the other capitals are small letters in a font of capitals (`.VnTimeH`). VNI (fonts `VNI-…`) writes a base letter and a
letter for its mark, Windows-1258 a letter and a combining tone.
"""

import re
import unicodedata
from enum import StrEnum


class Legacy(StrEnum):
    TCVN3 = "tcvn3"
    VNI = "vni"
    CP1258 = "cp1258"

    @property
    def label(self) -> str:
        """As librarians call it."""
        return {"tcvn3": "TCVN3 (ABC)", "vni": "VNI", "cp1258": "Windows-1258"}[self.value]


# First place in Windows-1252 → the letters from there on.
_TCVN3_RUNS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
TCVN3 = {chr(start + place): letter for start, run in _TCVN3_RUNS.items() for place, letter in enumerate(run)}

# Marks: nothing, acute, grave, hook, tilde, dot. A mark stands behind each of its bases.
_ORDER = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_VNI_MARKS = {"": " ùøûõï", "\u0302": "âáàåãä", "\u0306": "êéèúüë"}
_VNI_BASES = {"": {"a": "a", "e": "e", "o": "o", "u": "u", "y": "y", "ô": "ơ", "ö": "ư"}, "\u0306": {"a": "a"}}
_VNI_BASES["\u0302"] = {"a": "a", "e": "e", "o": "o"}
_VNI_ALONE = dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))


def _vni() -> dict[str, str]:
    small = dict(_VNI_ALONE)
    for shape, marks in _VNI_MARKS.items():
        for written, base in _VNI_BASES[shape].items():
            for mark, tone in zip(marks, _ORDER, strict=True):
                if mark != " ":
                    small[written + mark] = unicodedata.normalize("NFC", base + shape + tone)
    del small["yï"]  # ỵ has its own letter
    # A capital with a small mark is seen too.
    mixed = {written[0].upper() + written[1:]: letter.upper() for written, letter in small.items()}
    return small | mixed | {written.upper(): letter.upper() for written, letter in small.items()}


VNI = _vni()
_VNI_WRITTEN = re.compile("|".join(sorted(VNI, key=len, reverse=True)))
_TO_TCVN3 = str.maketrans(TCVN3)
_ONLY_SMALL = {letter for letter in TCVN3.values() if letter.islower()} - set("ăâêôơưđ")


def decode(text: str, alphabet: Legacy, font: str = "") -> str:
    """What `text` in `alphabet`, seen as Windows-1252, says. A font of capitals (`.VnTimeH`) makes capitals."""
    match alphabet:
        case Legacy.TCVN3:
            said = text.translate(_TO_TCVN3)
            return said.upper() if font.endswith("H") or _is_in_capitals(text) else _with_initials(said)
        case Legacy.VNI:
            return _VNI_WRITTEN.sub(lambda found: VNI[found[0]], text)
        case Legacy.CP1258:
            raw = text.encode("cp1252", "replace")
            return unicodedata.normalize("NFC", raw.decode("cp1258", "replace"))


def of_font(name: str) -> Legacy | None:
    """The alphabet that a font is made for, if it is an old Vietnamese one."""
    if name.startswith(".Vn"):
        return Legacy.TCVN3
    return Legacy.VNI if name.upper().startswith("VNI-") else None


def _is_in_capitals(text: str) -> bool:
    """Whether what TCVN3 could write as capitals are capitals: `NGUYÔN V¡N Tó`, but not `Vò Hµ`."""
    return re.search("[a-z]", text) is None and re.search("[A-Z][^ ]*[A-Z]", text) is not None


def _with_initials(said: str) -> str:
    """`said`, where a word has the initial that TCVN3 could not write when all others have one: `Ngọc ánh`."""
    words = said.split(" ")
    small = [word for word in words if word and word[0] in _ONLY_SMALL]
    others = [word for word in words if word[:1].isalpha() and word not in small]
    if not small or not others or not all(word[0].isupper() for word in others):
        return said
    return " ".join(word[0].upper() + word[1:] if word in small else word for word in words)
