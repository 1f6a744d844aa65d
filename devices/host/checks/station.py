"""The station's own: its clock, its keys, its standing at the centre as the running station tells it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from devices.host.checks.attached import ago
from kiosk.domain import findings as f
from kiosk.domain.findings import Finding, Part, State

_VOUCHERS = {
    "battery_clock": f.text("by its battery clock"),
    "time_sync": f.text("by the network's time"),
    "centre": f.text("by the centre"),
}
_BY_STANDING = {
    "not_enrolled": (f.text("Not enrolled"), f.text("Enrol it: the centre makes a code for this station.")),
    "pending": (f.text("Waits for the centre"), f.text("Somebody at the centre compares four words and confirms it.")),
    "revoked": (f.text("Shut out by the centre"), f.text("Ask at the centre; what was not sent is kept here.")),
}


def look_at_clock(
    root: Path, trusted: bool, by: str | None, battery_clock: bool, shown: str, *, is_past: bool = False
) -> Finding:
    """`shown`: the time as it is believed, for people; `battery_clock`: kiosk.toml says that there is one; `is_past`:
    the machine's clock shows a time that is over."""
    has_one = any((root / "sys/class/rtc").glob("rtc*"))
    facts = {"trusted": trusted, "by": by, "battery_clock": has_one, "battery_clock_expected": battery_clock}
    if battery_clock and not has_one:
        head, do = f.text("The battery clock is missing"), f.text("Check that it is plugged in, or its battery.")
        return Finding(Part.CLOCK, State.LOOK, head, f.as_is(shown if trusted else ""), do, facts)
    if not trusted:
        do = f.text("Connect the network for a moment, or fit a battery clock; dates are counted in days meanwhile.")
        head = f.text("Its time is wrong") if is_past else f.text("Nobody vouches for it")
        return Finding(Part.CLOCK, State.LOOK, head, f.as_is(shown), do, facts)
    return Finding(Part.CLOCK, State.GOOD, f.as_is(shown), _VOUCHERS.get(by or "", f.NOTHING), facts=facts)


def look_at_keys(data: Path, device: str, standing: str | None) -> Finding:
    """Titled as the enrolment. `standing`: what the centre says, where it was asked."""
    modes = {name: _mode(data / name) for name in ("device.key", "store.key", "centre.pub")}
    facts: dict[str, object] = {"device": device, "standing": standing}
    facts |= {"modes": {name: mode if mode is None else f"{mode:04o}" for name, mode in modes.items()}}
    head = f.as_is(device)
    if modes["store.key"] is None and (data / "store.db").exists():
        do = f.text("Bring the newest backup in with the recovery code: python -m provisioning restore.")
        return Finding(Part.KEYS, State.BAD, f.text("The store's key is missing"), head, do, facts)
    unreadable = [name for name in modes if modes[name] is not None and not os.access(data / name, os.R_OK)]
    if unreadable:
        do = f.text("The files of the data folder must belong to the station's account.")
        return Finding(Part.KEYS, State.BAD, f.text("{file} may not be read", file=unreadable[0]), head, do, facts)
    said = _BY_STANDING.get(standing or "") or (_BY_STANDING["not_enrolled"] if modes["device.key"] is None else None)
    if said:
        return Finding(Part.KEYS, State.LOOK, said[0], head, said[1], facts)
    opened = [name for name in ("device.key", "store.key") if (mode := modes[name]) is not None and mode & 0o077]
    if opened:
        do = f.text("Close it to others: chmod 600 {file}", file=opened[0])
        return Finding(Part.KEYS, State.LOOK, f.text("Others may read {file}", file=opened[0]), head, do, facts)
    detail = f.text("confirmed by the centre") if standing == "active" else f.NOTHING
    return Finding(Part.KEYS, State.GOOD, head, detail, facts=facts)


def _mode(file: Path) -> int | None:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return None


def look_at_centre(centre: Mapping[str, object], pending: int | None) -> Finding:
    """As the running station knows it: `standing`, `sync_s_ago`; or as it was asked just now, with `why` not: "name",
    "certificate", "clock", or what else."""
    standing, reached = centre.get("standing"), centre.get("sync_s_ago")
    facts: dict[str, object] = {"standing": standing, "reached_s_ago": reached, "pending": pending}
    facts["why"] = why = centre.get("why")
    waiting = f.NOTHING if pending is None else f.plural("{n} record to send", "{n} records to send", pending)
    if standing == "active":
        when = ago(reached) if isinstance(reached, float | int) else f.NOTHING
        head = f.text("reached {ago} ago", ago=when) if when else f.text("reached")
        return Finding(Part.CENTRE, State.GOOD, head, waiting, facts=facts)
    if said := _BY_STANDING.get(str(standing)):
        return Finding(Part.CENTRE, State.LOOK, said[0], waiting, said[1], facts)
    if why == "name":
        do = f.text("No name server knows it: check the address in kiosk.toml, and the name server of the network.")
        return Finding(Part.CENTRE, State.LOOK, f.text("Its name is unknown"), waiting, do, facts)
    if why == "clock":
        do = f.text("Set this machine's date and time, or wait a minute for the network's time; then look again.")
        head = f.text("This machine's clock is not right, so the server cannot be checked")
        return Finding(Part.CENTRE, State.LOOK, head, waiting, do, facts)
    if why == "certificate":
        do = f.text("Check the server's certificate, and central.ca_file in kiosk.toml.")
        return Finding(Part.CENTRE, State.LOOK, f.text("Its certificate is not trusted"), waiting, do, facts)
    do = f.text("Lending goes on, and it is tried again and again. Check the network and the centre's server.")
    head = f.text("Not asked yet") if standing is None else f.text("Out of reach")
    return Finding(Part.CENTRE, State.LOOK, head, waiting, do, facts)
