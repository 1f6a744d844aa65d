"""python -m provisioning check: what is missing and what to do, in plain words; also where nothing is set up yet."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from central_link.reach import ask_centre
from central_link.registry import StationFiles, native_rest_config
from devices.host.checks.machine import look_at_units, measure_sync
from devices.host.checks.station import look_at_centre
from devices.host.checks.store import look_at_store
from devices.host.checks.together import About, in_order, look_at_machine
from devices.host.clock import HostClock
from devices.host.status_socket import ask_word
from kiosk import __version__
from kiosk.config import BUILD_MS, ConfigError, KeepConfig, KioskConfig, load
from kiosk.domain import findings as f
from kiosk.domain.clock_trust import Anchor, Voucher
from kiosk.domain.findings import TITLES, Finding, Part, State
from kiosk.i18n import Translator
from kiosk.ports.tables import TableError
from kiosk.runtime.diary import Diary
from kiosk.upkeep.checked import as_json, can_lend, what
from local_store.station import StationStore
from local_store.tables import REVISIONS
from provisioning.commands import CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, clock_of, say

_SIGNS = {State.GOOD: "✓", State.LOOK: "!", State.BAD: "✗", State.NOT_USED: "–"}


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "look at every part of this machine: what is missing, and what to do"
    command = commands.add_parser("check", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--json", action="store_true", help="one JSON object for machines")
    command.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="where /proc, /sys and /dev are")
    command.set_defaults(run=check)


def check(options: argparse.Namespace, words: Translator) -> int:
    """Status 0 only when this station can lend."""
    found = look_at_all(options.config, options.root)
    may_lend = can_lend(found)
    if options.json:
        say(json.dumps(as_json(found), ensure_ascii=False))
        return DONE if may_lend else COULD_NOT
    for finding in found:
        for line in lines_of(finding, words):
            say(line)
    say("")
    say(
        words.text("This station can lend.")
        if may_lend
        else words.text("This station cannot lend yet: see what needs help above.")
    )
    return DONE if may_lend else COULD_NOT


def lines_of(finding: Finding, words: Translator) -> Iterator[str]:
    yield f"{_SIGNS[finding.state]} {words.say(TITLES[finding.part])}: {what(finding, words)}"
    if finding.do:
        yield f"    → {words.say(finding.do)}"


def look_at_all(config_file: Path, root: Path = Path("/")) -> list[Finding]:
    try:
        config = load(config_file)
    except ConfigError as error:
        return in_order([_no_settings(config_file, error), *_bare_machine(config_file, root)])
    return in_order([_settings(config_file), *_station(config, root)])


def running_status(data: Path) -> dict[str, Any] | None:
    """What the station with this data folder says; None when none runs."""
    told = ask_word(data)
    status = json.loads(told) if told else None
    return status if isinstance(status, dict) else None


def believed_clock(config: KioskConfig, status: Mapping[str, Any] | None) -> HostClock:
    """With what the running station knows of the time: the machine's own clock may say another."""
    clock = clock_of(config)
    if status is not None and status["clock_trusted"]:
        now = clock.now()
        clock.told(Anchor(now.boot_id, now.boottime_ms, status["time_ms"], Voucher(status["time_by"])))
    return clock


def about(config: KioskConfig, root: Path) -> About:
    return About(
        config.data,
        config.station.device,
        config.scanner,
        config.clock.battery_clock,
        config.keep.warn_below_mb,
        __version__,
        REVISIONS[-1],
        root=root,
    )


def _station(config: KioskConfig, root: Path) -> list[Finding]:
    status = running_status(config.data)
    store = StationStore(config.data, config.station.library, config.station.device, 0, config.backup_folder)
    backup = Diary(config.data / "upkeep.json").read()["backup"]
    clock = believed_clock(config, status)
    try:
        files = StationFiles(config.folder, config.data)
        link = native_rest_config(config.central, config.station.library, config.station.device, files)
        centre: Mapping[str, object] = ask_centre(link, clock)
    except TableError:  # of another kind
        centre = status["centre"] if status else {}
    standing = centre.get("standing")
    code = status["staff_code"] if status else None
    return [
        look_at_centre(centre, status["pending"] if status else None),
        look_at_store(store, code, backup, backs_up=config.backup_folder is not None),
        *look_at_machine(
            about(config, root),
            status,
            clock.now(),
            clock.to_keep(),
            str(standing) if standing else None,
            measure_sync,
        ),
        look_at_units(root),
    ]


def _settings(file: Path) -> Finding:
    return Finding(Part.SETTINGS, State.GOOD, f.as_is(file.name))


def _no_settings(file: Path, error: ConfigError) -> Finding:
    facts = {"problem": str(error)}
    if not file.exists() or _is_blank(_table(file)):
        head, do = f.text("Nobody's station yet"), f.text("Enrol it: the centre makes a code for this station.")
        return Finding(Part.SETTINGS, State.BAD, head, do=do, facts=facts)
    do = f.text("Correct it: {problem}.", problem=str(error).rstrip("."))
    return Finding(Part.SETTINGS, State.BAD, f.text("kiosk.toml cannot be used"), do=do, facts=facts)


def _is_blank(table: Mapping[str, Any]) -> bool:
    station = table.get("station", {})
    return isinstance(station, dict) and "library" not in station


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _bare_machine(file: Path, root: Path) -> list[Finding]:
    """What can be said of a machine that is nobody's station yet: all but the store and the centre."""
    table = _table(file)
    station, scanners = table.get("station", {}), table.get("scanner", [])
    data = station.get("data", ".") if isinstance(station, dict) else "."
    known = About(
        file.resolve().parent / str(data),
        "",
        [one for one in scanners if isinstance(one, dict)] if isinstance(scanners, list) else [],
        False,
        KeepConfig().warn_below_mb,
        __version__,
        REVISIONS[-1],
        root=root,
    )
    clock = HostClock(battery_clock=False, build_ms=BUILD_MS)
    found = look_at_machine(known, None, clock.now(), clock.to_keep(), None, measure_sync)
    return [*found, look_at_units(root)]
