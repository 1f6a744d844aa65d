"""What a librarian must look at: both versions, one touch, and whose word counts."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.domain.disputes import Version
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestRecord, RequestState, Settle
from kiosk.session.desk_states import BY_ITSELF, DisputeLine, VersionShown, Work
from kiosk.session.effects import Ask
from kiosk.session.inputs import Asked, NotAsked
from tests.desk.conftest import DISPUTE
from tests.desk.test_work_lists import LAN, counted, listed

if TYPE_CHECKING:
    from tests.desk.conftest import Library


def settle(library: "Library", way: str = "first_over", dispute: str = "d1") -> Asked | NotAsked:
    answer = library.ask(Ask(7, 9, None, Settle(dispute, way), LAN))
    assert isinstance(answer, Asked | NotAsked)
    return answer


def answered(library: "Library", ours: Asked, state: RequestState, why: str | None = None) -> None:
    now = library.clock.now().wall_ms
    library.apply(RequestRecord(ours.id, "settlement", "d1", None, now, state, "rule", why))


def test_a_dispute_is_shown_with_both_versions_and_whoever_is_known(disputed: "Library") -> None:
    (line,) = listed(disputed, Work.DISPUTES)
    assert line == DisputeLine(
        "d1",
        "already_on_loan",
        line.book if isinstance(line, DisputeLine) else None,
        VersionShown(True, "tram-1", "check_out", "Minh An", 1_795_400_000_000),
        VersionShown(False, "tram-2", "check_out", "Gia Hân", None),
        ("first_over", "first_has_it"),
        5,
    )
    assert isinstance(line, DisputeLine)
    assert line.book is not None
    assert line.book.name == "Nhan đề 1"


def test_a_dispute_that_nobody_could_read_is_shown_all_the_same(library: "Library") -> None:
    unread = Version("tram-2", "bb" * 16, 3, None, None, (), None)
    library.apply(replace(DISPUTE, reason="unreadable", held=None, came=unread, ways=("seen",)))
    (line,) = listed(library, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert (line.book, line.held, line.came) == (None, None, VersionShown(False, "tram-2", None, "", None))


def test_a_settlement_is_shown_as_asked_until_the_centre_answers(disputed: "Library") -> None:
    assert counted(disputed).work[Work.DISPUTES] == 1
    ours = settle(disputed)
    assert isinstance(ours, Asked)
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert (line.asked, line.settled) == (RequestState.WAITING, "")
    assert counted(disputed).work[Work.DISPUTES] == 0
    answered(disputed, ours, RequestState.GRANTED)
    disputed.apply(replace(DISPUTE, is_open=False, way="first_over"))
    assert listed(disputed, Work.DISPUTES) == ()


def test_two_librarians_at_two_stations_the_first_word_counts_and_the_other_is_told(disputed: "Library") -> None:
    ours = settle(disputed)
    assert isinstance(ours, Asked)
    disputed.apply(replace(DISPUTE, is_open=False, way="first_has_it"))
    answered(disputed, ours, RequestState.DECLINED, "settled_already")
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert (line.asked, line.settled) == (RequestState.DECLINED, "first_has_it")
    assert counted(disputed).work[Work.DISPUTES] == 0
    assert isinstance(settle(disputed), NotAsked)
    disputed.clock.advance(8 * 86_400)
    assert listed(disputed, Work.DISPUTES) == (), "a week is long enough"


def test_who_was_first_is_not_told_that_somebody_else_was(disputed: "Library") -> None:
    """The centre tells every station of what was asked at any of them."""
    ours = settle(disputed)
    assert isinstance(ours, Asked)
    disputed.clock.advance(1)
    theirs = replace(ours, id="of-another-station")
    answered(disputed, theirs, RequestState.WAITING)
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    disputed.apply(replace(DISPUTE, is_open=False, way="first_over"))
    answered(disputed, ours, RequestState.GRANTED)
    answered(disputed, theirs, RequestState.DECLINED, "settled_already")
    assert listed(disputed, Work.DISPUTES) == ()


def test_one_that_settled_by_itself_meanwhile_is_told_so(disputed: "Library") -> None:
    ours = settle(disputed)
    assert isinstance(ours, Asked)
    disputed.apply(replace(DISPUTE, is_open=False, way=None))
    answered(disputed, ours, RequestState.DECLINED, "settled_already")
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert line.settled == BY_ITSELF


def test_the_other_one_is_first_before_we_touch(disputed: "Library") -> None:
    disputed.apply(replace(DISPUTE, is_open=False, way="first_has_it"))
    assert isinstance(settle(disputed), NotAsked)
    assert listed(disputed, Work.DISPUTES) == ()


def test_what_was_declined_and_is_still_open_can_be_said_again(disputed: "Library") -> None:
    ours = settle(disputed)
    assert isinstance(ours, Asked)
    answered(disputed, ours, RequestState.DECLINED, "no_librarian")
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert (line.asked, line.settled) == (RequestState.DECLINED, "")
    assert counted(disputed).work[Work.DISPUTES] == 1
    disputed.clock.advance(60)
    assert isinstance(settle(disputed), Asked)
    (line,) = listed(disputed, Work.DISPUTES)
    assert isinstance(line, DisputeLine)
    assert line.asked is RequestState.WAITING


def test_what_is_said_of_a_dispute_twice_is_asked_once(disputed: "Library") -> None:
    assert isinstance(settle(disputed), Asked)
    assert isinstance(settle(disputed, "first_has_it"), NotAsked)
    with disputed.store.unit_of_work() as work:
        assert len(work.requests_of_nobody(OperationKind.SETTLEMENT)) == 1
