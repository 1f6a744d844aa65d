"""What every link to a centre does, whatever its protocol: the port kiosk.ports.central.CentralLink."""

from __future__ import annotations

import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest

from demo.cluster import Cluster
from kiosk.domain.model import Hold, ItemStatus
from kiosk.domain.operations import ChainEnd, Operation, OperationId, OperationKind, Reader
from kiosk.domain.requests import (
    CancelHold,
    ChangeItemStatus,
    ChangeSettings,
    FaultAbout,
    LinkCard,
    PlaceHold,
    ReportFault,
    RequestRecord,
    RequestState,
    Settle,
    Suggest,
    Wish,
    worded,
)
from kiosk.ports.central import (
    ChangePage,
    Gone,
    HoldRecord,
    ItemRecord,
    LoanRecord,
    PatronRecord,
    TitleRecord,
    Verdict,
    VerdictKind,
)
from kiosk.ports.errors import CursorLost, Unreachable
from tests.contracts.central_rigs import ITEMS, PATRONS, Centre, Station, everything, native_rest, simulated
from tests.sync.chains import WALL_MS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with native_rest(tmp_path_factory.mktemp("centre")) as made:
        yield made


@pytest.fixture(scope="module")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Centre]:
    with native_rest(tmp_path_factory.mktemp("centre"), cluster.url(cluster.create())) as made:
        yield made


