"""Where a Vietnamese word ends in oa, oe or uy, its tone stands on the second vowel, on every screen and page: khoá, as
the schools' books have it and as the station's keyboard writes it (kiosk.domain.telex)."""

import re
from pathlib import Path
from unicodedata import normalize

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted(ROOT.glob("*/locale/vi/LC_MESSAGES/*.po"))
# After a q the u is no vowel.
_ELSEWHERE = re.compile(r"\b\w*(?:[òóỏõọ][ae]|(?<!q)[ùúủũụ]y)\b", re.IGNORECASE)


def elsewhere(text: str) -> list[str]:
    """The words of `text` whose tone stands on the first vowel."""
    return _ELSEWHERE.findall(normalize("NFC", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_catalogue_sets_the_tone_in_one_way(path: Path) -> None:
    with path.open("rb") as file:
        said = [str(one.string) for one in read_po(file)]
    assert elsewhere("\n".join(said)) == []


def test_control_the_other_way_is_found() -> None:
    assert {path.parents[3].name for path in CATALOGUES} == {"kiosk", "central_server"}
    assert elsewhere("Khóa, xóa thẻ, sức khỏe, hủy; THỦY") == ["Khóa", "xóa", "khỏe", "hủy", "THỦY"]
    assert elsewhere("khoá xoá khoẻ huỷ quý Quỳ hoàn xoáy toàn loại khuyến huýt ngoặc hoặc") == []
