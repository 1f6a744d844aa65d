"""What a desk asks for in the station's own words, at the real centre: carried out, and told in words that the station
reads. Both ends know the settings by themselves, and know the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_server.settings import OF_LIMITS, OF_POLICIES, OF_STATIONS
from central_server.settings import Value as CentresValue
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import ItemStatus, Patron
from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import (
    BlockCards,
    BlockPatron,
    CancelHold,
    ChangeItemStatus,
    ChangeSettings,
    ItemSource,
    LinkCard,
    NoteSource,
    PlaceHold,
    RequestRecord,
    RequestState,
    Wish,
    WriteNote,
)
from kiosk.domain.settings import BadValue, Kind, all_settings
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, HoldRecord, ItemRecord, PatronRecord, SettingTold, VerdictKind
from tests.central_server.support import CIRCULATION, run
from tests.central_server.test_settings import BAD, GOOD
from tests.contracts.central_rigs import LIBRARY, Centre, Station, everything, kinds, native_rest

pytestmark = pytest.mark.slow

RULES = CirculationRules("1", {"hs": PatronLimits(5, 1)}, {("hs", "STK"): LoanPolicy(14, 5, 1)})
NAMES = {one.name: one.kind for one in all_settings(RULES)}


def centres() -> dict[str, CentresValue]:
    limits = {f"limits.hs.{column}": value for column, value in OF_LIMITS.items()}
    policies = {f"policy.hs.STK.{column}": value for column, value in OF_POLICIES.items()}
    return limits | policies | OF_STATIONS


def reads(kind: Kind | CentresValue, text: str) -> object:
    """What it is read as, the closed days as pairs; BadValue: nothing."""
    try:
        value: Any = kind.read(text)
    except ValueError:
        return BadValue
    is_days = isinstance(value, list | tuple)
    return [one if isinstance(one, tuple) else (one.first, one.last) for one in value] if is_days else value


def test_both_ends_know_the_same_settings() -> None:
    assert NAMES.keys() == centres().keys() == GOOD.keys()


@pytest.mark.parametrize("name", GOOD)
def test_both_ends_read_a_setting_alike(name: str) -> None:
    for text in [*GOOD[name], *BAD[name], "0", "1", "none", " ", "2026-11-20,", "20/11/2026-2026-11-22", "31/02/2027"]:
        assert reads(NAMES[name], text) == reads(centres()[name], text), text[:20]
    assert BadValue not in [reads(NAMES[name], text) for text in GOOD[name]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Station, Patron]]:
    """A station of a real centre, and a reader who is put on the list of the staff beside the running server."""
    folder = tmp_path_factory.mktemp("centre")
    (folder / "circulation.toml").write_text(CIRCULATION, encoding="utf-8")
    where = ("--data", folder / "server", "--library", LIBRARY)
    with native_rest(folder) as centre:
        assert run("import", *where, "--kind", "circulation", Path(folder / "circulation.toml")).returncode == 0
        assert run("staff", "add", *where, "--card", "HS.0000", "--role", "librarian").returncode == 0
        station = centre.station()
        found, _ = everything(station.link)
        (who,) = (one.patron for one in found if isinstance(one, PatronRecord) and one.patron.staff)
        yield centre, station, who


def test_carries_out_and_tells_whatever_a_desk_asks_for(desk: tuple[Centre, Station, Patron]) -> None:
    centre, station, who = desk
    assert isinstance(who.staff, Staff)
    assert who.staff.role is Role.LIBRARIAN
    by, chain = ByStaff(who.staff), station.chain()
    item, patron = centre.item(), centre.patron()
    _, cursor = everything(station.link)

    def asks(wish: Wish, reader: str | None = None) -> list[Any]:
        nonlocal cursor
        operation = chain.ask(wish, reader, by)
        assert kinds(station.link.send([operation])) == [VerdictKind.ACCEPTED]
        found, cursor = everything(station.link, cursor=cursor)
        (answer,) = (one for one in found if isinstance(one, RequestRecord))
        assert (answer.id, answer.state, answer.by) == (_id(operation.body), RequestState.GRANTED, "rule"), wish
        return [one for one in found if one is not answer]

    (told,) = asks(LinkCard("HS.9100"), patron)
    assert "HS.9100" in told.cards
    (told,) = asks(BlockCards(), patron)
    assert told.cards == ()
    (told,) = asks(BlockPatron(True), patron)
    assert told.patron.blocked
    (told,) = asks(WriteNote("Hay để quên thẻ"), patron)
    assert told.patron.note == "Hay để quên thẻ"
    (told,) = asks(WriteNote(""), patron)
    assert told.patron.note == ""
    (told,) = asks(ChangeItemStatus(item.barcode, ItemStatus.LOST))
    assert isinstance(told, ItemRecord)
    assert (told.id, told.status) == (item.id, ItemStatus.LOST)
    assert [asks(NoteSource(item.barcode, source)) for source in ItemSource] == [[]] * len(ItemSource)
    assert SettingTold("limits.hs.total", "3") in asks(ChangeSettings({"limits.hs.total": "3"}))
    (told,) = asks(PlaceHold(centre.title()), patron)
    assert isinstance(told, HoldRecord)
    data = {"hold": told.hold.id, "barcode": item.barcode, "day": "2020-11-23"}
    station.link.send([chain.write(OperationKind.HOLD_SHELVED, data, patron, by=by)])
    (shelved,), cursor = everything(station.link, cursor=cursor)
    assert isinstance(shelved, HoldRecord)
    assert str(shelved.hold.shelved_on) == "2020-11-23"
    assert asks(CancelHold(told.hold.id), patron) == [Gone("hold", told.hold.id)]


def test_tells_a_setting_that_there_is_not_as_gone(desk: tuple[Centre, Station, Patron]) -> None:
    _, station, who = desk
    assert who.staff
    _, cursor = everything(station.link)
    operation = station.chain().ask(ChangeSettings({"loan_days": "1"}), by=ByStaff(who.staff))
    station.link.send([operation])
    found, _ = everything(station.link, cursor=cursor)
    gone = next(one for one in found if isinstance(one, Gone))
    assert (gone.kind, gone.id) == ("setting", "loan_days")


def _id(body: str) -> str:
    return str(json.loads(body)["data"]["request"])
