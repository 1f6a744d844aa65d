"""What every link tells a station, whatever its protocol."""

from __future__ import annotations

import threading

import pytest

from kiosk.domain.operations import ChainEnd, OperationKind
from kiosk.ports.central import (
    ChangePage,
    Gone,
    ItemRecord,
    LoanRecord,
    PatronRecord,
    TitleRecord,
    VerdictKind,
)
from kiosk.ports.errors import CursorLost
from tests.contracts.central_rigs import ITEMS, PATRONS, Centre, Station, everything, kinds, lend


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


def test_tells_of_a_loan_that_is_disputed(centre: Centre, station: Station) -> None:
    before = lend(centre, station, 2)
    (anew,) = lend(centre, station, 1)  # the first of a store that follows none
    station.link.send(before)
    _, cursor = everything(station.link)
    assert anew.reader is not None
    for told in ((1,), (0, 1)):  # a centre may tell again what it is told again
        assert kinds(station.link.send([anew])) == [VerdictKind.DISPUTED]
        changes, cursor = everything(station.link, cursor=cursor)
        loans = [(one.loan.patron_id, one.open) for one in changes if isinstance(one, LoanRecord)]
        assert len(loans) in told
        assert set(loans) <= {(anew.reader.patron_id, True)}


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
