"""With a stand-in for ALSA's player: a program that notes its arguments and keeps the WAV file that it was given."""

from __future__ import annotations

import logging
import os
import threading
import wave
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from devices.signals.silent import Silent
from devices.signals.sound_signaller import SoundConfig, SoundSignaller
from kiosk.ports.devices import Sound
from tests.devices.scanner_rig import PATIENCE_S

Result = TypeVar("Result")

NOTES_AND_KEEPS = """#!/bin/sh
for file; do :; done
cp "$file" "{folder}/kept.wav"
echo "$*" >> "{folder}/played"
echo "${{file##*/}}" > "{folder}/pipe"
"""


class Player:
    """The stand-in: it plays until somebody listens, so a test decides how long a sound takes."""

    def __init__(self, folder: Path, script: str = NOTES_AND_KEEPS) -> None:
        self.folder = folder
        self.program = folder / "player"
        self.program.write_text(script.format(folder=folder))
        self.program.chmod(0o755)
        os.mkfifo(folder / "pipe")

    @property
    def played(self) -> list[str]:
        """The arguments of each call so far."""
        noted = self.folder / "played"
        return noted.read_text().splitlines() if noted.exists() else []

    def listen(self) -> str:
        """Waits for the next sound, and ends it."""
        return within_patience(lambda: (self.folder / "pipe").read_text().strip())


def within_patience(act: Callable[[], Result]) -> Result:
    found: list[Result] = []
    thread = threading.Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert found, "it takes too long"
    return found[0]


class Start(Protocol):
    def __call__(self, config: SoundConfig, folder: Path | None = None, longest_s: float = 5.0) -> SoundSignaller: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Makes signallers that are closed whatever becomes of the test."""
    with ExitStack() as cleanup:

        def start(config: SoundConfig, folder: Path | None = None, longest_s: float = 5.0) -> SoundSignaller:
            signaller = SoundSignaller(config, folder, longest_s)
            cleanup.callback(signaller.close)
            return signaller

        yield start


@pytest.fixture
def player(tmp_path: Path) -> Player:
    return Player(tmp_path)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.DEBUG)
    return lambda: [record.getMessage() for record in caplog.records]


def test_gives_the_player_a_sound_and_the_device(start: Start, player: Player) -> None:
    signaller = start(SoundConfig(program=str(player.program), device="plughw:1,0"))
    signaller.play(Sound.DONE)
    assert player.listen() == "done.wav"
    signaller.close()
    assert player.played[0].startswith("-q -D plughw:1,0 /")
    with wave.open(str(player.folder / "kept.wav")) as file:
        assert file.getnframes() > 0


def test_plays_each_sound(start: Start, player: Player) -> None:
    signaller = start(SoundConfig(program=str(player.program)))
    for sound in Sound:
        signaller.play(sound)
        assert player.listen() == f"{sound}.wav"
    signaller.close()


def test_drops_the_oldest_of_more_than_two_that_wait(start: Start, player: Player) -> None:
    signaller = start(SoundConfig(program=str(player.program)))
    signaller.play(Sound.OK)
    until(lambda: bool(player.played))  # it plays until we listen
    for sound in (Sound.ATTENTION, Sound.ATTENTION, Sound.DONE, Sound.OK):
        signaller.play(sound)
    assert [player.listen() for _ in range(3)] == ["ok.wav", "done.wav", "ok.wav"]
    signaller.close()
    assert len(player.played) == 3


def test_cuts_off_a_sound_and_leaves_no_file_when_closed(start: Start, player: Player) -> None:
    signaller = start(SoundConfig(program=str(player.program)), longest_s=10 * PATIENCE_S)
    signaller.play(Sound.OK)
    until(lambda: bool(player.played))
    within_patience(signaller.close)
    signaller.play(Sound.DONE)
    assert len(player.played) == 1
    assert not Path(player.played[0].split()[-1]).exists()


@pytest.mark.slow
def test_ends_a_player_that_hangs_and_plays_the_next_sound(
    start: Start, player: Player, warnings: Callable[[], list[str]]
) -> None:
    signaller = start(SoundConfig(program=str(player.program)), longest_s=1.5)
    signaller.play(Sound.OK)
    until(lambda: bool(warnings()))  # nobody listened
    signaller.play(Sound.DONE)
    assert player.listen() == "done.wav"
    signaller.close()
    assert warnings() == [f"no sound: {player.program} ended with status -9"]


def test_is_silent_after_one_line_in_the_log_until_there_is_a_player(
    start: Start, player: Player, warnings: Callable[[], list[str]]
) -> None:
    player.program.rename(player.folder / "away")
    signaller = start(SoundConfig(program=str(player.program)))
    signaller.play(Sound.OK)
    until(lambda: bool(warnings()))
    (player.folder / "away").rename(player.program)
    signaller.play(Sound.DONE)
    assert player.listen() == "done.wav"
    signaller.close()
    (line,) = warnings()
    assert line.startswith("no sound: ")


def test_tries_each_sound_anew_after_one_line_in_the_log_when_the_player_fails(
    start: Start, tmp_path: Path, warnings: Callable[[], list[str]]
) -> None:
    player = Player(tmp_path, NOTES_AND_KEEPS + "exit 1\n")
    signaller = start(SoundConfig(program=str(player.program)))
    for _ in range(3):
        signaller.play(Sound.OK)
        player.listen()
    until(lambda: bool(warnings()))
    signaller.close()
    (line,) = warnings()
    assert line.endswith("ended with status 1")
    assert len(player.played) == 3


def until(true: Callable[[], bool]) -> None:
    pause = threading.Event()

    def wait() -> None:
        while not true():
            pause.wait(0.005)

    within_patience(wait)


def test_is_silent_after_one_line_in_the_log_when_no_file_can_be_written(
    start: Start, warnings: Callable[[], list[str]]
) -> None:
    signaller = start(SoundConfig(program="true"), Path("/proc"))  # nobody can write there
    signaller.play(Sound.OK)
    until(lambda: bool(warnings()))
    signaller.play(Sound.OK)
    signaller.close()
    assert len(warnings()) == 1


def test_makes_no_sound_when_silence_is_wanted() -> None:
    silent = Silent()
    for sound in Sound:
        silent.play(sound)
    silent.close()


def loudest(file: Path) -> int:
    with wave.open(str(file)) as sound:
        return max(abs(sample) for sample in array("h", sound.readframes(sound.getnframes())))


def test_is_made_louder_and_softer_while_it_runs(start: Start, player: Player) -> None:
    signaller = start(SoundConfig(program=str(player.program), volume=0.3))
    peaks = []
    for percent in (None, 100, 10, 0, None):
        signaller.set_loudness(percent)
        signaller.play(Sound.OK)
        player.listen()
        peaks.append(loudest(player.folder / "kept.wav"))
    as_set_up, full, soft, silent, again = peaks
    assert full > as_set_up > soft > silent == 0
    assert again == as_set_up
    assert full == pytest.approx(10 * soft, rel=0.01)
