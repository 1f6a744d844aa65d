"""Trạm đang nghỉ: the store takes nothing, so nothing is lent."""

from __future__ import annotations

from typing import Final

from kiosk.i18n import Translator
from kiosk.session.states import Resting
from screens.view_models.covers import nfc
from screens.view_models.place import Place
from screens.view_models.views import Countdown, RestingView

NEXT_TRY_S: Final = 20.0


def resting_view(resting: Resting, place: Place, words: Translator) -> RestingView:
    return RestingView(
        brand=nfc(place.brand),
        place=nfc(place.library_name),
        title=words.text("The station is taking a rest"),
        text=words.text("The librarian can lend and take back your books. Books to return go on the cart."),
        trying=words.text("It is mending itself and will open again."),
        staff_line=words.text("Code for the librarian: {codes} · data store", codes=resting.code),
        countdown=Countdown(resting.since + NEXT_TRY_S, NEXT_TRY_S, repeats=True),
    )
