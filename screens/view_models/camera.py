"""Đưa mã vạch vào trong khung."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from screens.view_models import icons
from screens.view_models.views import CameraView, Key


def camera_view(words: Translator) -> CameraView:
    return CameraView(
        title=words.text("Hold the barcode in the frame"),
        tip=words.text("Hold it still, a hand away"),
        tip_icon=icons.STILL,
        back=Key(words.text("Back"), icons.BACK, Button.DISMISS),
    )