CENTRES = [
    pytest.param("", id="simulated"),
    pytest.param("server", id="native_rest", marks=pytest.mark.slow),
    pytest.param("postgresql_server", id="native_rest_on_postgresql", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=CENTRES)
def centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    if request.param:
        yield request.getfixturevalue(request.param)
    else:
        with simulated() as made:
            yield made


@pytest.fixture(params=CENTRES)
def closable_centre(request: pytest.FixtureRequest) -> Iterator[Centre]:
    """Its links may be closed: no other test shares them."""
    if request.param:
        yield request.getfixturevalue(request.param)
    else:
        with simulated() as made:
            yield made


@pytest.fixture
def station(centre: Centre) -> Station:
    return centre.station()


def lend(centre: Centre, station: Station, count: int) -> list[Operation]:
    chain = station.chain()
    loans = []
    for _ in range(count):
        item = centre.item()
        loans.append(chain.check_out(item.id, item.barcode, centre.patron()))
    return loans


def kinds(verdicts: Iterable[Verdict]) -> list[VerdictKind]:
    return [verdict.kind for verdict in verdicts]


def test_accepts_each_operation_in_the_order_in_which_it_was_sent(centre: Centre, station: Station) -> None:
    loans = lend(centre, station, 3)
    expected = [Verdict(operation.id, VerdictKind.ACCEPTED) for operation in loans]
    assert list(station.link.send(loans)) == expected


def test_knows_an_operation_that_comes_twice(centre: Centre, station: Station) -> None:
    loans = lend(centre, station, 3)
    station.link.send(loans[:2])
    assert kinds(station.link.send(loans)) == [VerdictKind.DUPLICATE, VerdictKind.DUPLICATE, VerdictKind.ACCEPTED]


def test_answers_nothing_when_nothing_is_sent(station: Station) -> None:
    assert list(station.link.send([])) == []


def test_takes_as_many_operations_as_it_says(centre: Centre, station: Station) -> None:
    item = centre.item()
    chain = station.chain()
    back = [chain.check_in(item.barcode, item.id) for _ in range(station.link.capabilities.batch)]
    assert set(kinds(station.link.send(back))) == {VerdictKind.ACCEPTED}


def test_goes_on_in_a_new_epoch_after_the_last_one(centre: Centre, station: Station) -> None:
    first = lend(centre, station, 2)
    item = centre.item()
    later = station.chain(after=ChainEnd(first[-1].id, first[-1].hash)).check_in(item.barcode, item.id)
    assert kinds(station.link.send([*first, later])) == [VerdictKind.ACCEPTED] * 3


Spoil = Callable[[Centre, Station], tuple[list[Operation], Operation]]


def _gap(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, _, third = lend(centre, station, 3)
    return [first], third


def _broken_chain(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, second = lend(centre, station, 2)
    return [first], replace(second, hash=secrets.token_bytes(32))


def _identity_conflict(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, second = lend(centre, station, 2)
    return [first, second], replace(second, hash=secrets.token_bytes(32))


def _unreadable(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    (first,) = lend(centre, station, 1)
    return [], replace(first, body="không phải JSON")


def _unknown_kind(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    (first,) = lend(centre, station, 1)
    return [], replace(first, body=first.body.replace('"check_out"', '"dance"'))


def _false_reader(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    (first,) = lend(centre, station, 1)
    return [], replace(first, reader=Reader(centre.patron(), secrets.token_bytes(16)))


def _clone(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, second = lend(centre, station, 2)
    end = ChainEnd(second.id, second.hash)
    item = centre.item()
    one = station.chain(after=end).check_in(item.barcode, item.id)
    other = station.chain(after=end).check_in(item.barcode, item.id)
    return [first, second, one], other


def _lost_tail(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, second = lend(centre, station, 2)
    item = centre.item()
    return [first, second], station.chain(after=ChainEnd(first.id, first.hash)).check_in(item.barcode, item.id)


def _new_store(centre: Centre, station: Station) -> tuple[list[Operation], Operation]:
    first, second = lend(centre, station, 2)
    (anew,) = lend(centre, station, 1)
    return [first, second], anew


DISPUTES: dict[str, tuple[str, Spoil]] = {
    "gap": ("gap", _gap),
    "broken_chain": ("broken_chain", _broken_chain),
    "identity_conflict": ("identity_conflict", _identity_conflict),
    "unreadable": ("unreadable", _unreadable),
    "unknown kind": ("unreadable", _unknown_kind),
    "false_reader": ("false_reader", _false_reader),
    "clone": ("clone", _clone),
    "lost_tail": ("lost_tail", _lost_tail),
    "new_store": ("new_store", _new_store),
}


@pytest.mark.parametrize(("reason", "spoil"), DISPUTES.values(), ids=DISPUTES.keys())
def test_keeps_what_a_person_must_look_at(centre: Centre, station: Station, reason: str, spoil: Spoil) -> None:
    before, spoilt = spoil(centre, station)
    item = centre.item()
    # Of the same station, and without a fault: what it follows has not come yet.
    not_there = ChainEnd(OperationId(secrets.token_hex(16), 1), secrets.token_bytes(32))
    later = station.chain(after=not_there).check_in(item.barcode, item.id)
    *good, verdict, after = station.link.send([*before, spoilt, later])
    assert kinds(good) == [VerdictKind.ACCEPTED] * len(before)
    assert verdict == Verdict(spoilt.id, VerdictKind.DISPUTED, reason)
    assert after.kind is VerdictKind.ACCEPTED  # one bad operation holds up nothing behind it
    # Whoever missed the first answer is told again.
    assert list(station.link.send([spoilt])) == [Verdict(spoilt.id, VerdictKind.DISPUTED, reason)]


def test_tells_of_a_loan_that_is_disputed(centre: Centre, station: Station) -> None:
    before, anew = _new_store(centre, station)
    station.link.send(before)
    _, cursor = everything(station.link)
    assert anew.reader is not None
    for told in ((1,), (0, 1)):  # a centre may tell again what it is told again
        assert kinds(station.link.send([anew])) == [VerdictKind.DISPUTED]
        changes, cursor = everything(station.link, cursor=cursor)
        loans = [(one.loan.patron_id, one.open) for one in changes if isinstance(one, LoanRecord)]
        assert len(loans) in told
        assert set(loans) <= {(anew.reader.patron_id, True)}


def test_tells_the_catalogue_from_the_beginning(centre: Centre, station: Station) -> None:
    changes, _ = everything(station.link)
    found = [sum(isinstance(change, kind) for change in changes) for kind in (TitleRecord, ItemRecord, PatronRecord)]
    assert found == [2, ITEMS, PATRONS]


def test_tells_the_same_in_small_pages(station: Station) -> None:
    in_one, end = everything(station.link)
    in_many, same_end = everything(station.link, limit=7)
    assert in_many == in_one
    assert same_end == end
    assert len(station.link.changes("", 7, 0.0).changes) == 7


def test_tells_nothing_when_nothing_is_new(station: Station) -> None:
    _, end = everything(station.link)
    page = station.link.changes(end, 100, 0.0)
    assert (page.changes, page.more, page.skipped) == ((), False, 0)
    assert everything(station.link, cursor=page.cursor)[0] == []


def test_tells_every_station_of_a_loan_and_of_its_end(centre: Centre, station: Station) -> None:
    other = centre.station().link
    _, cursor = everything(other)
    item, patron = centre.item(), centre.patron()
    chain = station.chain()
    lent = chain.check_out(item.id, item.barcode, patron, loan=(loan_id := "3f2504e0-4f89-41d3-9a0c-0305e82c3301"))
    station.link.send([lent])
    (lent_there,), cursor = everything(other, cursor=cursor)
    assert isinstance(lent_there, LoanRecord)
    assert lent_there.open
    assert (lent_there.loan.id, lent_there.loan.item_id, lent_there.loan.patron_id) == (loan_id, item.id, patron)
    assert lent_there.loan.due_on.isoformat() == "2026-12-01"

    station.link.send([chain.check_in(item.barcode, item.id, (loan_id,))])
    (back_there,), _ = everything(other, cursor=cursor)
    assert isinstance(back_there, LoanRecord)
    assert back_there.loan.id == loan_id
    assert not back_there.open


def test_a_renewal_and_a_loan_taken_back_are_told(centre: Centre, station: Station) -> None:
    (lent,) = lend(centre, station, 1)
    station.link.send([lent])
    changes, cursor = everything(station.link)
    record = changes[-1]
    assert isinstance(record, LoanRecord)
    assert lent.reader is not None
    chain = station.chain(after=ChainEnd(lent.id, lent.hash))
    data = {
        "loan": record.loan.id,
        "item": record.loan.item_id,
        "barcode": "TK.00001",
        "due_on": "2026-12-15",
        "renewals": 1,
        "provisional": False,
    }
    renewal = chain.write(OperationKind.RENEW, data, lent.reader.patron_id)
    void = chain.write(
        OperationKind.VOID,
        {
            "voids": {"epoch": lent.id.epoch, "seq": lent.id.seq},
            "kind": "check_out",
            "barcode": "TK.00001",
            "loans": [record.loan.id],
        },
        lent.reader.patron_id,
    )
    station.link.send([renewal])
    (renewed,), cursor = everything(station.link, cursor=cursor)
    assert isinstance(renewed, LoanRecord)
    assert (renewed.loan.due_on.isoformat(), renewed.loan.renewals, renewed.open) == ("2026-12-15", 1, True)
    station.link.send([void])
    (ended,), _ = everything(station.link, cursor=cursor)
    # "As if it had never been": gone, or ended.
    assert ended == Gone("loan", record.loan.id) or (isinstance(ended, LoanRecord) and not ended.open)


WISHES: list[tuple[Wish, bool]] = [
    (LinkCard("HS.9000"), True),
    (ChangeItemStatus("TK.00001", ItemStatus.DAMAGED), False),
    (ChangeSettings({"loan_days": "10"}), False),
    (Settle(str(uuid.uuid4()), "seen"), False),
    (Suggest("Thêm truyện tranh"), True),
    (Suggest("Thêm truyện tranh"), False),
    (ReportFault(FaultAbout.STATION, "Máy quét chậm"), True),
    (ReportFault(FaultAbout.ITEM, "Rách bìa", "TK.00001"), False),
]


@pytest.mark.parametrize(("wish", "by_reader"), WISHES)
def test_tells_of_a_request_that_it_waits(centre: Centre, station: Station, wish: Wish, by_reader: bool) -> None:
    _, cursor = everything(station.link)
    patron = centre.patron() if by_reader else None
    asked = station.chain().ask(wish, patron)
    assert kinds(station.link.send([asked])) == [VerdictKind.ACCEPTED]
    (told,), _ = everything(station.link, cursor=cursor)
    words = worded(wish, has_reader=by_reader)
    identity = json.loads(asked.body)["data"]["request"]
    assert told == RequestRecord(identity, words.kind, words.subject, patron, WALL_MS)


def test_grants_a_hold_and_ends_it_when_the_reader_wants_it_no_more(centre: Centre, station: Station) -> None:
    _, cursor = everything(station.link)
    patron, title = centre.patron(), centre.title()
    chain = station.chain()
    asked = chain.ask(PlaceHold(title), patron)
    station.link.send([asked])
    told, cursor = everything(station.link, cursor=cursor)
    identity = json.loads(asked.body)["data"]["request"]
    granted = RequestRecord(identity, "place_hold", title, patron, WALL_MS, RequestState.GRANTED, "rule")
    assert told == [HoldRecord(Hold(identity, title, patron, ""), WALL_MS), granted]
    cancelled = chain.ask(CancelHold(identity), patron)
    station.link.send([cancelled])
    told, _ = everything(station.link, cursor=cursor)
    of_it = replace(granted, id=json.loads(cancelled.body)["data"]["request"], kind="cancel_hold", subject=identity)
    assert told == [Gone("hold", identity), of_it]


def test_takes_an_operation_whose_reader_was_erased_meanwhile(centre: Centre, station: Station) -> None:
    """The commitment stays in the body; who it was is not sent any more."""
    chain = station.chain()
    item = centre.item()
    lent, asked = chain.check_out(item.id, item.barcode, centre.patron()), chain.ask(Suggest("Thêm"), centre.patron())
    _, cursor = everything(station.link)
    verdicts = station.link.send([replace(lent, reader=None), replace(asked, reader=None)])
    assert kinds(verdicts) == [VerdictKind.ACCEPTED] * 2
    told, _ = everything(station.link, cursor=cursor)
    loan, request = (next(one for one in told if isinstance(one, kind)) for kind in (LoanRecord, RequestRecord))
    assert (loan.loan.patron_id, request.patron_id) == (None, None)


def test_disputes_words_that_are_not_those_that_were_written(centre: Centre, station: Station) -> None:
    asked = station.chain().ask(LinkCard("HS.9000"), centre.patron())
    assert asked.reader is not None
    other = replace(asked, reader=replace(asked.reader, private="HS.9001"))
    assert list(station.link.send([other])) == [Verdict(asked.id, VerdictKind.DISPUTED, "false_reader")]


def test_counts_a_visit_and_a_book_read_in_the_library(centre: Centre, station: Station) -> None:
    chain, item = station.chain(), centre.item()
    read = {"barcode": item.barcode, "item": item.id, "day": "2026-11-23"}
    operations = [
        chain.write(OperationKind.VISIT, {"day": "2026-11-23"}, centre.patron()),
        chain.write(OperationKind.IN_HOUSE_USE, read, centre.patron()),
        chain.write(OperationKind.IN_HOUSE_USE, read),
    ]
    assert kinds(station.link.send(operations)) == [VerdictKind.ACCEPTED] * 3


def test_tells_the_time(station: Station) -> None:
    """The centre's clock is this machine's."""
    assert station.link.capabilities.signed_date
    before = time.time_ns() // 1_000_000
    assert before <= station.link.signed_time() <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("known", [{"began_ms": WALL_MS, "before_ms": None}, {"began_ms": None, "before_ms": WALL_MS}])
def test_takes_the_date_of_a_boot(centre: Centre, station: Station, known: dict[str, int | None]) -> None:
    (lent,) = lend(centre, station, 1)
    station.link.send([lent])
    loan = json.loads(lent.body)["data"]["loan"]
    dated = [{"loan": loan, "lent_on": "2026-11-24", "due_on": "2026-12-08", "renewals": 0}]
    told = station.chain(after=ChainEnd(lent.id, lent.hash)).write(
        OperationKind.DATE_BOOT, {"boot": "b", **known, "loans": dated}
    )
    assert kinds(station.link.send([told])) == [VerdictKind.ACCEPTED]


def test_holds_the_answer_back_until_something_happens(centre: Centre, station: Station) -> None:
    """The wait is far longer than the test's patience: only the loan can have ended it."""
    _, cursor = everything(station.link)
    sender = centre.station()
    (lent,) = lend(centre, sender, 1)
    pages: list[ChangePage] = []
    waiting = threading.Thread(target=lambda: pages.append(station.link.changes(cursor, 100, 55.0)), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert not pages
    sender.link.send([lent])
    waiting.join(20.0)
    assert len(pages) == 1
    assert any(isinstance(change, LoanRecord) for change in pages[0].changes)


def test_holds_the_answer_back_no_longer_than_asked(station: Station) -> None:
    _, cursor = everything(station.link)
    assert station.link.changes(cursor, 100, 1.0).changes == ()


@pytest.mark.parametrize("cursor", ["nonsense", "999.999"])
def test_says_so_when_it_does_not_know_a_cursor(station: Station, cursor: str) -> None:
    with pytest.raises(CursorLost):
        station.link.changes(cursor, 100, 0.0)


def test_is_out_of_reach_after_closing(closable_centre: Centre) -> None:
    station = closable_centre.station()
    (lent,) = lend(closable_centre, station, 1)
    station.link.close()
    with pytest.raises(Unreachable):
        station.link.changes("", 100, 0.0)
    with pytest.raises(Unreachable):
        station.link.send([lent])
