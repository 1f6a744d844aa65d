"""Keys that several pages have."""

from __future__ import annotations

from kiosk.i18n import Translator, own_name
from kiosk.session.inputs import Button
from kiosk.session.states import SessionRules
from screens.view_models import icons
from screens.view_models.views import Key


def done(lent: int, words: Translator) -> Key:
    """Ends the visit. `lent`: books lent in it."""
    label = words.plural("Done, take {n} book", "Done, take {n} books", lent) if lent else words.text("Done")
    return Key(label, icons.DONE, Button.DONE)


def other_language(rules: SessionRules, words: Translator) -> Key:
    return Key(own_name(_next_language(words.language, rules.languages)), icons.LANGUAGE, Button.LANGUAGE)


def _next_language(language: str, languages: tuple[str, ...]) -> str:
    """The one that the language key leads to, round and round."""
    if language not in languages:
        return languages[0] if languages else language
    return languages[(languages.index(language) + 1) % len(languages)]


def my_books(words: Translator) -> Key:
    return Key(words.text("My books"), icons.BOOKS, Button.MY_BOOKS)


def call_librarian(words: Translator) -> Key:
    return Key(words.text("Call the librarian"), icons.CALL, Button.HELP)


def scan_again(words: Translator) -> Key:
    return Key(words.text("Scan again"), icons.BARCODE, Button.DISMISS)


def scan_on(words: Translator) -> Key:
    return Key(words.text("Keep scanning"), icons.BARCODE, Button.DISMISS)


def understood(words: Translator) -> Key:
    return Key(words.text("I understand"), icons.DONE, Button.DISMISS)


def not_now(words: Translator) -> Key:
    return Key(words.text("Not now"), icons.CLOSE, Button.DISMISS)


def return_this(words: Translator) -> Key:
    return Key(words.text("Return this book"), icons.TAKE_BACK, Button.RETURN_THIS)
