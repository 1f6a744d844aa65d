import hashlib
import hmac
import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.clock_trust import Moment, library_day
from kiosk.domain.ids import time_ordered_id
from kiosk.domain.operations import (
    Actor,
    ChainEnd,
    Operation,
    OperationId,
    OperationKind,
    Origin,
    Reader,
    next_operation,
)

MOMENT = Moment(1_795_000_000_000, "b0", 1234, True)


def made(origin: Origin, last: ChainEnd | None, reader: Reader | None = None) -> Operation:
    return next_operation(
        origin,
        last,
        OperationKind.CHECK_OUT,
        {"barcode": "TK.Đ1"},
        moment=MOMENT,
        actor=Actor.PATRON,
        reader=reader,
        policy_version="1",
    )


def test_chains_as_the_protocol_says() -> None:
    origin = Origin("hoa-sen", "tram-1", "ab" * 16, None)
    first = made(origin, None)
    second = made(origin, ChainEnd(first.id, first.hash))
    assert first.hash == hashlib.sha256(bytes(32) + first.body.encode()).digest()
    assert second.hash == hashlib.sha256(first.hash + second.body.encode()).digest()
    assert [json.loads(each.body)["seq"] for each in (first, second)] == [1, 2]
    assert json.loads(first.body)["predecessor"] is None
    assert "predecessor" not in json.loads(second.body)


def test_names_the_end_of_the_epoch_before() -> None:
    end = ChainEnd(OperationId("cd" * 16, 40), b"\x07" * 32)
    first = made(Origin("hoa-sen", "tram-1", "ab" * 16, end), None)
    assert first.id == OperationId("ab" * 16, 1)
    assert json.loads(first.body)["predecessor"] == {"epoch": "cd" * 16, "seq": 40, "hash": "07" * 32}
    assert first.hash == hashlib.sha256(end.hash + first.body.encode()).digest()


def test_commits_to_a_reader_without_naming_one() -> None:
    reader = Reader("7f3c2a10-0000-7000-8000-000000000001", b"s" * 16)
    operation = made(Origin("hoa-sen", "tram-1", "ab" * 16, None), None, reader)
    expected = hmac.new(b"s" * 16, reader.patron_id.encode(), hashlib.sha256).hexdigest()
    assert json.loads(operation.body)["reader"] == expected
    assert reader.patron_id not in operation.body


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_makes_ids_that_sort_by_time(one: int, other: int, noise: bytes) -> None:
    first, second = time_ordered_id(one, noise), time_ordered_id(other, noise)
    assert uuid.UUID(first).version == 7
    assert (one <= other) == (first <= second)


def test_counts_from_the_floor_when_the_clock_says_1970() -> None:
    lost = Moment(0, "b", 1, False)
    assert library_day(lost, 1_795_392_000_000).isoformat() == "2026-11-23"
    assert library_day(MOMENT, 0).isoformat() == "2026-11-18"
