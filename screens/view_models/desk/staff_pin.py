"""Mã PIN thủ thư: set from the maintainer's screen, for whoever holds their card."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, CardProblem, StaffPin
from kiosk.session.inputs import Button
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import SessionRules
from screens.view_models import icons
from screens.view_models.covers import nfc
from screens.view_models.desk.keyboard import pin_view
from screens.view_models.place import Place
from screens.view_models.views import Countdown, DeskBar, Key, KeyboardView, ServicePanel


def types_pin(pin: StaffPin) -> bool:
    """Whether there is somebody who types; else a panel says what comes first, or what was done."""
    return pin.who is not None and pin.done is None


def staff_pin_view(
    doing: Maintaining, pin: StaffPin, rules: SessionRules, place: Place, words: Translator
) -> KeyboardView:
    bar = DeskBar(
        title=words.text("Staff PIN"),
        subtitle=nfc(place.library_name),
        locks_in=words.text("locks by itself in"),
        lock=Key(words.text("Lock"), icons.LOCK, Button.LOCK),
        countdown=Countdown(doing.active_at + rules.maintenance_s, rules.maintenance_s),
        back=Key(words.text("Back"), icons.BACK, Button.DISMISS),
    )
    name = pin.who.name if pin.who is not None else ""
    return pin_view(bar, name, (pin.text, pin.first, pin.problem), words, of_staff=True, may_unlock=True)


def staff_pin_panel(pin: StaffPin, back: Key, words: Translator) -> ServicePanel:
    name = nfc(pin.who.name) if pin.who is not None else ""
    if pin.done is Act.UNLOCK_PIN:
        line = words.text("{name} need not wait any more, and types the PIN as before.", name=name)
        return ServicePanel(icons.OK, words.text("The wait is over"), (line,), back)
    if pin.done is not None:
        line = words.text("{name} opens the desk of this station with it, beginning with their card.", name=name)
        return ServicePanel(icons.OK, words.text("The PIN is set"), (line,), back)
    hint = words.text("It is typed twice by whoever it belongs to, and never leaves this station.")
    match pin.problem:
        case CardProblem.UNKNOWN:
            first = words.text("This is no card that the station knows. Please scan another one.")
        case CardProblem.NOT_STAFF:
            first = words.text("Nobody of the staff has this card. The centre says who is of the staff.")
        case _:
            return ServicePanel(icons.CARD, words.text("Scan the librarian's own card"), (hint,), back)
    return ServicePanel(icons.WARNING, words.text("Scan the librarian's own card"), (first, hint), back)
