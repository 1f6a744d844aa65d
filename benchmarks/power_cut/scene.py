"""A station's life under the recorder, boot after boot, and what it was to say of it at every moment."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks import rig
from benchmarks.power_cut import recording
from benchmarks.power_cut.disk import put
from benchmarks.power_cut.judge import Told
from benchmarks.power_cut.recording import Event
from benchmarks.power_cut.station import MARKS, Boot
from demo.enrolment import enrol_station
from demo.processes import ROOT, Kiosk, Server
from demo.school import Scanner
from kiosk.bootstrap.stores import read_store
from kiosk.config import KioskConfig, load
from kiosk.ports.store import KeptOperation, Pruned

_LONGEST_BOOT_S = 120.0
_LOG = "station.log"
_EMPTY: Mapping[str, bytes] = {}
_LENT = b'"act": "LoanRecorded"'


@dataclass(frozen=True)
class Recording:
    """`config` is that of the station whose data folder was `card / "data"`. `told`: every operation, oldest first, and
    `marks` how many of them somebody had been told of after which event. `before`: what the disk held at first, all
    of it synced, as benchmarks.power_cut.disk takes it; and `told_before` how many had been told of by then."""

    events: list[Event]
    card: Path
    config: KioskConfig
    told: list[Told]
    marks: list[int]
    before: dict[str, tuple[int, bytes]]
    told_before: int

    def told_after(self, events: int) -> list[Told]:
        return self.told[: self.marks[events - 1] if events else self.told_before]

    def without_syncs(self) -> Recording:
        """As on a disk that says "done" to every sync and does nothing."""
        kept = [n for n, event in enumerate(self.events) if event.what not in ("sync", "folder")]
        events, marks = [self.events[n] for n in kept], [self.marks[n] for n in kept]
        return dataclasses.replace(self, events=events, marks=marks)


def record(
    folder: Path,
    boots: Sequence[Boot],
    server: Server | None = None,
    *,
    under: Sequence[str] = (),
    image: Mapping[str, bytes] = _EMPTY,
    told: int = 0,
) -> Recording:
    """What the station does in `boots`, on a disk as in `image`, when people had been told of so many operations.
    `server` None: with a centre in its memory. Boots with a window come last. `under`: a command that runs the others.
    Where recording.can_record."""
    card, log = folder / "card", folder / "log"
    card.mkdir()
    image = {name: content for name, content in image.items() if name not in (MARKS, _LOG)}
    put(image, card)
    before = {name: ((card / name).stat().st_ino, content) for name, content in image.items()}
    scanner = Scanner()
    made = rig.config_for(folder, scanner, server.url if server else rig.NOWHERE)
    file = folder / "kiosk.toml"
    text = file.read_text(encoding="utf-8").replace('data = "."', 'data = "card/data"\ncounts_visits = true')
    text = text.replace('level = "warning"', f'level = "info"\nfile = "{card / _LOG}"')
    if server is None:
        text = text.replace(f'kind = "native_rest"\nurl = "{rig.NOWHERE}"', 'kind = "simulated"')
    # The reserve holds nothing: 64 MB of zeros in every image would only take time.
    file.write_text(text + "\n[keep]\nreserve_mb = 0\n", encoding="utf-8")
    environment = recording.environment(recording.compiled(folder), card, log)
    if server is not None:
        enrol_station(file, server, made.station.library, made.station.device, environment)
    for boot in boots:
        if boot.window:
            _lend_at_the_window(boot, file, scanner, card / _LOG, environment)
            continue
        if server is not None and boot.later:
            erase = ("central_server", "erase-reader", *server.where, "--library", made.station.library)
            boot = dataclasses.replace(boot, erase=(*erase, "--with-open-loans", "--card"))
        words = [sys.executable, "-m", "benchmarks.power_cut.station", str(file), json.dumps(dataclasses.asdict(boot))]
        ended = subprocess.run([*under, *words], cwd=ROOT, env=environment, timeout=_LONGEST_BOOT_S, check=False)
        if ended.returncode != (-9 if boot.sudden else 0):
            raise RuntimeError(f"a boot ended with {ended.returncode}")
    config = load(file)
    shutil.copytree(card, folder / "copy" / "card")  # a mere reader leaves files, too
    read = read_store(msgspec.structs.replace(config, folder=folder / "copy"))
    operations = [one[0] for one in read.history() if not isinstance(one, Pruned) and one[0]]
    every = [(one.epoch, one.seq, one.hash) for one in operations]
    events = recording.read(log)
    return Recording(events, card, config, every, list(_marks(events, operations, told)), before, told)


def _lend_at_the_window(boot: Boot, config: Path, scanner: Scanner, log: Path, environment: Mapping[str, str]) -> None:
    kiosk = Kiosk(config, log, None, environment=environment)
    try:
        kiosk.wait_for("the scanner", lambda line: line["says"] == f"serial {scanner.device}: open")
        for number in range(boot.first, boot.first + boot.loans):
            if number % rig.LOANS_PER_VISIT == 0:
                scanner.scan(rig.card(number // rig.LOANS_PER_VISIT))
                kiosk.act("PatronFound")
            scanner.scan(rig.barcode(number))
            kiosk.act("LoanRecorded")
    except BaseException:
        kiosk.kill()
        raise
    if boot.sudden:
        kiosk.kill()
    else:
        kiosk.stop()


def _marks(events: Sequence[Event], operations: Sequence[KeptOperation], so_far: int) -> Iterator[int]:
    """After each event, how many of `operations` somebody has been told of (`so_far` before): by the station's own
    marks, or by the log of the whole one, which says only that a book was lent."""
    places = {(one.epoch, one.seq): place for place, one in enumerate(operations, start=1)}
    lent = [place for place, one in enumerate(operations, start=1) if one.kind == "check_out"]
    notes = list(_notes(events))
    not_yet = sum(data.count(_LENT) for name, data in notes if name == _LOG)
    for name, data in notes:
        if name == MARKS:
            so_far = max(so_far, places[tuple(json.loads(data))])
        elif name == _LOG and _LENT in data:
            not_yet -= data.count(_LENT)
            so_far = max(so_far, lent[len(lent) - not_yet - 1])
        yield so_far


def _notes(events: Sequence[Event]) -> Iterator[tuple[str, bytes]]:
    """Of each event the name of the file and what was written to it, if it is a write."""
    names: dict[int, str] = {}
    for event in events:
        if event.what == "create":
            names[event.file] = event.name
        yield names.get(event.file, "") if event.what == "write" else "", event.data
