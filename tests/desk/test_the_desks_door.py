"""Who opened and locked the desk, and who failed to, is in the chain, with no name."""

from __future__ import annotations

import json

import pytest

from kiosk.desk.pins import look_at_pin
from kiosk.session.effects import ProveCard
from tests.desk.conftest import in_units
from tests.desk.entering import LAN, PIN, WRONG, Desk_


def door(desk: Desk_) -> list[tuple[str, int, str, str | None]]:
    """How, how many wrong PINs, who did it, and by whom of the staff; each is about LAN, and nobody's name is in it."""
    with desk.store.unit_of_work() as work:
        operations = [one for _, one in work.pending(99)]
    bodies = [(one, json.loads(one.body)) for one in operations]
    found = [(one, body) for one, body in bodies if body["kind"] == "desk"]
    assert all(one.reader is None and body["reader"] is None for one, body in found)
    assert {body["data"]["staff"] for _, body in found} <= {LAN.id}
    assert not any(PIN in one.body or WRONG in one.body or "lan" in one.body.replace(LAN.id, "") for one, _ in found)
    return [(body["data"]["how"], body["data"]["tries"], body["actor"], body.get("staff")) for _, body in found]


def test_who_opened_and_locked_the_desk_and_who_failed_is_written_down(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    for pin in (WRONG, WRONG, PIN):
        desk.enters(pin)
    with desk.store.unit_of_work() as work:
        desk.desk.left(LAN, work)
    desk.enters(WRONG)
    assert door(desk) == [
        ("refused", 1, "anyone", None),
        ("refused", 2, "anyone", None),
        ("opened", 2, "librarian", LAN.id),
        ("closed", 0, "librarian", LAN.id),
        ("refused", 1, "anyone", None),
    ]


def test_what_is_no_try_is_written_down_nowhere(desk: Desk_) -> None:
    """Nobody fills a store by touching keys: what waits is not looked at, and a reader's proof is no desk."""
    desk.enters(PIN, "p1")
    desk.enters(PIN)
    desk.sets("lan", PIN)
    for _ in range(9):
        desk.enters(WRONG)
    assert len(door(desk)) == 3
    desk.sets("p1", "4711", LAN)
    desk.ask(ProveCard(7, 9, "p1", "4712"))
    assert len(door(desk)) == 3


def test_a_plug_that_is_pulled_before_it_is_written_down_hides_no_try(desk: Desk_) -> None:
    """The next one tells of it: the count is written before the PIN is looked at."""
    desk.sets("lan", PIN)

    def pulled(*_: object) -> None:
        raise KeyboardInterrupt

    assert desk.tools is not None
    with pytest.raises(KeyboardInterrupt):
        look_at_pin(in_units(desk.store), "lan", WRONG, desk.tools, pulled)
    assert door(desk) == []
    desk.enters()
    assert door(desk) == [("opened", 1, "librarian", LAN.id)]
