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
from benchmarks.power_cut.judge import Known
from benchmarks.power_cut.recording import Event
from benchmarks.power_cut.station import BACKUPS, MARKS, TOLD, Boot
from demo.enrolment import enrol_station
from demo.processes import ROOT, Kiosk, Server
from demo.school import Scanner
from kiosk.bootstrap.stores import read_store
from kiosk.config import KioskConfig, load
from kiosk.ports.store import KeptOperation, Pruned

_LONGEST_BOOT_S = 120.0
_CARD, _STICK = "card", BACKUPS.partition("/")[0]
_MARKS, _LOG = f"{_CARD}/{MARKS}", f"{_CARD}/station.log"
_EMPTY: Mapping[str, bytes] = {}
_NOTHING = Known((), frozenset(), {})
_ANOTHER_DISK = Path("/dev/shm")
_LENT = b'"act": "LoanRecorded"'


@dataclass(frozen=True)
class Recording:
    """`config` is that of the station, in whose folder are its card and its stick. `known`: what others knew after each
    event. `before`: what both held at first, all of it synced, as benchmarks.power_cut.disk takes it; and
    `known_before` what others knew by then."""

    events: list[Event]
    config: KioskConfig
    known: list[Known]
    before: dict[str, tuple[int, bytes]]
    known_before: Known

    def known_after(self, events: int) -> Known:
        return self.known[events - 1] if events else self.known_before

    def without_syncs(self, of: str = "") -> Recording:
        """As on a disk that says "done" to every sync and does nothing; only of what lies `of` there."""
        kept = [
            n
            for n, event in enumerate(self.events)
            if event.what not in ("sync", "folder") or not event.name.startswith(of)
        ]
        events, known = [self.events[n] for n in kept], [self.known[n] for n in kept]
        return dataclasses.replace(self, events=events, known=known)


def record(
    folder: Path,
    boots: Sequence[Boot],
    server: Server | None = None,
    *,
    under: Sequence[str] = (),
    image: Mapping[str, bytes] = _EMPTY,
    known: Known = _NOTHING,
) -> Recording:
    """What the station does in `boots`, on a card and a stick as in `image`, when others knew so much. `server` None:
    with a centre in its memory. Boots with a window come last. `under`: a command that runs the others. Where
    recording.can_record."""
    with rig.work_folder(_ANOTHER_DISK) as medium:
        (medium / _STICK).mkdir()
        (folder / _STICK).symlink_to(medium / _STICK)
        recorded = _record(folder, boots, server, under, image, known)
        (folder / _STICK).unlink()
        shutil.copytree(medium / _STICK, folder / _STICK)
    return recorded


def _record(
    folder: Path,
    boots: Sequence[Boot],
    server: Server | None,
    under: Sequence[str],
    image: Mapping[str, bytes],
    known: Known,
) -> Recording:
    card, log = folder / _CARD, folder / "log"
    card.mkdir()
    image = {f"{_CARD}/": b"", f"{_STICK}/": b""} | {name: image[name] for name in image if name not in (_MARKS, _LOG)}
    put(image, folder)
    before = {name: (recording.file_of(folder / name), content) for name, content in image.items()}
    scanner = Scanner()
    made = rig.config_for(folder, scanner, server.url if server else rig.NOWHERE)
    file = folder / "kiosk.toml"
    text = file.read_text(encoding="utf-8").replace('data = "."', 'data = "card/data"\ncounts_visits = true')
    text = text.replace('level = "warning"', f'level = "info"\nfile = "{folder / _LOG}"')
    if server is None:
        text = text.replace(f'kind = "native_rest"\nurl = "{rig.NOWHERE}"', 'kind = "simulated"')
    # The reserve holds nothing: 64 MB of zeros in every image would only take time.
    text += f'\n[keep]\nreserve_mb = 0\nreader_days = 1\nhistory_days = 2\n[backup]\nfolder = "{BACKUPS}"\n'
    file.write_text(text, encoding="utf-8")
    config = load(file)
    operations = {one.place: one for one in known.told}
    environment = recording.environment(recording.compiled(folder), (card, folder / _STICK), log)
    if server is not None:
        enrol_station(file, server, made.station.library, made.station.device, environment)
    for boot in boots:
        if boot.window:
            _lend_at_the_window(boot, file, scanner, folder / _LOG, environment)
            operations = _operations(config) | operations
            continue
        if server is not None and boot.later:
            erase = ("central_server", "erase-reader", *server.where, "--library", made.station.library)
            boot = dataclasses.replace(boot, erase=(*erase, "--with-open-loans", "--card"))
        words = [sys.executable, "-m", "benchmarks.power_cut.station", str(file), json.dumps(dataclasses.asdict(boot))]
        ended = subprocess.run([*under, *words], cwd=ROOT, env=environment, timeout=_LONGEST_BOOT_S, check=False)
        if ended.returncode != (-9 if boot.sudden else 0):
            raise RuntimeError(f"a boot ended with {ended.returncode}")
        operations = _operations(config) | operations  # the next boot may prune some
    events = recording.read(log)
    every = [operations[place] for place in sorted(operations)]
    return Recording(events, config, list(_known(events, every, known)), before, known)


def _operations(config: KioskConfig) -> dict[int, KeptOperation]:
    """What is in the store now, by place."""
    with rig.work_folder() as copy:  # a mere reader leaves files, too
        shutil.copytree(config.folder / _CARD, copy / _CARD, ignore=shutil.ignore_patterns("*.sock"))
        read = read_store(msgspec.structs.replace(config, folder=copy))
        kept = [one[0] for one in read.history() if not isinstance(one, Pruned)]
    return {one.place: one for one in kept if one}


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


def _known(events: Sequence[Event], operations: Sequence[KeptOperation], known: Known) -> Iterator[Known]:
    """What others know after each event, of these operations from the first on: by the station's own marks, or by the
    log of the whole one, which says only that a book was lent. Whoever begins a backup knows what was told by then."""
    places = {(one.epoch, one.seq): one.place for one in operations}
    lent = [one.place for one in operations if one.kind == "check_out"]
    notes = list(_notes(events))
    not_yet = sum(data.count(_LENT) for name, data in notes if name == _LOG)
    for event, (name, data) in zip(events, notes, strict=True):
        told = len(known.told)
        if name == _MARKS:
            word, *ids = json.loads(data)
            marked = [places[epoch, seq] for epoch, seq in ids]
            if word == TOLD:
                told = max(told, *marked)
            else:
                known = dataclasses.replace(known, taken=known.taken.union(marked))
        elif name == _LOG and _LENT in data:
            not_yet -= data.count(_LENT)
            told = max(told, lent[len(lent) - not_yet - 1])
        elif event.what == "create" and event.name.startswith(BACKUPS):
            known = dataclasses.replace(known, backups=known.backups | {Path(event.name).stem: told})
        if told > len(known.told):
            known = dataclasses.replace(known, told=operations[:told])
        yield known


def _notes(events: Sequence[Event]) -> Iterator[tuple[str, bytes]]:
    """Of each event the name of the file and what was written to it, if it is a write."""
    names: dict[int, str] = {}
    for event in events:
        if event.what == "create":
            names[event.file] = event.name
        yield names.get(event.file, "") if event.what == "write" else "", event.data
