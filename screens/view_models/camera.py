"""Đưa mã vạch vào trong khung."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Hint
from screens.view_models import icons
from screens.view_models.aiming import hint_words
from screens.view_models.views import CameraView, Key


def camera_view(aim: Hint | None, words: Translator) -> CameraView:
    as_usual = words.text("Hold it still, a hand away"), icons.STILL
    tip, tip_icon = hint_words(aim, words) if aim else as_usual
    return CameraView(
        title=words.text("Hold the barcode in the frame"),
        tip=tip,
        tip_icon=tip_icon,
        back=Key(words.text("Back"), icons.BACK, Button.DISMISS),
    )
