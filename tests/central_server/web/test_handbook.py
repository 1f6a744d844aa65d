"""The librarians' handbook of the pages says what the pages say."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from central_server.web import words

ROOT = Path(__file__).parents[3]


def test_whatever_is_bold_stands_on_a_page() -> None:
    said = set()
    for path in (words.LOCALE / "vi" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            said |= {str(message.string) for message in read_po(file)}
    text = (ROOT / "docs" / "handbook" / "trang-thu-thu.md").read_text("utf-8")
    bold = re.findall(r"\*\*([^*]+)\*\*", text)
    assert len(bold) > 5
    assert [one for one in bold if one not in said] == []
