"""Trạm đang nghỉ: the store takes nothing, so nothing is lent."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.states import Resting, SessionRules
from screens.view_models.covers import nfc
from screens.view_models.place import Place
from screens.view_models.views import Countdown, RestingView

FOR_A_PERSON = "K-04"
"""The store is damaged: nothing is thrown away, and only a person decides what takes its place."""
FULL = "K-05"
"""There is no room on the disk, and the reserve is used up."""
OTHER_MACHINE = "K-07"
"""The card was put into another machine: nothing is wrong with it."""
NOTHING_STARTS = "K-06"
"""No release can be started: a picture of this page is then drawn from outside of all of them."""


def resting_view(resting: Resting, rules: SessionRules, place: Place, words: Translator) -> RestingView:
    waits_for_a_person = resting.code == FOR_A_PERSON
    if waits_for_a_person:
        trying = words.text("All that was recorded is kept. Someone has to look after this station.")
    elif resting.code == FULL:
        trying = words.text("Its memory is full. It opens again once there is room.")
    elif resting.code == OTHER_MACHINE:
        trying = words.text("This card is another machine’s: put it back, or use the recovery code.")
    else:
        trying = words.text("It is mending itself and will open again.")
    return RestingView(
        brand=nfc(place.brand),
        place=nfc(place.library_name),
        title=words.text("The station is taking a rest"),
        text=words.text("The librarian can lend and take back your books. Books to return go on the cart."),
        trying=trying,
        staff_line=words.text("Code for the librarian: {codes} · data store", codes=resting.code),
        countdown=None if waits_for_a_person else Countdown(resting.since, rules.store_retry_s, repeats=True),
    )


def nothing_starts_view(place: Place, words: Translator) -> RestingView:
    return RestingView(
        brand=nfc(place.brand),
        place=nfc(place.library_name),
        title=words.text("The station is taking a rest"),
        text=words.text("The librarian can lend and take back your books. Books to return go on the cart."),
        trying=words.text("All that was recorded is kept. Someone has to look after this station."),
        staff_line=words.text("Code for the librarian: {codes} · program", codes=NOTHING_STARTS),
        countdown=None,
    )
