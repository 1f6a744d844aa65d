"""The one way in: a state becomes what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from kiosk.i18n import LOCALE, Translator
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Borrowing, Enrolling, Finished, Home, Proving, Resting, Returning, SessionRules, State
from screens.view_models.attention import attention_view
from screens.view_models.borrow import borrow_view
from screens.view_models.camera import camera_view
from screens.view_models.desk import keyboard
from screens.view_models.desk.page import desk_page
from screens.view_models.desk.staff_pin import staff_pin_view, types_pin
from screens.view_models.enrolment import enrolment_page
from screens.view_models.finish import finish_view
from screens.view_models.give_back import return_view
from screens.view_models.home import home_view
from screens.view_models.idle import idle_view
from screens.view_models.my_books import my_books_view
from screens.view_models.place import Place
from screens.view_models.resting import resting_view
from screens.view_models.service import service_view
from screens.view_models.views import PageView, Shown


class Presenter:
    """Presents at one place. Every language is loaded at once, so that a missing catalogue is known at the start."""

    def __init__(self, place: Place, languages: tuple[str, ...] = ("vi", "en"), folder: Path = LOCALE) -> None:
        self._place = place
        self._folder = folder
        self._words = {language: Translator(language, folder) for language in languages}

    def present(self, state: State, rules: SessionRules) -> Shown:
        words = self._words.get(state.language)
        if words is None:
            words = self._words[state.language] = Translator(state.language, self._folder)
        return present(state, rules, self._place, words)


def present(state: State, rules: SessionRules, place: Place, words: Translator) -> Shown:
    """A notice stands in place of its page, and so does the camera; the idle warning lies over either. `words` speak
    `state.language`."""
    doing = state.doing
    page: PageView
    if isinstance(doing, Resting):
        if doing.notice is not None:
            page = attention_view(doing.notice, doing, place, words)
        else:
            page = resting_view(doing, rules, place, words)
        return Shown(page, look=state.look)
    if isinstance(doing, Finished):
        return Shown(finish_view(doing, rules, words, state.look), look=state.look)
    if isinstance(doing, Enrolling):
        return Shown(enrolment_page(state, doing, rules, place, words), look=state.look)
    if isinstance(doing, Maintaining) and doing.enrolling and state.anew is not None:
        return Shown(enrolment_page(state, state.anew, rules, place, words, anew=True), look=state.look)
    if isinstance(doing, Maintaining) and doing.pin is not None and types_pin(doing.pin):
        return Shown(staff_pin_view(doing, doing.pin, rules, place, words), look=state.look)
    if isinstance(doing, Maintaining):
        return Shown(service_view(doing, rules, place, words), look=state.look)
    if isinstance(doing, Entering | Supervising):
        return Shown(desk_page(doing, rules, place, words), look=state.look)
    if isinstance(doing, Proving):
        return Shown(keyboard.proving(state, doing, rules, place, words), look=state.look)
    live = bool(place.camera) and place.camera not in state.station.scanners_lost
    aim = state.station.hint if live else None
    if doing.notice is not None:
        page = attention_view(doing.notice, doing, place, words)
    elif state.aiming and live:
        page = camera_view(aim, words)
    elif isinstance(doing, Home):
        page = home_view(state.station, rules, place, words, live=live)
    elif isinstance(doing, Borrowing) and doing.books is not None:
        page = my_books_view(doing, doing.books, rules, words)
    elif isinstance(doing, Borrowing):
        page = borrow_view(doing, rules, words, live=live, aim=aim)
    elif isinstance(doing, Returning):
        page = return_view(doing, rules, words, live=live, aim=aim)
    else:
        assert_never(doing)
    idle = None if isinstance(doing, Home) or not doing.warned else idle_view(doing, rules, words)
    return Shown(page, idle, state.look)
