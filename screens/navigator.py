"""Which page a view belongs to. No Kivy here."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Any

from screens.view_models.views import (
    AttentionView,
    BorrowView,
    CameraView,
    DeskListView,
    DeskMenuView,
    EnrolView,
    FinishView,
    FourWordsView,
    HomeView,
    KeyboardView,
    MyBooksView,
    PageView,
    RestingView,
    ReturnView,
    ServiceView,
    Shown,
)


class PageName(StrEnum):
    HOME = "home"
    BORROW = "borrow"
    MY_BOOKS = "my_books"
    GIVE_BACK = "give_back"
    FINISH = "finish"
    ATTENTION = "attention"
    CAMERA = "camera"
    RESTING = "resting"
    SERVICE = "service"
    IDLE = "idle"
    ENROL = "enrol"
    FOUR_WORDS = "four_words"
    DESK_MENU = "desk_menu"
    DESK_LIST = "desk_list"
    KEYBOARD = "keyboard"


FIRST = PageName.HOME
OF_A_BLANK_STATION = (PageName.ENROL, PageName.FOUR_WORDS)
"""Built when they are shown: an enrolled station never needs them."""
OF_STAFF = (PageName.DESK_MENU, PageName.DESK_LIST, PageName.KEYBOARD)
"""Built when they are shown: nobody queues behind a librarian, and most starts never need them."""
LATER = tuple(name for name in PageName if name is not FIRST and name not in (*OF_A_BLANK_STATION, *OF_STAFF))
"""Built after the first frame, so that none hitches when it is first shown."""


def page_of(view: PageView) -> PageName:
    match view:
        case HomeView():
            return PageName.HOME
        case BorrowView():
            return PageName.BORROW
        case MyBooksView():
            return PageName.MY_BOOKS
        case ReturnView():
            return PageName.GIVE_BACK
        case FinishView():
            return PageName.FINISH
        case AttentionView():
            return PageName.ATTENTION
        case CameraView():
            return PageName.CAMERA
        case RestingView():
            return PageName.RESTING
        case EnrolView():
            return PageName.ENROL
        case FourWordsView():
            return PageName.FOUR_WORDS
        case DeskMenuView():
            return PageName.DESK_MENU
        case DeskListView():
            return PageName.DESK_LIST
        case KeyboardView():
            return PageName.KEYBOARD
        case ServiceView():
            return PageName.SERVICE


def on_top(shown: Shown) -> PageName:
    """The page that the reader deals with now."""
    return PageName.IDLE if shown.idle else page_of(shown.page)


def page_class(name: PageName) -> Any:
    """The page's class; imported when it is first asked for, because that needs a window."""
    words = name.value.split("_")
    return getattr(import_module(f"screens.pages.{name}.{name}"), "".join(word.title() for word in words) + "Page")
