"""Trang đầu."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import SessionRules, Station
from screens.view_models import icons, keys
from screens.view_models.aiming import hinted
from screens.view_models.covers import nfc
from screens.view_models.place import Place
from screens.view_models.views import Banner, HomeView, Key, Tone


def home_view(
    station: Station, rules: SessionRules, place: Place, words: Translator, *, live: bool = False
) -> HomeView:
    return HomeView(
        brand=nfc(place.brand),
        place=nfc(place.library_name),
        greeting=words.text("Hello!"),
        title=hinted(words.text("Scan your card to begin"), station.hint if live else None, words),
        borrow_title=words.text("Borrow"),
        borrow_hint=words.text("Scan your card, then each book"),
        return_title=words.text("Return"),
        return_hint=words.text("Just scan the books, no card needed"),
        my_books=keys.my_books(words),
        help=Key(words.text("Need help?"), icons.CALL, Button.HELP),
        language=keys.other_language(rules, words),
        look=Key("Aa", "", Button.LOOK),  # a sign, the same in every language
        banner=_banner(station, place, words),
        live=live,
    )


def _banner(station: Station, place: Place, words: Translator) -> Banner | None:
    # Without a scanner nothing works, without a network everything does: the scanner is said first.
    if place.camera and station.scanners_lost == {place.camera}:
        check = words.text("Ask the librarian to check cable and light.")
        return Banner(icons.WARNING, words.text("The camera is resting."), check, tone=Tone.ATTENTION)
    if station.scanners_lost:
        check = words.text("Please ask the librarian to check its cable.")
        return Banner(icons.WARNING, words.text("The scanner is resting."), check, tone=Tone.ATTENTION)
    if station.online:
        return None
    waiting = words.plural("{n} record to send", "{n} records to send", station.pending) if station.pending else ""
    as_usual = words.text("You can still borrow and return as usual.")
    return Banner(icons.OFFLINE, words.text("No network now."), as_usual, waiting)
