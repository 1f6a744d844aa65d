"""Where a Vietnamese word ends in oa, oe or uy, its tone stands on the first vowel, on every screen and page: khóa."""

import re
from pathlib import Path
from unicodedata import normalize

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted(ROOT.glob("*/locale/vi/LC_MESSAGES/*.po"))
# After a q the u is no vowel: quý.
_ELSEWHERE = re.compile(r"\b\w*(?:o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])\b", re.IGNORECASE)


def elsewhere(text: str) -> list[str]:
    """The words of `text` whose tone stands on the second vowel."""
    return _ELSEWHERE.findall(normalize("NFC", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_catalogue_sets_the_tone_in_one_way(path: Path) -> None:
    with path.open("rb") as file:
        said = [str(one.string) for one in read_po(file)]
    assert elsewhere("\n".join(said)) == []


def test_control_the_other_way_is_found() -> None:
    assert {path.parents[3].name for path in CATALOGUES} == {"kiosk", "central_server"}
    assert elsewhere("Khoá, xoá thẻ, sức khoẻ, huỷ; THUỶ") == ["Khoá", "xoá", "khoẻ", "huỷ", "THUỶ"]
    assert elsewhere("khóa xóa khỏe hủy quý Quỳ hoàn xoáy toàn loại khuyến huýt ngoặc hoặc") == []
