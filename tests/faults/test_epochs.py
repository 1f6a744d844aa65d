"""Cards that are copied, restored or lose what they last wrote: the centre sees it, nothing collides, lending goes on.

Real stores on the disk, real desks, the real centre without HTTP between.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_server import settling
from central_server.chain import Chain
from central_server.database import reading
from kiosk.session.inputs import LoanRecorded, ReturnRecorded
from kiosk.sync.outbox import Outcome
from tests.properties.centre import LIBRARY
from tests.properties.stations import Station, copy_files
from tests.properties.world import Seeds, World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture
def world(seeds: Seeds, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world", seeds, 1)
    yield made
    made.close()


@pytest.fixture
def card(world: World) -> Station:
    """A station that has lent `TK.1`, and told it."""
    (station,) = world.stations
    lend(world, station, "HS1", "TK.1")
    station.push()
    return station


def lend(world: World, station: Station, reader: str, barcode: str) -> None:
    world.now_ms += 60_000
    assert isinstance(station.lend(world.known["patron"][reader], barcode), LoanRecorded)


def saved(world: World, station: Station, name: str) -> Path:
    """The files of the card as they are now."""
    folder = world.folder / name
    copy_files(station.folder, folder)
    return folder


def put_in(world: World, card: Path) -> Station:
    """One more machine that starts from that card."""
    station = world.station("tram-0", card)
    world.stations.append(station)
    return station


def taken_out(world: World, station: Station) -> None:
    station.store.close()
    world.stations.remove(station)


def disputes(world: World) -> list[tuple[str, int, str]]:
    """(epoch, seq, reason) of those that are open."""
    with reading(world.centre.store) as connection:
        return sorted((one["epoch"], one["seq"], one["reason"]) for one in settling.listed(connection, LIBRARY))


def first_of(station: Station) -> str:
    """The epoch that this opening of the store began."""
    with station.store.unit_of_work() as work:
        return work.origin.epoch


def must_hold_everything(world: World, *cards: Station) -> None:
    """Every operation that any card ever wrote is at the centre, once, with its hash."""
    written = {(one["epoch"], one["seq"], one["hash"]) for card in cards for one in card.store.ledger()}
    at_centre = world.centre.ledger()
    held = [(one["epoch"], one["seq"], one["hash"]) for one in at_centre["operations"]]
    assert len(held) == len(set(held))
    assert set(held) >= written
    assert at_centre["conflicts"] == 0


def must_go_on(world: World, *cards: Station) -> None:
    """All of them still lend and take back, and all agree about the loans."""
    for card in cards:
        assert isinstance(card.give_back("TK.3"), ReturnRecorded)
        lend(world, card, "HS3", "TK.3")
    for card in cards * 2:
        assert card.push() in (Outcome.DRAINED, Outcome.NOTHING)
        card.learn_all()
    loans = [sorted((one["id"], one["open"]) for one in card.store.loans_ledger()) for card in cards]
    assert all(one == loans[0] for one in loans)
    at_centre = world.centre.ledger()["loans"]
    assert {(one["id"], one["open"]) for one in at_centre if not one["voided"]} == set(loans[0])
    world.check_order(world.centre.ledger())


def use_both(world: World, card: Station, other: Station) -> None:
    lend(world, card, "HS2", "TK.2")
    lend(world, other, "HS3", "TK.3")
    card.push()
    other.push()


@pytest.mark.parametrize("is_open", [False, True], ids=["switched off", "in use"])
def test_finds_a_clone_when_a_card_is_copied(world: World, card: Station, is_open: bool) -> None:
    if is_open:
        # Some of it is in the log only, and not sent.
        card.give_back("TK.1")
        copy = saved(world, card, "copy")
        assert any(file.name.endswith("-wal") and file.stat().st_size for file in copy.iterdir())
        card.crash(trusted=True)
    else:
        card.store.close()
        copy = saved(world, card, "copy")
        card.open()
    other = put_in(world, copy)
    use_both(world, card, other)
    assert disputes(world) == [(first_of(other), 1, "clone")]
    must_hold_everything(world, card, other)
    must_go_on(world, card, other)


def test_finds_every_clone_when_a_card_is_copied_twice(world: World, card: Station) -> None:
    card.store.close()
    copies = [saved(world, card, "one"), saved(world, card, "two")]
    card.open()
    others = [put_in(world, copy) for copy in copies]
    use_both(world, card, others[0])
    lend(world, others[1], "HS1", "TK.2")
    others[1].push()
    clones = [one for one in disputes(world) if one[2] == "clone"]
    assert clones == sorted((first_of(one), 1, "clone") for one in others)
    must_hold_everything(world, card, *others)
    must_go_on(world, card, *others)


def test_finds_a_copy_that_goes_on_while_the_card_was_never_opened_anew(world: World, card: Station) -> None:
    copy = saved(world, card, "copy")
    other = put_in(world, copy)
    use_both(world, card, other)
    # The copy went on from the first operation, the card has written a second one of the same epoch.
    assert disputes(world) == [(first_of(other), 1, "lost_tail")]
    must_hold_everything(world, card, other)
    must_go_on(world, card, other)


def test_finds_a_lost_tail_when_an_older_copy_is_restored(world: World, card: Station) -> None:
    backup = saved(world, card, "backup")
    lend(world, card, "HS2", "TK.2")
    card.push()
    tail = list(card.store.ledger())[-1]
    taken_out(world, card)
    restored = put_in(world, backup)
    lend(world, restored, "HS3", "TK.3")
    restored.push()
    assert disputes(world) == [(first_of(restored), 1, "lost_tail")]
    # What the copy does not know of is at the centre, and the restored station hears of it.
    assert (tail["epoch"], tail["seq"]) in [(one["epoch"], one["seq"]) for one in world.centre.ledger()["operations"]]
    restored.learn_all()
    open_now = {str(one["item_barcode"]) for one in restored.store.loans_ledger() if one["open"]}
    assert open_now == {"TK.1", "TK.2", "TK.3"}
    must_hold_everything(world, restored)
    must_go_on(world, restored)


def test_finds_a_lost_tail_when_the_card_loses_what_it_wrote_last(world: World, card: Station) -> None:
    """A card that lies: what it had said to have written, and the centre was told, is gone after a power cut."""
    log = card.folder / "store.db-wal"
    kept = log.stat().st_size
    lend(world, card, "HS2", "TK.2")
    card.push()
    assert log.stat().st_size > kept
    cut = saved(world, card, "cut")
    with (cut / log.name).open("r+b") as file:
        file.truncate(kept)
    taken_out(world, card)
    after = put_in(world, cut)
    assert [one["barcode"] for one in after.store.ledger()] == ["TK.1"]
    lend(world, after, "HS3", "TK.3")
    after.push()
    assert disputes(world) == [(first_of(after), 1, "lost_tail")]
    after.learn_all()
    must_hold_everything(world, after)
    must_go_on(world, after)


def test_finds_the_lost_tail_also_when_it_comes_last(world: World, card: Station) -> None:
    """The restored copy is faster than the card that it was made of."""
    backup = saved(world, card, "backup")
    lend(world, card, "HS2", "TK.2")
    restored = put_in(world, backup)
    lend(world, restored, "HS3", "TK.3")
    restored.push()
    assert disputes(world) == []
    card.push()
    assert disputes(world) == [(first_of(restored), 1, "lost_tail")]
    must_hold_everything(world, card, restored)
    must_go_on(world, card, restored)


def test_is_done_with_a_clone_when_a_librarian_has_seen_it(world: World, card: Station) -> None:
    card.store.close()
    other = put_in(world, saved(world, card, "copy"))
    card.open()
    use_both(world, card, other)
    card.learn_all()
    card.settle(0, 0)
    card.push()
    assert disputes(world) == []


def test_control_collides_when_an_opening_begins_no_epoch_of_its_own(
    world: World, card: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.store.close()
    copy = saved(world, card, "copy")
    monkeypatch.setattr("local_store.engine.secrets.token_hex", lambda size: "ab" * size)
    card.open()
    other = put_in(world, copy)
    use_both(world, card, other)
    with pytest.raises(AssertionError):
        must_hold_everything(world, card, other)
    assert world.centre.ledger()["conflicts"] > 0


@pytest.mark.parametrize("story", ["copied", "restored", "restored, and the tail comes last"])
def test_control_finds_nothing_when_the_centre_does_not_look_what_an_epoch_follows(
    world: World, card: Station, monkeypatch: pytest.MonkeyPatch, story: str
) -> None:
    monkeypatch.setattr(Chain, "learn_predecessors", lambda *_: None)
    if story == "copied":
        card.store.close()
        other = put_in(world, saved(world, card, "copy"))
        card.open()
        use_both(world, card, other)
    else:
        backup = saved(world, card, "backup")
        lend(world, card, "HS2", "TK.2")
        restored = put_in(world, backup)
        lend(world, restored, "HS3", "TK.3")
        both = (card, restored) if story == "restored" else (restored, card)
        for one in both:
            one.push()
    assert disputes(world) == []
