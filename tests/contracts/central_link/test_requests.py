"""What every link does with wishes and with what is only counted, whatever its protocol."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest

from kiosk.domain.model import Hold, ItemStatus
from kiosk.domain.operations import OperationKind
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
    Gone,
    HoldRecord,
    LoanRecord,
    Verdict,
    VerdictKind,
)
from tests.contracts.central_rigs import Centre, Station, everything, kinds
from tests.sync.chains import WALL_MS

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


def _in_any_order(told: Iterable[object]) -> list[object]:
    """The hold and the request for it may be told one before the other."""
    return sorted(told, key=repr)


def test_grants_a_hold_and_ends_it_when_the_reader_wants_it_no_more(centre: Centre, station: Station) -> None:
    _, cursor = everything(station.link)
    patron, title = centre.patron(), centre.title()
    chain = station.chain()
    asked = chain.ask(PlaceHold(title), patron)
    station.link.send([asked])
    told, cursor = everything(station.link, cursor=cursor)
    identity = json.loads(asked.body)["data"]["request"]
    granted = RequestRecord(identity, "place_hold", title, patron, WALL_MS, RequestState.GRANTED, "rule")
    assert _in_any_order(told) == _in_any_order([HoldRecord(Hold(identity, title, patron, ""), WALL_MS), granted])
    cancelled = chain.ask(CancelHold(identity), patron)
    station.link.send([cancelled])
    told, _ = everything(station.link, cursor=cursor)
    of_it = replace(granted, id=json.loads(cancelled.body)["data"]["request"], kind="cancel_hold", subject=identity)
    assert _in_any_order(told) == _in_any_order([Gone("hold", identity), of_it])


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
