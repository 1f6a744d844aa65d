"""What people type into forms, and what may be wrong with it."""

import unicodedata
from collections.abc import Mapping

from central_server.imports.words import tidy


class Wrong(Exception):
    """`fields`: what is wrong with each of them, as a word that a page has a sentence for."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(dict(fields))
        self.fields = dict(fields)


def one_line(text: str) -> str | None:
    """`text` as it is kept; `None` when it has what is no letter."""
    plain = tidy(text)
    return None if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in plain) else plain
