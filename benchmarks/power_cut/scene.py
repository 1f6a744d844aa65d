"""A station's life under the recorder, boot after boot, and what it was to say of it at every moment."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import rig
from benchmarks.power_cut import recording
from benchmarks.power_cut.judge import Told
from benchmarks.power_cut.recording import Event
from benchmarks.power_cut.station import MARKS, Boot
from demo.enrolment import enrol_station
from demo.processes import ROOT, Server
from demo.school import Scanner
from kiosk.bootstrap import read_store
from kiosk.config import KioskConfig, load

_LONGEST_BOOT_S = 120.0


@dataclass(frozen=True)
class Recording:
    """`config` is that of the station whose data folder was `card / "data"`. `told`: every operation, oldest first, and
    `marks` how many of them somebody had been told of after which event."""

    events: list[Event]
    card: Path
    config: KioskConfig
    told: list[Told]
    marks: list[int]


def record(folder: Path, boots: Sequence[Boot], server: Server | None = None) -> Recording:
    """What the station does in `boots`, on a disk that is empty before. `server` None: with a centre in its memory.
    Raises RuntimeError where there is no compiler."""
    card, log = folder / "card", folder / "log"
    card.mkdir()
    scanner = Scanner()
    made = rig.config_for(folder, scanner, server.url if server else rig.NOWHERE)
    file = folder / "kiosk.toml"
    text = file.read_text(encoding="utf-8").replace('data = "."', 'data = "card/data"\ncounts_visits = true')
    if server is None:
        text = text.replace(f'kind = "native_rest"\nurl = "{rig.NOWHERE}"', 'kind = "simulated"')
    file.write_text(text, encoding="utf-8")
    scanner.close()
    environment = recording.environment(recording.compiled(folder), card, log)
    if server is not None:
        enrol_station(file, server, made.station.library, made.station.device, environment)
    for boot in boots:
        words = [sys.executable, "-m", "benchmarks.power_cut.station", str(file), json.dumps(dataclasses.asdict(boot))]
        ended = subprocess.run(words, cwd=ROOT, env=environment, timeout=_LONGEST_BOOT_S, check=False)
        if ended.returncode != (-9 if boot.sudden else 0):
            raise RuntimeError(f"a boot ended with {ended.returncode}")
    config = load(file)
    told = [(one.epoch, one.seq, one.hash) for one, _ in read_store(config).history() if one]
    events = recording.read(log)
    return Recording(events, card, config, told, list(_marks(events, told)))


def _marks(events: Sequence[Event], told: Sequence[Told]) -> Iterator[int]:
    """After each event, how many of `told` have been."""
    places = {(epoch, seq): place for place, (epoch, seq, _) in enumerate(told, start=1)}
    files = set()
    so_far = 0
    for event in events:
        if event.what == "create" and event.name == MARKS:
            files.add(event.file)
        elif event.what == "write" and event.file in files:
            epoch, seq = json.loads(event.data)
            so_far = max(so_far, places[epoch, seq])
        yield so_far
