"""Pages in a real window: what is painted, and what a touch sends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kiosk.session.inputs import Button
from kiosk.session.states import Look
from screens.navigator import PageName
from screens.view_models.views import Countdown
from tests.screens import sample_views as views
from tests.screens.window_rig import NOW, SIZES, Rig, shown_widgets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig()


def texts(page: Any) -> list[str]:
    """Every line of words that is drawn."""
    found: list[str] = []
    for widget in shown_widgets(page):
        if type(widget).__name__ == "Text":
            found += widget.lines
        elif type(widget).__name__ == "Paragraphs":
            found += [line for _, setting in widget.shown for line in setting.lines]
    return found


def rows_of(page: Any) -> list[Any]:
    """The rows that are seen, uppermost first."""
    found = [widget for widget in shown_widgets(page) if type(widget).__name__ == "BookRow"]
    return sorted(found, key=lambda row: (-row.y, row.x))


# Painting


def test_home_says_what_the_view_says(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    assert {"Trạm Xanh", "Chào bạn!", "Quét thẻ để bắt đầu", "Mượn sách", "Trả sách", "Cần giúp đỡ?"} <= set(
        texts(page)
    )


def test_home_speaks_the_other_language_when_the_view_does(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    rig.paint(page, views.home(english=True))
    said = texts(page)
    assert "Scan your card to begin" in said
    assert not {"Quét thẻ để bắt đầu", "Mượn sách", "Trả sách", "Cần giúp đỡ?"} & set(said)


def test_home_shows_and_takes_away_its_banner(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home(offline=True))
    assert "Đang mất mạng." in texts(page)
    rig.paint(page, views.home())
    assert "Đang mất mạng." not in texts(page)
    rig.paint(page, views.home(offline=True))
    assert "Đang mất mạng." in texts(page)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 7])
def test_borrow_shows_every_book_while_they_fit(rig: Rig, count: int) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(count))
    assert len(rows_of(page)) == count


def test_borrow_shows_the_newest_book_on_top(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    for count in (1, 2, 3, 4):
        view = views.borrow(count)
        rig.paint(page, view)
        assert [row.row for row in rows_of(page)] == list(view.rows)


def test_borrow_keeps_the_widget_of_a_book_when_a_newer_one_comes(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(2))
    before = {row.row.name: row for row in rows_of(page)}
    rig.paint(page, views.borrow(3))
    after = {row.row.name: row for row in rows_of(page)}
    assert all(after[name] is widget for name, widget in before.items())


def test_twenty_books_are_all_found_by_turning_pages(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    view = views.borrow(20, limit=20)
    # Two books of one title are two books.
    view = replace(view, rows=tuple(replace(row, name=f"{i} {row.name}") for i, row in enumerate(view.rows)))
    rig.paint(page, view)
    seen = [row.row.name for row in rows_of(page)]
    assert seen[0] == view.rows[0].name
    for _ in range(10):
        if page.ids.rows.pager.down.deaf:
            break
        assert rig.taps(page.ids.rows.pager.down) is None
        seen += [row.row.name for row in rows_of(page)]
    assert sorted(seen) == sorted(row.name for row in view.rows)


def test_a_new_book_turns_back_to_the_first_page(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(19, limit=20))
    rig.taps(page.ids.rows.pager.down)
    newer = views.borrow(20, limit=20)
    rig.paint(page, newer)
    assert rows_of(page)[0].row == newer.rows[0]


def test_return_says_on_which_shelf_a_held_book_waits(rig: Rig) -> None:
    page = rig.page(PageName.GIVE_BACK)
    rig.paint(page, views.give_back(3))
    assert texts(page).count("Giữ chỗ · ngăn 2") == 2  # the newest in large, an older one beside its title
    assert "Có bạn đang đợi cuốn này" in texts(page)


def test_attention_shows_strong_lines_without_their_stars(rig: Rig) -> None:
    page = rig.page(PageName.ATTENTION)
    rig.paint(page, views.wrong_barcode())
    shown = page.ids.advice._words.shown
    assert [paragraph.bold for paragraph, _ in shown] == [True, False, True]
    assert "*" not in "".join(texts(page))


def test_attention_without_a_kept_line_or_a_second_key_shows_neither(rig: Rig) -> None:
    page = rig.page(PageName.ATTENTION)
    rig.paint(page, views.limit_reached())
    assert {"KeptLine", "KeyButton"} <= {type(widget).__name__ for widget in shown_widgets(page)}
    rig.paint(page, views.many_reasons())
    kinds = [type(widget).__name__ for widget in shown_widgets(page)]
    assert "KeptLine" not in kinds
    assert kinds.count("KeyButton") == 1


def test_resting_counts_down_to_the_next_try(rig: Rig) -> None:
    page = rig.page(PageName.RESTING)
    rig.paint(page, views.resting())
    assert page.ids.ring.seconds_shown == "18"


def loans_of(page: Any) -> list[Any]:
    """The rows of Sách của tôi that are seen, uppermost first."""
    return sorted((row for row in shown_widgets(page) if type(row).__name__ == "LoanRow"), key=lambda row: -row.y)


def test_all_of_twenty_loans_are_found_by_turning_pages(rig: Rig) -> None:
    page = rig.page(PageName.MY_BOOKS)
    view = views.my_books(20)
    rig.paint(page, view)
    seen = [row.row for row in loans_of(page)]
    while not page.ids.rows.pager.down.deaf:
        assert rig.taps(page.ids.rows.pager.down) is None
        seen += [row.row for row in loans_of(page)]
    assert seen == list(view.rows)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_four_loans_need_no_second_page(rig: Rig, size: tuple[int, int]) -> None:
    page = rig.page(PageName.MY_BOOKS, size)
    rig.paint(page, views.my_books(4))
    assert len(loans_of(page)) == 4
    assert page.ids.rows.pager.down.parent is None


def test_a_renewed_book_stays_on_the_page_that_was_turned_to_and_other_books_begin_anew(rig: Rig) -> None:
    page = rig.page(PageName.MY_BOOKS)
    view = views.my_books(9)
    rig.paint(page, view)
    rig.taps(page.ids.rows.pager.down)
    renewed = replace(view.rows[5], renew=None, note="Đã gia hạn")
    rig.paint(page, replace(view, rows=(*view.rows[:5], renewed, *view.rows[6:])))
    assert loans_of(page)[1].row == renewed
    rig.paint(page, views.my_books(5))
    assert loans_of(page)[0].row == view.rows[0]


def test_each_loan_that_may_be_renewed_has_a_key_that_says_which(rig: Rig) -> None:
    page = rig.page(PageName.MY_BOOKS)
    view = views.my_books(4)
    rig.paint(page, view)
    keys = [row.key for row in loans_of(page) if row.key.parent is not None]
    assert [rig.taps(key) for key in keys] == [row.renew for row in view.rows if row.renew] == ["TK.3"]


def test_without_books_my_books_says_so(rig: Rig) -> None:
    page = rig.page(PageName.MY_BOOKS)
    rig.paint(page, views.my_books(4))
    rig.paint(page, views.my_books(0))
    assert loans_of(page) == []
    assert "Bạn chưa mượn cuốn nào" in texts(page)


def photo(rig: Rig, size: tuple[int, int]) -> Any:
    """What a phone would see of the lower left corner of the window, in that many px."""
    import numpy
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    seen: list[bytes] = []

    def look(*_: object) -> None:
        seen.append(bytes(glReadPixels(0, 0, *size, GL_RGB, GL_UNSIGNED_BYTE)))

    rig.window.bind(on_flip=look)
    rig.window.canvas.ask_update()
    rig.frames(1)
    rig.window.unbind(on_flip=look)
    return numpy.frombuffer(seen[-1], numpy.uint8).reshape(size[1], size[0], 3)[::-1].copy()


@pytest.mark.parametrize("look", [Look.USUAL, Look.CONTRAST])
@pytest.mark.parametrize("size", [(800, 480), (1024, 600)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_decoder_reads_the_code_of_the_finish_page_from_its_picture(
    rig: Rig, size: tuple[int, int], look: Look
) -> None:
    import zxingcpp

    page = rig.page(PageName.FINISH, size, look)
    rig.paint(page, views.finish(3))
    assert [found.text for found in zxingcpp.read_barcodes(photo(rig, size))] == [views.EVENT]
    rig.paint(page, views.finish(3, code=False))
    assert zxingcpp.read_barcodes(photo(rig, size)) == []


# Time


def test_a_ring_that_is_not_on_top_wakes_nobody(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, views.borrow(1))
    ring = page.ids.main.ring
    page.run(True)
    assert ring._next.is_triggered
    page.run(False)
    assert not ring._next.is_triggered


def test_a_ring_ends_at_nought(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    rig.paint(page, replace(views.borrow(1), countdown=Countdown(ends_at=NOW - 3, whole_s=30)))
    page.run(True)
    assert page.ids.main.ring.seconds_shown == "0"
    assert page.ids.main.ring._next is None


# Touches


def test_each_key_of_home_posts_its_own_button(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    wanted = {
        "borrow": Button.BORROW,
        "give_back": Button.RETURN,
        "my_books": Button.MY_BOOKS,
        "help": Button.HELP,
        "language": Button.LANGUAGE,
        "look": Button.LOOK,
    }
    assert {name: rig.taps(page.ids[name]) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("name", "view", "left", "main"),
    [
        (PageName.BORROW, views.borrow(2), Button.TAKE_OFF_MODE, Button.DONE),
        (PageName.MY_BOOKS, views.my_books(2), Button.RENEW_ALL, Button.DONE),
        (PageName.GIVE_BACK, views.give_back(2), Button.UNDO_RETURN, Button.DONE),
        (PageName.ATTENTION, views.limit_reached(), Button.HELP, Button.DONE),
        (PageName.ATTENTION, views.question(), Button.IT_IS_A_BOOK, Button.IT_IS_A_CARD),
        (PageName.IDLE, views.idle(), Button.DONE, Button.STILL_HERE),
    ],
)
def test_both_lower_keys_post_what_the_view_gives_them(
    rig: Rig, name: PageName, view: Any, left: Button, main: Button
) -> None:
    page = rig.page(name)
    rig.paint(page, view)
    assert (rig.taps(page.ids.left), rig.taps(page.ids.main)) == (left, main)


def test_a_row_that_can_be_taken_off_posts_its_own_operation(rig: Rig) -> None:
    page = rig.page(PageName.BORROW)
    view = views.borrow(3, taking_off=True)
    rig.paint(page, view)
    assert [rig.taps(row._key) for row in rows_of(page)] == [row.take_off for row in view.rows]


def test_a_touch_that_slides_off_its_key_posts_nothing(rig: Rig) -> None:
    from kivy.tests.common import UnitTestTouch

    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    before = len(rig.posted)
    touch = UnitTestTouch(*page.ids.help.center)
    touch.touch_down()
    touch.touch_move(10, 10)
    touch.touch_up()
    rig.frames(1)
    assert len(rig.posted) == before
    rig.until(lambda: not page.ids.help.pressed)


def test_a_short_touch_is_seen_before_the_key_comes_up_again(rig: Rig) -> None:
    page = rig.page(PageName.HOME)
    rig.paint(page, views.home())
    assert rig.taps(page.ids.help) is Button.HELP
    assert page.ids.help.pressed
    rig.until(lambda: not page.ids.help.pressed)


def test_nothing_below_the_idle_warning_can_be_touched(rig: Rig) -> None:
    below = rig.page(PageName.BORROW)
    rig.paint(below, views.borrow(2))
    from screens.navigator import page_class

    idle = page_class(PageName.IDLE)(rig.bridge, size=below.size)
    idle.paint(views.idle())
    rig.window.add_widget(idle)
    rig.frames(2)
    assert rig.taps(below.ids.left) is None
    rig.window.remove_widget(idle)
    rig.frames(1)
    assert rig.taps(below.ids.left) is Button.TAKE_OFF_MODE  # the same touch, with nothing above
