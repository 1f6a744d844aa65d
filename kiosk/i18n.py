r"""Words in the reader's language: gettext catalogues in locale/<language>/LC_MESSAGES, msgids in English.

    pybabel extract --no-default-keywords -k text -k plural:1,2 -k in_context:1c,2 \
        --no-location -o kiosk.pot kiosk devices screens provisioning
    pybabel update -D kiosk -d kiosk/locale -i kiosk.pot -w 120 --no-fuzzy-matching

script/setup compiles them. The first argument of `text`, `plural` and `in_context` is always a literal: extraction
finds no other.
"""

from __future__ import annotations

import gettext
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kiosk.domain.findings import Sentence

DOMAIN: Final = "kiosk"
LOCALE: Final = Path(__file__).parent / "locale"

_OWN_NAMES: Final = {"vi": "Tiếng Việt", "en": "English"}


class NoCatalogue(LookupError):
    """The message is a sentence for whoever sets the station up."""


def own_name(language: str) -> str:
    """What a language calls itself, for the key that switches to it."""
    return _OWN_NAMES.get(language, language)


def _load(language: str, folder: Path) -> gettext.GNUTranslations:
    there = sorted({path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.[pm]o")})
    if language not in there:
        known = ", ".join(there) or "none"
        raise NoCatalogue(f"There is no catalogue for the language {language!r}; there are: {known}.")
    compiled = folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    except FileNotFoundError:
        raise NoCatalogue(f"The catalogue for {language!r} is not compiled yet; run script/setup.") from None


@dataclass(frozen=True, slots=True)
class Translator:
    """Speaks one language. Values fill named {placeholders}; what comes out is NFC, whatever form a value had.

    Raises NoCatalogue when made for a language that has no compiled catalogue in `folder`.
    """

    language: str
    folder: Path = LOCALE
    _catalogue: gettext.GNUTranslations = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_catalogue", _load(self.language, self.folder))

    def text(self, msgid: str, /, **values: object) -> str:
        return _filled(self._catalogue.gettext(msgid), values)

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`n` chooses the form and fills {n}."""
        return _filled(self._catalogue.ngettext(one, many, n), {"n": n, **values})

    def in_context(self, context: str, msgid: str, /, **values: object) -> str:
        """For a msgid too short to say by itself what it means."""
        return _filled(self._catalogue.pgettext(context, msgid), values)

    def say(self, sentence: Sentence) -> str:
        """What was made where no language was spoken; "" for nothing."""
        if not sentence:
            return ""
        values = {name: self.say(one) if isinstance(one, Sentence) else one for name, one in sentence.values}
        if sentence.many:
            template = self._catalogue.ngettext(sentence.msgid, sentence.many, sentence.n)
            return _filled(template, {"n": sentence.n, **values})
        return _filled(self._catalogue.gettext(sentence.msgid), values)


def _filled(template: str, values: dict[str, object]) -> str:
    return unicodedata.normalize("NFC", template.format(**values))
