"""A title, looked up at the desk: found by its name, and what the library has of it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kiosk.domain.loan_policy import LoanPolicy
from kiosk.domain.model import ItemStatus
from kiosk.domain.requests import ChangeItemStatus
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, ItemRecord, TitleRecord
from kiosk.session.desk_inputs import TitleOpened
from kiosk.session.desk_states import ItemShown, TitleShown
from kiosk.session.effects import Ask, FindReaders, OpenTitle
from kiosk.session.inputs import Asked, ReadersFound
from tests.desk.conftest import RULES, STAFF

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff(STAFF[0], Role.LIBRARIAN))


def found(library: "Library", text: str, *, titles: bool = True) -> ReadersFound:
    answer = library.ask(FindReaders(7, 9, text, titles))
    assert isinstance(answer, ReadersFound)
    return answer


def opened(library: "Library", title_id: str) -> TitleShown | None:
    answer = library.ask(OpenTitle(7, 9, title_id, "TK.00001"))
    assert isinstance(answer, TitleOpened)
    assert (answer.visit, answer.request, answer.chosen) == (7, 9, "TK.00001")
    return answer.title


def items(library: "Library", title_id: str = "t1") -> tuple[ItemShown, ...]:
    title = opened(library, title_id)
    assert title is not None
    return title.items


def test_titles_are_found_beside_readers_and_only_where_they_are_asked_for(library: "Library") -> None:
    library.apply(TitleRecord("t9", "Hân hoan", "Tô Hoài", None, "V23", "Kệ Xanh 1"))
    both = found(library, "han")
    assert [one.name for one in both.readers] == ["Gia Hân"]
    assert [(one.barcode, one.title_id, one.name, one.author) for one in both.titles] == [
        ("", "t9", "Hân hoan", "Tô Hoài"),
    ]
    assert found(library, "han", titles=False).titles == ()


@pytest.mark.parametrize(("many", "more"), [(20, False), (21, True)])
def test_says_when_there_are_more_titles(library: "Library", many: int, more: bool) -> None:
    library.apply(*(TitleRecord(f"s{n}", f"Sách {n}", "", None, "", "") for n in range(many)))
    answer = found(library, "sach")
    assert (len(answer.titles), answer.more) == (20, more)


def test_an_item_is_here_on_loan_marked_or_read_here(library: "Library") -> None:
    library.lent_elsewhere("i1", "p1")
    library.apply(
        ItemRecord("i8", "t1", "TK.00008", "STK", ItemStatus.LOST),
        ItemRecord("i7", "t1", "TK.00007", "STK", ItemStatus.AVAILABLE),
        ItemRecord("i9", "t1", "TK.00009", "STK", ItemStatus.AVAILABLE, in_house_only=True),
    )
    assert opened(library, "t1") == TitleShown(
        found(library, "nhan de 1").titles[0],
        "Kệ Xanh 1",
        "V23",
        (
            ItemShown("TK.00001", is_lent=True),
            ItemShown("TK.00007"),
            ItemShown("TK.00008", marked="lost"),
            ItemShown("TK.00009", in_house_only=True),
        ),
    )
    assert "Minh An" not in repr(opened(library, "t1")), "who has it is not told"


def test_a_type_that_nobody_may_take_home_is_read_here(library: "Library") -> None:
    assert items(library, "t6") == (ItemShown("TK.00006", in_house_only=True),)
    library.apply(replace(RULES, policies={**RULES.policies, ("gv", "TC"): LoanPolicy(7, 1, 0)}))
    assert items(library, "t6") == (ItemShown("TK.00006"),), "teachers may"


def test_a_book_that_nobody_has_is_marked_as_lost_and_found_again(library: "Library") -> None:
    for status, marked in ((ItemStatus.LOST, "lost"), (ItemStatus.AVAILABLE, "")):
        assert isinstance(library.ask(Ask(7, 9, None, ChangeItemStatus("TK.00001", status), LAN)), Asked)
        assert items(library) == (ItemShown("TK.00001", marked=marked),)


def test_a_title_that_is_gone_or_has_not_come(library: "Library") -> None:
    assert opened(library, "none") is None
    library.apply(Gone("title", "t1"))
    title = opened(library, "t1")
    assert title is not None, "its item is still here"
    assert (title.book.name, [one.barcode for one in title.items]) == ("", ["TK.00001"])
    library.apply(Gone("item", "i1"))
    assert opened(library, "t1") is None
