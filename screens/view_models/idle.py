"""Bạn còn ở đây không? Laid over the page."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Borrowing, Returning, SessionRules
from screens.view_models import icons
from screens.view_models.kept import kept_on_leaving
from screens.view_models.views import Countdown, IdleView, Key


def idle_view(doing: Borrowing | Returning, rules: SessionRules, words: Translator) -> IdleView:
    return IdleView(
        title=words.text("Are you still here?"),
        text=words.text("This will close by itself, so that the next reader can borrow."),
        kept=kept_on_leaving(doing, words),
        left=Key(words.text("Finish"), icons.LEAVE, Button.DONE),
        main=Key(words.text("I am still here"), icons.HERE, Button.STILL_HERE),
        countdown=Countdown(
            doing.active_at + rules.warn_after_s + rules.end_after_warning_s,
            rules.end_after_warning_s,
        ),
    )
