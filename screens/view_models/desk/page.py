"""Which of the desk's pages is shown, and the bar that they share."""

from __future__ import annotations

from kiosk.i18n import Translator
from kiosk.session.desk_states import (
    AtReader,
    AtSettings,
    AtTitle,
    AtWork,
    Entering,
    Finding,
    Lending,
    Menu,
    Reporting,
    Supervising,
    TakingBack,
    Writing,
)
from kiosk.session.inputs import Button
from kiosk.session.states import SessionRules
from screens.view_models import icons
from screens.view_models.covers import nfc
from screens.view_models.desk import keyboard, lending, menu, readers, reporting, returning, settings, titles, work
from screens.view_models.place import Place
from screens.view_models.views import Countdown, DeskBar, DeskListView, DeskMenuView, Key, KeyboardView


def desk_page(
    doing: Entering | Supervising, rules: SessionRules, place: Place, words: Translator
) -> DeskMenuView | DeskListView | KeyboardView:
    if isinstance(doing, Entering):
        return keyboard.entering(doing, rules, place, words)

    def bar(title: str, *, back: bool = True) -> DeskBar:
        return desk_bar(title, doing, rules, place, words, back=back)

    match doing.page:
        case Menu():
            return menu.menu_view(doing, bar(words.text("Librarian's desk"), back=False), words)
        case Lending() as page:
            return lending.lending_view(page, bar, words)
        case TakingBack() as page:
            return returning.returning_view(page, bar, words)
        case Finding() as page:
            return readers.finding_view(page, bar, words)
        case AtReader() as page:
            return readers.reader_view(page, bar, words)
        case AtTitle() as page:
            return titles.title_view(page, bar, words)
        case AtWork() as page:
            return work.work_view(page, bar, words)
        case AtSettings() as page:
            return settings.settings_view(page, bar, words)
        case Reporting() as page:
            return reporting.reporting_view(page, bar, words)
        case Writing() as page:
            return keyboard.writing_view(page, bar, words)


def desk_bar(
    title: str, doing: Supervising, rules: SessionRules, place: Place, words: Translator, *, back: bool
) -> DeskBar:
    return DeskBar(
        title=title,
        subtitle=nfc(" · ".join(filter(None, (doing.who.name, place.library_name)))),
        locks_in=words.text("locks by itself in"),
        lock=Key(words.text("Lock"), icons.LOCK, Button.LOCK),
        countdown=Countdown(doing.active_at + rules.supervised_s, rules.supervised_s),
        back=Key(words.text("Back"), icons.BACK, Button.DISMISS) if back else None,
    )
