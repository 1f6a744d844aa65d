"""The tiles."""

from __future__ import annotations

from functools import partial

from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, Counts, Supervising, Work
from screens.view_models import icons
from screens.view_models.views import ActKey, DeskBar, DeskMenuView, DeskTile, Tone

_MOST_SHOWN = 99


def menu_view(doing: Supervising, bar: DeskBar, words: Translator) -> DeskMenuView:
    counts = doing.counts
    listed = partial(_list, counts, words)
    return DeskMenuView(
        bar=bar,
        today_title=words.text("Today"),
        today=(
            (icons.BOOK, str(counts.lent), words.in_context("today", "lent")),
            (icons.RETURNED, str(counts.returned), words.in_context("today", "returned")),
            (icons.READERS, str(counts.readers), words.plural("reader", "readers", counts.readers)),
        ),
        tiles=(
            _tile(words.text("Lend for somebody"), words.text("who forgot their card"), icons.LEND_FOR, Act.LEND),
            _tile(words.text("Return for somebody"), words.text("many books at once"), icons.RETURN_FOR, Act.RETURN),
            _tile(words.text("Look up"), words.text("a reader or a book"), icons.FIND, Act.FIND),
            listed(Work.HELP, words.text("Calls for help"), words.text("nobody waits"), icons.CALL),
            listed(Work.DISPUTES, words.text("For a librarian"), words.text("all settled"), icons.DISPUTES),
            listed(Work.TO_CHECK, words.text("To check"), words.text("all seen"), icons.LOOK_AT),
            listed(Work.OVERDUE, words.text("Overdue books"), words.text("none is late"), icons.LATE),
            listed(Work.TO_SHELVE, words.text("Hold shelf"), words.text("nothing to put there"), icons.BOOKMARK),
            listed(Work.UNSENT, words.text("Not sent yet"), words.text("the centre has it all"), icons.SEND),
            _tile(words.text("Device"), words.text("see and test it"), icons.SCREEN, Act.DEVICE),
            _tile(words.text("Settings"), words.text("limits, days, sound"), icons.SETTINGS, Act.SETTINGS),
            _tile(words.text("Report, suggest"), words.text("a fault, a book to buy"), icons.FAULT, Act.REPORT),
        ),
    )


_QUIET = frozenset({Work.TO_SHELVE, Work.UNSENT, Work.OVERDUE})
"""Work of every day: a number, and no alarm."""


def _tile(title: str, text: str, icon: str, act: Act) -> DeskTile:
    return DeskTile(ActKey(title, icon, act), text)


def _list(counts: Counts, words: Translator, work: Work, title: str, done: str, icon: str) -> DeskTile:
    many = counts.work.get(work, 0)
    if not many:
        return DeskTile(ActKey(title, icon, Act.WORK, work.value), done)
    badge = str(many) if many <= _MOST_SHOWN else f"{_MOST_SHOWN}+"
    tone = Tone.PLAIN if work in _QUIET else Tone.ATTENTION
    return DeskTile(ActKey(title, icon, Act.WORK, work.value), _waits(work, many, words), badge, tone)


def _waits(work: Work, many: int, words: Translator) -> str:
    match work:
        case Work.DISPUTES:
            return words.text("two sides differ")
        case Work.TO_CHECK:
            return words.text("returns, odd books")
        case Work.OVERDUE:
            return words.text("by class")
        case Work.TO_SHELVE:
            return words.plural("{n} to put there", "{n} to put there", many)
        case Work.HELP:
            return words.plural("{n} reader called", "{n} readers called", many)
        case Work.UNSENT:
            return words.text("waits for the network")
