"""How the station is, for the centre: docs/protocol.md, `POST /v1/health`. Nothing in it is about a reader: figures,
names of devices, and words of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiosk.domain.findings import Finding, Part

MOST_NAME = 128
MOST_DEVICES = 32


def health_report(
    version: str,
    status: Mapping[str, object] | None,
    findings: Sequence[Finding],
    upkeep: Mapping[str, Mapping[str, object] | None],
) -> dict[str, object]:
    """`status`: as kiosk.upkeep.status.Running tells it; None: no station runs here. `upkeep`: the diary.
    What waits in the store is told by the station that runs, else by whoever has read the store."""
    facts = {finding.part: finding.facts for finding in findings}
    disk, power = facts.get(Part.DISK, {}), facts.get(Part.POWER, {})
    counts = facts.get(Part.STORE, {}).get("counts") or {}
    assert isinstance(counts, Mapping)
    report: dict[str, object] = {
        "version": version,
        "running": status is not None,
        "pending": counts.get("pending"),
        "set_aside": counts.get("set_aside"),
        "disk_free_mb": disk.get("free_mb"),
        "temperature_c": facts.get(Part.TEMPERATURE, {}).get("celsius"),
        "low_voltage": power.get("low_voltage"),
        "slowed": power.get("slowed", []),
        "upkeep": {job: _chore(entry) for job, entry in upkeep.items()},
        "parts": {finding.part.value: finding.state.value for finding in findings},
    }
    if status is not None:
        report |= {name: status[name] for name in _TOLD}
        devices = status["devices"]
        assert isinstance(devices, Mapping)
        report["devices"] = {str(name)[:MOST_NAME]: state for name, state in list(devices.items())[:MOST_DEVICES]}
    return report


_TOLD = ("pending", "set_aside", "staff_code", "last_scan_s_ago", "clock_trusted", "time_by")


def _chore(entry: Mapping[str, object] | None) -> dict[str, object] | None:
    """Why it did not go well is for the log: it may name a folder."""
    return None if entry is None else {name: entry.get(name) for name in ("well", "at", "good_at")}


def what_matters(report: Mapping[str, object]) -> dict[str, object]:
    """What somebody wants to hear of at once, without figures that always change."""
    return {name: value for name, value in report.items() if name not in _FIGURES}


_FIGURES = frozenset({"pending", "disk_free_mb", "temperature_c", "last_scan_s_ago"})
