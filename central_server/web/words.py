"""What the pages say: English sentences in code and templates, Vietnamese in locale/vi/LC_MESSAGES/*.po, one catalogue
for each part of the site. A test holds them against each other."""

import gettext
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
OWN_NAMES: dict[Language, str] = {"vi": "Tiếng Việt", "en": "English"}
FIRST: Language = "vi"

LOCALE = Path(__file__).parents[1] / "locale"


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """All sentences of a language."""
    if language == "en":
        return gettext.NullTranslations()
    whole: gettext.NullTranslations | None = None
    for path in sorted((LOCALE / language / "LC_MESSAGES").glob("*.mo")):
        with path.open("rb") as file:
            part = gettext.GNUTranslations(file)
        if whole is not None:
            part.add_fallback(whole)
        whole = part
    return whole or gettext.NullTranslations()


def language_of(text: str | None) -> Language:
    """What a cookie says; Vietnamese when it says nothing that is known."""
    return next((one for one in LANGUAGES if one == text), FIRST)
