"""All that can be looked at without the store and the centre's server, in the order in which people are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.host.checks import attached, machine, station
from kiosk.domain.clock_trust import KeptTime, Moment
from kiosk.domain.findings import Finding

Status = Mapping[str, Any]
"""What the running station tells (kiosk.upkeep.status.Running)."""


RELEASES = Path("/var/lib/tram-xanh-chooser/releases.json")


@dataclass(frozen=True, slots=True)
class About:
    """What is to be looked at. `scanners`: tables of kiosk.toml; `releases`: the file of the release chooser."""

    data: Path
    device: str
    scanners: Sequence[Mapping[str, Any]]
    battery_clock: bool
    warn_below_mb: int
    version: str
    schema: str
    releases: Path = RELEASES
    root: Path = Path("/")


def look_at_machine(
    about: About,
    status: Status | None,
    now: Moment,
    known: KeptTime,
    standing: str | None,
    sync_ms: Callable[[Path], float | None] | None = None,
) -> list[Finding]:
    """All but what other programs are asked for. `known`: of the time. `status` None: no station runs here. `sync_ms`
    writes to the disk, so not every few seconds."""
    root = about.root
    devices = None if status is None else status["devices"]
    last_scan = None if status is None else status.get("last_scan_s_ago")
    scanner, camera = attached.look_at_readers(about.scanners, root, devices, last_scan)
    shown = now.local.strftime("%H:%M %d/%m/%Y")
    return [
        attached.look_at_network(root),
        scanner,
        camera,
        attached.look_at_printer(),
        machine.look_at_screen(root),
        machine.look_at_touch(root),
        station.look_at_clock(
            root,
            now.trusted,
            known.anchor.by if known.anchor else None,
            about.battery_clock,
            shown,
            is_past=now.wall_ms < known.floor_ms,
        ),
        machine.look_at_disk(about.data, root, about.warn_below_mb, sync_ms=sync_ms),
        machine.look_at_temperature(root),
        machine.look_at_power(root),
        machine.look_at_version(root, about.version, about.schema, about.releases),
        station.look_at_keys(about.data, about.device, standing),
    ]


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    order = list(type(findings[0].part)) if findings else []
    return sorted(findings, key=lambda one: order.index(one.part))
