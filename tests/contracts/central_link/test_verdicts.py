"""What every link does with what a station tells, whatever its protocol."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.domain.operations import ChainEnd, Operation, OperationId, OperationKind, Reader
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import Unreachable
from tests.contracts.central_rigs import Centre, Station, kinds, lend
from tests.sync.chains import WALL_MS


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


def test_is_out_of_reach_after_closing(closable_centre: Centre) -> None:
    station = closable_centre.station()
    (lent,) = lend(closable_centre, station, 1)
    station.link.close()
    with pytest.raises(Unreachable):
        station.link.changes("", 100, 0.0)
    with pytest.raises(Unreachable):
        station.link.send([lent])
