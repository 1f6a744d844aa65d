"""How stations say that they are: kept for each device, listed for people, counted for Prometheus."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import devices, disputes, upsert
from central_server.devices import Device, State
from central_server.tables.care import device_health
from central_server.tables.library import library as library_table
from central_server.wire import HealthReport, HealthRequest

_decoder = msgspec.json.Decoder(HealthReport)


@dataclass(frozen=True, slots=True)
class Known:
    """A device by the key that counts, and what it said last; `came_ms`: when that came."""

    device: Device
    came_ms: int | None = None
    report: HealthReport | None = None


def take(connection: sa.Connection, asking: Device, request: HealthRequest, now_ms: int) -> None:
    """Keep a report in place of the one before. Raises `Refused` (401, 403)."""
    devices.demand(connection, asking, request.library, request.device)
    # Written anew: only what the protocol names is kept.
    report = msgspec.json.encode(request.health).decode()
    row = {"library_id": request.library, "device": request.device, "came_ms": now_ms, "report": report}
    upsert.put(connection, device_health, [row])


def known(connection: sa.Connection, library: str | None = None) -> list[Known]:
    """Every device once: by its active key, else by the newest."""
    of_device: dict[tuple[str, str], Device] = {}
    for one in devices.listed(connection, library):
        before = of_device.get((one.library, one.name))
        if before is None or before.state is not State.ACTIVE:
            of_device[one.library, one.name] = one
    told = {(row.library_id, row.device): row for row in connection.execute(sa.select(device_health))}
    return [
        Known(one, row.came_ms, _decoder.decode(row.report)) if (row := told.get(whose)) else Known(one)
        for whose, one in of_device.items()
    ]


def as_json(one: Known) -> dict[str, Any]:
    who = one.device
    health = None
    if one.report is not None:
        health = {"came_ms": one.came_ms, **msgspec.to_builtins(one.report)}
    return {
        "library": who.library,
        "device": who.name,
        "state": who.state.value,
        "enrolled_ms": who.enrolled_ms,
        "confirmed_ms": who.confirmed_ms,
        "seen_ms": who.seen_ms,
        "health": health,
    }


# ---- Prometheus, text format 0.0.4

_Value = float | int | bool | None


def _scanned_s(one: Known) -> _Value:
    report = one.report
    if report is None or report.last_scan_s_ago is None or one.came_ms is None:
        return None
    return one.came_ms / 1000 - report.last_scan_s_ago


def _of_report(value: Callable[[HealthReport], _Value]) -> Callable[[Known], _Value]:
    return lambda one: None if one.report is None else value(one.report)


_GAUGES: dict[str, tuple[str, Callable[[Known], _Value]]] = {
    "active": ("Whether the centre takes what the station sends.", lambda one: one.device.state is State.ACTIVE),
    "seen_timestamp_seconds": (
        "When it last asked for anything, to the minute.",
        lambda one: None if one.device.seen_ms is None else one.device.seen_ms / 1000,
    ),
    "health_timestamp_seconds": (
        "When it last said how it is.",
        lambda one: None if one.came_ms is None else one.came_ms / 1000,
    ),
    "running": ("Whether the station's program ran then.", _of_report(lambda told: told.running)),
    "out_of_service": ("Whether nothing could be lent.", _of_report(lambda told: told.staff_code is not None)),
    "pending_operations": ("Operations that it had not sent.", _of_report(lambda told: told.pending)),
    "set_aside_operations": ("Operations that the centre refused.", _of_report(lambda told: told.set_aside)),
    "disk_free_bytes": (
        "Room on its disk.",
        _of_report(lambda told: None if told.disk_free_mb is None else told.disk_free_mb * 1_000_000),
    ),
    "temperature_celsius": ("Of its processor.", _of_report(lambda told: told.temperature_c)),
    "low_voltage": ("Whether its power supply was too weak.", _of_report(lambda told: told.low_voltage)),
    "slowed": ("Whether it was slowed down by heat or power.", _of_report(lambda told: bool(told.slowed))),
    "devices_lost": (
        "Scanners and cameras that it could not read.",
        _of_report(lambda told: sum(state == "lost" for state in told.devices.values())),
    ),
    "clock_trusted": ("Whether somebody vouched for its clock.", _of_report(lambda told: told.clock_trusted)),
    "last_scan_timestamp_seconds": ("When something was last scanned there.", _scanned_s),
    "upkeep_well": (
        "Whether its last backup, check and recovery went well.",
        _of_report(lambda told: all(one is None or one.well for one in told.upkeep.values())),
    ),
}


_LABELS = ("library", "device")


def metrics(connection: sa.Connection) -> str:
    """Labels name libraries and devices, nothing else."""
    found = known(connection)
    lines: list[str] = []
    for name, (says, value) in _GAUGES.items():
        labelled = [((one.device.library, one.device.name), value(one)) for one in found]
        lines += _gauge(f"tram_xanh_station_{name}", says, labelled)
    libraries = connection.scalars(sa.select(library_table.c.library_id).order_by(library_table.c.library_id)).all()
    counted: list[tuple[tuple[str, ...], _Value]] = [
        ((one,), disputes.count_open(connection, one)) for one in libraries
    ]
    lines += _gauge("tram_xanh_open_disputes", "What a librarian must look at.", counted)
    return "\n".join(lines) + "\n"


def _gauge(name: str, says: str, values: Any) -> Iterator[str]:
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        if value is not None:
            named = ",".join(
                f'{key}="{_escaped(text)}"' for key, text in zip(("library", "device"), labels, strict=False)
            )
            yield f"{name}{{{named}}} {float(value):.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
