"""A list of the desk in a real window: the page that somebody has turned to stays while the list changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gallery.desk import at_desk
from gallery.desk_readers import LATE_BOOKS, TITLE
from gallery.samples import PLACE, RULES
from kiosk.i18n import Translator
from kiosk.session.desk_states import AtTitle, AtWork, DeskPage, ItemShown, Work
from kiosk.session.inputs import LineTouched
from screens.navigator import PageName
from screens.view_models import present
from tests.screens.window_rig import NOW, Rig, shown_widgets

LATE = tuple(replace(LATE_BOOKS[1], id=f"l-{n}") for n in range(30))


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def paint(rig: Rig, page: Any, of: DeskPage, words: Mapping[str, Translator]) -> list[str]:
    """The ids of the lines that can be seen, from above."""
    rig.paint(page, present(at_desk(of), RULES, PLACE, words["vi"]).page)
    return seen(page)


def seen(page: Any) -> list[str]:
    lines = [one for one in shown_widgets(page) if type(one).__name__ == "DeskLine" and one.value]
    return [one.value for one in sorted(lines, key=lambda one: -one.y)]


def test_the_page_that_was_turned_to_stays_and_nothing_moves(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName("desk_list"))
    paint(rig, page, AtWork(Work.OVERDUE, LATE), words)
    rig.taps(page.ids.lines.pager.down)
    before = seen(page)
    assert before
    assert before[0] != LATE[0].id
    new = replace(LATE[0], id="l-new")
    gone = frozenset({before[1]})
    assert paint(rig, page, AtWork(Work.OVERDUE, (*LATE, new), gone=gone), words) == before
    line = next(one for one in shown_widgets(page) if type(one).__name__ == "DeskLine" and one.value == before[1])
    assert "đã xong" in {part.text for part in shown_widgets(line) if type(part).__name__ == "Text"}
    rig.tap(line.x + line.width / 2, line.y + line.height / 2)
    assert rig.posted[-1] == LineTouched(before[1], NOW)
    left = tuple(one for one in LATE if one.id != before[1])
    assert paint(rig, page, AtWork(Work.OVERDUE, left), words)[:1] == before[:1], "after an act of one's own, too"
    page.run(False)
    assert paint(rig, page, AtWork(Work.OVERDUE, left), words)[0] == LATE[0].id, "opened once more"


def test_another_list_begins_where_something_is_chosen(rig: Rig, words: Mapping[str, Translator]) -> None:
    page = rig.page(PageName("desk_list"))
    paint(rig, page, AtWork(Work.OVERDUE, LATE), words)
    rig.taps(page.ids.lines.pager.down)
    items = tuple(ItemShown(f"TK.{n:05}") for n in range(40))
    title = replace(TITLE, items=items)
    assert "TK.00031" in paint(rig, page, AtTitle(title, "TK.00031"), words)
    rig.taps(page.ids.lines.pager.up)
    assert "TK.00031" not in seen(page)
    assert "TK.00038" in paint(rig, page, AtTitle(title, "TK.00038"), words), "scanned: it is on another page"
    assert paint(rig, page, AtWork(Work.OVERDUE, LATE), words)[0] == LATE[0].id


def test_the_first_list_of_all_begins_where_something_is_chosen(rig: Rig, words: Mapping[str, Translator]) -> None:
    title = replace(TITLE, items=tuple(ItemShown(f"TK.{n:05}") for n in range(40)))
    assert "TK.00031" in paint(rig, rig.page(PageName("desk_list")), AtTitle(title, "TK.00031"), words)
