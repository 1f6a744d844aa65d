"""kill -9 of station and server at random while pupils borrow and return: what beeped is there, and once.

The scanner's side keeps a list of its own. A loan stands in it when the pupil has heard of it: the station's player is
a program of ours that writes down each sound it is given, the last step outside of the station. What did not beep may
be there once: the pupil heard nothing, comes back when the station does, and scans the book again.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import rig
from benchmarks.report import Report, options
from benchmarks.school_tables import FREE_LENDING, fill
from demo.compare import differences
from demo.enrolment import enrol_station
from demo.processes import ROOT, DemoFailed, Server, run, run_or_fail
from demo.school import LIBRARY, Scanner
from devices.host.status_socket import ask_word

HEADLESS = (sys.executable, "-m", "benchmarks.headless")
WHOLE = (sys.executable, "-m", "kiosk", "run", "--config")
WINDOW_EVERY = 10

_PLAYER = '#!/bin/sh\nfor file; do :; done\necho "${file##*/}" >> "%s"\n'
_OK = "ok.wav"
_BOOKS_A_VISIT = 4
_WHOM = (*[("station",)] * 7, *[("server",)] * 2, ("station", "server"))
_VISIT_S = 0.3
_START_S = 1.0
_KILLED_AT_START = 0.15  # of all kills of a station that has just been started: perhaps before it is ready
_ECHO_S = 0.3  # a sound that was begun before the kill is heard all the same


@dataclass
class Heard:
    """Barcodes, each lent and returned once at most: what the station said it had recorded, what was given back then,
    and what of that it took, or did not know that it had lent."""

    lent: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Outcome:
    """`unbeeped`: recorded once, and the pupil never heard of it."""

    lost: int
    double: int
    unbeeped: int
    beeps: int
    kills: Counter[str]


class Gone(Exception):
    """The station was killed."""


class Station:
    """Its process, its scanner, and the sounds that it makes."""

    def __init__(self, folder: Path, server: Server, program: Sequence[str]) -> None:
        self._scanner = Scanner()
        self._program = program
        self._folder = folder
        self._sounds = folder / "sounds"
        self._sounds.touch()
        player = folder / "player"
        player.write_text(_PLAYER % self._sounds)
        player.chmod(0o755)
        self.config = rig.config_for(folder, self._scanner, server.url).folder / "kiosk.toml"
        sound = f'kind = "alsa"\nprogram = "{player}"'
        self.config.write_text(self.config.read_text().replace('[sound]\nkind = "none"', f"[sound]\n{sound}"))
        enrol_station(self.config, server, LIBRARY, "tram-1")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, program: Sequence[str] | None = None) -> None:
        environment = dict(os.environ) | {"SDL_VIDEODRIVER": "offscreen"}
        words = [*(program or self._program), str(self.config)]
        with (self._folder / "said").open("ab") as said:
            self._process = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=said, stdout=said)

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + rig.PATIENCE_S
        while time.monotonic() < deadline:
            told = ask_word(self._folder)
            if told and set(json.loads(told)["devices"].values()) == {"ready"}:
                return
            if not self.runs():
                raise Gone
            time.sleep(0.01)
        raise DemoFailed("the station did not become ready")

    def scan(self, code: str) -> str:
        """The sound that follows. Raises Gone when there was none."""
        heard = len(self.sounds())
        self._scanner.scan(code)
        deadline = time.monotonic() + rig.PATIENCE_S
        while time.monotonic() < deadline:
            ran = self.runs()
            if not ran:
                time.sleep(_ECHO_S)
                self._scanner.forget()
            sounds = self.sounds()
            if len(sounds) > heard:
                return sounds[heard]
            if not ran:
                raise Gone
            time.sleep(0.001)
        raise DemoFailed("no sound")

    def sounds(self) -> list[str]:
        return self._sounds.read_text().splitlines()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(rig.PATIENCE_S)

    def ledger(self) -> dict[str, Any]:
        return dict(json.loads(run_or_fail("kiosk", "ledger", "--config", str(self.config))))

    def close(self) -> None:
        self.kill()
        self._scanner.close()


class Pupils:
    """Who borrows what, one after another. Whoever heard nothing scans the book again."""

    def __init__(self, station: Station, dice: random.Random) -> None:
        self.heard = Heard()
        self._station = station
        self._dice = dice
        self._visitor = -1
        self._wants: list[str] = []
        self._unsure = False

    def come(self, *, just_started: bool) -> None:
        """Until they have what they want. Raises Gone."""
        if just_started:
            self._give_one_back()
        if not self._wants:
            self._visitor += 1
            first = self._visitor * _BOOKS_A_VISIT
            self._wants = [rig.barcode(first + n) for n in range(_BOOKS_A_VISIT)]
        self._must_be_ok(self._station.scan(rig.card(self._visitor)))
        while self._wants:
            again, self._unsure = self._unsure, True
            sound = self._station.scan(self._wants[0])
            if not again:  # else it may say that they have it already
                self._must_be_ok(sound)
            self.heard.lent.add(self._wants.pop(0))
            self._unsure = False

    def _give_one_back(self) -> None:
        """Nobody stands there yet, so it is a return."""
        lent = sorted(self.heard.lent - self.heard.given_back)
        if lent:
            book = self._dice.choice(lent)
            self.heard.given_back.add(book)
            is_ok = self._station.scan(book) == _OK
            (self.heard.taken if is_ok else self.heard.unknown).add(book)

    def _must_be_ok(self, sound: str) -> None:
        if sound != _OK:
            raise DemoFailed(f"the station answered {sound}")


def play(
    folder: Path, rounds: int, seed: int, program: Sequence[str] = HEADLESS, window_every: int = WINDOW_EVERY
) -> Outcome:
    """`rounds` kills of the one, the other or both; each `window_every`-th start of the station is one with its window
    (0: none)."""
    dice = random.Random(seed)
    books = (rounds + 1) * _BOOKS_A_VISIT
    fill(folder / "centre", rounds + 1, books, FREE_LENDING)
    server = Server(folder / "centre")
    server.start()
    (folder / "station").mkdir()
    station = Station(folder / "station", server, program)
    pupils = Pupils(station, dice)
    kills: Counter[str] = Counter()
    starts, has_window = 0, False
    try:
        _hear_everything(station, books)
        for _ in range(rounds):
            just_started = not station.runs()
            if just_started:
                starts += 1
                has_window = bool(window_every) and starts % window_every == 0
                station.start(WHOLE if has_window else None)
            begins = just_started and dice.random() < _KILLED_AT_START
            if just_started and not begins:
                station.wait_until_ready()
            whom = dice.choice(_WHOM)
            delay_s = dice.uniform(0, _START_S if begins else _VISIT_S)
            killer = threading.Timer(delay_s, _kill, (whom, station, server))
            killer.start()
            try:
                if begins:
                    station.wait_until_ready()
                pupils.come(just_started=just_started)
            except Gone:
                pass
            finally:
                killer.join()
            kills[" and ".join(whom)] += 1
            kills["of them with a window"] += has_window and "station" in whom
            if "server" in whom:
                server.start()
        return _compared(station, server, pupils.heard, kills)
    finally:
        station.close()
        server.stop()


def _kill(whom: Sequence[str], station: Station, server: Server) -> None:
    if "station" in whom:
        station.kill()
    if "server" in whom:
        server.kill()


def _hear_everything(station: Station, books: int) -> None:
    """The first start brings the catalogue; nobody is killed yet."""
    station.start(HEADLESS)
    station.wait_until_ready()
    deadline = time.monotonic() + rig.PATIENCE_S
    while time.monotonic() < deadline:
        status = json.loads(run("kiosk", "status", "--json", "--config", str(station.config)).stdout)
        if status["store"].get("items") == books and status["store"]["patrons"]:
            station.stop()
            return
    raise DemoFailed("the catalogue did not come")


def _compared(station: Station, server: Server, heard: Heard, kills: Counter[str]) -> Outcome:
    """Once both are there again and all is sent and heard: the scanner's own list, the station's and the centre's."""
    station.kill()
    station.start(HEADLESS)
    deadline = time.monotonic() + rig.PATIENCE_S
    while True:
        here = station.ledger()
        asked = ("central_server", "ledger", "--json", *server.where, "--library", LIBRARY)
        there = json.loads(run_or_fail(*asked))
        different = differences(here, there, "tram-1")
        sent = all(row["state"] != "pending" for row in here["operations"])
        never_agree = sent and any(one.startswith("operation") for one in different)
        if not different or never_agree or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    operations = [(row["kind"], row["barcode"]) for row in here["operations"] if row["kind"] != "renew"]
    found = Counter(operations)
    expected = {("check_out", book) for book in heard.lent} | {("check_in", book) for book in heard.taken}
    open_here = {row["item_barcode"] for row in here["loans"] if row["open"]}
    lost = [one for one in expected if one not in found]
    lost_loans = heard.lent - heard.given_back - open_here
    return Outcome(
        lost=len(lost) + len(lost_loans) + len(heard.unknown) + len(different),
        double=sum(times - 1 for times in found.values()),
        unbeeped=len(found.keys() - expected),
        beeps=len(station.sounds()),
        kills=kills,
    )


def main() -> None:
    chosen = options(__doc__)
    report = Report("kill")
    rounds = 20 if chosen.quick else 200
    began = time.monotonic()
    with rig.work_folder() as folder:
        outcome = play(folder, rounds, seed=random.SystemRandom().randrange(2**32))
    report.figure("rounds", rounds, "", 200, "higher")
    report.figure("lost", outcome.lost, "", 0)
    report.figure("double", outcome.double, "", 0)
    report.figure("unbeeped_recorded", outcome.unbeeped, "")
    report.figure("beeps", outcome.beeps, "")
    report.context |= {
        "kills": dict(outcome.kills),
        "took_s": round(time.monotonic() - began),
        "station": "without its window, in a process of its own; those with a window are the whole program, offscreen",
        "beep": "a sound that the station's player program was given",
    }
    report.show(chosen.json)


if __name__ == "__main__":
    main()
