"""Whether the store can be lent from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kiosk.domain import findings as f
from kiosk.domain.findings import Finding, Part, State
from kiosk.ports.errors import StoreBroken, StoreDamaged

_RECOVER = f.text("Somebody decides what takes its place: python -m provisioning recover, or restore.")
_FROM_THE_CENTRE = f.text("They come from the centre by themselves: check the network and the enrolment.")


class Readable(Protocol):
    def counts(self) -> Mapping[str, int]: ...


class Place(Protocol):
    """local_store.station.StationStore."""

    @property
    def path(self) -> Path: ...

    def read(self) -> Readable: ...


def look_at_store(
    place: Place, staff_code: str | None, backup: Mapping[str, object] | None, *, backs_up: bool
) -> Finding:
    """`staff_code`: the station rests with it. `backup`: the diary's word on the last one."""
    facts: dict[str, object] = {"staff_code": staff_code, "backup": backup}
    if not place.path.exists() and not staff_code:
        do = f.text("It begins when the station starts; then it fills from the centre.")
        return Finding(Part.STORE, State.BAD, f.text("None yet"), do=do, facts=facts)
    try:
        counts = dict(place.read().counts())
    except StoreDamaged as error:
        facts["problem"] = str(error)
        return Finding(Part.STORE, State.BAD, f.text("It is damaged"), f.as_is(staff_code or ""), _RECOVER, facts)
    except StoreBroken as error:
        facts["problem"] = str(error)
        detail = f.as_is(staff_code or "")
        return Finding(Part.STORE, State.BAD, f.text("It cannot be read"), detail, _RECOVER, facts)
    facts["counts"] = counts
    if staff_code:
        return Finding(Part.STORE, State.BAD, f.text("Out of service"), f.as_is(staff_code), _RECOVER, facts)
    head = f.plural("{n} book", "{n} books", counts["items"])
    if not counts["items"] or not counts["patrons"]:
        no_cards = f.text("no cards yet") if counts["items"] else f.NOTHING
        return Finding(Part.STORE, State.BAD, head, no_cards, _FROM_THE_CENTRE, facts)
    if not backs_up and backup is None:  # else it was onto a stick that was plugged in
        return Finding(Part.STORE, State.GOOD, head, f.text("without backups"), facts=facts)
    if backup is None:
        return Finding(Part.STORE, State.GOOD, head, f.text("no backup yet"), facts=facts)
    if not backup.get("well"):
        do = f.text("Check that the USB stick for backups is plugged in and has room.")
        return Finding(Part.STORE, State.LOOK, head, f.text("the last backup did not succeed"), do, facts)
    when = _short(backup.get("good_at"))
    return Finding(Part.STORE, State.GOOD, head, f.text("backup {when}", when=when), facts=facts)


def _short(when: object) -> str:
    """Of an ISO 8601 time the hour and the day: a tile is narrow."""
    try:
        return datetime.fromisoformat(str(when)).strftime("%H:%M %d/%m")
    except ValueError:
        return ""
