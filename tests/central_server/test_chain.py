"""The reasons of the protocol's table that are about an operation's place in its chain."""

import json
from pathlib import Path

import pytest

from central_server.database import Store
from central_server.ledger import read_ledger
from tests.central_server.support import ACCEPTED, Station, bring_a_small_library, disputed, disputes, take

Known = dict[str, dict[str, str]]


def test_disputes_a_broken_chain_when_the_hash_does_not_follow(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_out("TK.1", known["patron"]["HS1"])
    station.last_hash = "11" * 32
    second = station.check_out("TK.2", known["patron"]["HS1"])
    assert take(store, first, second) == [ACCEPTED, disputed("broken_chain")]
    assert len(read_ledger(store, "hoa-sen")["loans"]) == 2


@pytest.mark.parametrize("named", [True, False])
def test_disputes_a_broken_chain_when_the_first_hash_does_not_follow(store: Store, known: Known, named: bool) -> None:
    station = Station()
    first = station.check_in("TK.1")
    if named:
        station.reopen()
    else:
        station = Station()
    station.last_hash = "22" * 32
    assert take(store, first, station.check_in("TK.2")) == [ACCEPTED, disputed("broken_chain")]


def test_disputes_a_gap_when_the_operation_before_is_missing(store: Store, known: Known) -> None:
    station = Station()
    first, second, third, fourth = (station.check_in("TK.1") for _ in range(4))
    assert take(store, first, third, fourth) == [ACCEPTED, disputed("gap"), ACCEPTED]
    assert [one[3] for one in disputes(store)] == ["open"]
    assert take(store, second) == [ACCEPTED]
    assert [one[3] for one in disputes(store)] == ["settled"]


def test_disputes_a_broken_chain_when_what_fills_the_gap_does_not_fit(store: Store, known: Known) -> None:
    station = Station()
    first, _, third = (station.check_in("TK.1") for _ in range(3))
    station.seq, station.last_hash = 1, first["hash"]
    other_second = station.check_in("TK.3")
    take(store, first, third)
    assert take(store, other_second) == [ACCEPTED]
    assert [(reason, state) for _, _, reason, state in disputes(store)] == [
        ("broken_chain", "open"),
        ("gap", "settled"),
    ]


def test_disputes_a_clone_when_two_epochs_name_one_predecessor(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_in("TK.1")
    card = station.copy().reopen()
    station.reopen()
    assert take(store, first, station.check_in("TK.1")) == [ACCEPTED, ACCEPTED]
    assert take(store, card.check_in("TK.2"), card.check_in("TK.3")) == [disputed("clone"), ACCEPTED]


def test_accepts_an_epoch_when_it_follows_the_last_operation(store: Store, known: Known) -> None:
    station = Station()
    batch = [station.check_in("TK.1"), station.check_in("TK.2")]
    station.reopen()
    batch.append(station.check_in("TK.3"))
    station.reopen()
    assert take(store, *batch) == [ACCEPTED] * 3
    assert take(store, station.check_in("TK.1")) == [ACCEPTED]


def test_disputes_a_lost_tail_when_the_predecessor_is_older_than_the_last(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_in("TK.1")
    backup = station.copy().reopen()
    assert take(store, first, station.check_in("TK.2")) == [ACCEPTED, ACCEPTED]
    assert take(store, backup.check_in("TK.3")) == [disputed("lost_tail")]


def test_disputes_a_lost_tail_when_the_predecessor_is_another_than_the_last(store: Store, known: Known) -> None:
    station = Station()
    backup = station.copy()
    backup.check_in("TK.2")
    backup.reopen()
    assert take(store, station.check_in("TK.1")) == [ACCEPTED]
    assert take(store, backup.check_in("TK.3")) == [disputed("lost_tail")]


def test_opens_a_lost_tail_when_the_tail_comes_after_the_epoch_without_it(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_in("TK.1")
    backup = station.copy().reopen()
    assert take(store, first, backup.check_in("TK.3")) == [ACCEPTED, ACCEPTED]
    assert take(store, station.check_in("TK.2")) == [ACCEPTED]
    assert disputes(store) == [(backup.epoch, 1, "lost_tail", "open")]


def test_disputes_a_new_store_when_a_second_epoch_follows_nothing(store: Store, known: Known) -> None:
    old, new = Station(), Station()
    assert take(store, old.check_in("TK.1"), old.check_in("TK.1")) == [ACCEPTED] * 2
    out = new.check_out("TK.2", known["patron"]["HS1"])
    for _ in range(2):
        assert take(store, out) == [disputed("new_store")]
    assert take(store, new.check_in("TK.3"), old.check_in("TK.3")) == [ACCEPTED] * 2
    assert disputes(store) == [(new.epoch, 1, "new_store", "open")]
    assert [one["open"] for one in read_ledger(store, "hoa-sen")["loans"]] == [True]
    with store.reading.connect() as connection:
        held = connection.exec_driver_sql("SELECT held FROM dispute").scalar()
    assert json.loads(held) == {"epoch": old.epoch, "seq": 1}


@pytest.mark.parametrize("batches", [1, 2])
@pytest.mark.parametrize("first", [0, 1])
def test_accepts_the_store_that_comes_first_when_there_are_two(
    store: Store, known: Known, first: int, batches: int
) -> None:
    came = [Station().check_in("TK.1"), Station().check_in("TK.2")]
    came = [came[first], came[1 - first]]
    parts = [came] if batches == 1 else [came[:1], came[1:]]
    assert [verdict for part in parts for verdict in take(store, *part)] == [ACCEPTED, disputed("new_store")]
    assert take(store, *reversed(came)) == [disputed("new_store"), ("duplicate", None)]


def test_accepts_a_first_store_when_a_later_epoch_of_it_came_before(store: Store, known: Known) -> None:
    station = Station()
    first = station.check_in("TK.1")
    later = station.reopen().check_in("TK.2")
    assert take(store, later) == [ACCEPTED]
    assert take(store, first) == [ACCEPTED]


def test_accepts_a_new_store_when_the_other_is_of_another_device_or_library(
    store: Store, known: Known, tmp_path: Path
) -> None:
    bring_a_small_library(store, tmp_path, "sao-mai")
    for library, device in (("hoa-sen", "tram-1"), ("hoa-sen", "tram-2"), ("sao-mai", "tram-1")):
        operation = Station(library, device).check_in("TK.1")
        assert take(store, operation, library=library, device=device) == [ACCEPTED]


def test_accepts_a_store_when_what_came_before_it_cannot_be_read(store: Store, known: Known) -> None:
    assert take(store, Station(seq=1).seal("{")) == [disputed("unreadable")]
    assert take(store, Station().check_in("TK.1")) == [ACCEPTED]


def test_accepts_an_epoch_when_its_predecessor_is_not_held(store: Store, known: Known) -> None:
    station = Station()
    station.check_in("TK.1")
    station.reopen()
    assert take(store, station.check_in("TK.2")) == [ACCEPTED]
