"""Sounds through ALSA's own player. Nobody waits for a sound, and nothing fails for want of one."""

from __future__ import annotations

import logging
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from devices.signals.tones import LOUDEST, write_wav
from kiosk.ports.devices import Sound

_log = logging.getLogger(__name__)

_WAITING_AT_MOST = 2  # a sound that comes late tells a pupil about somebody else's book


class SoundConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`device`: an ALSA name as `aplay -L` lists them. `program`: a name on the PATH, or a path. `volume`: 0 to 1."""

    kind: Literal["alsa"] = "alsa"
    device: str = "default"
    program: Annotated[str, msgspec.Meta(min_length=1)] = "aplay"
    volume: Annotated[float, msgspec.Meta(ge=0, le=1)] = LOUDEST


class SoundSignaller:
    """Makes the sounds in `folder` (None: the system's temporary one) and plays them, on a thread of its own.

    A player that takes more than `longest_s` is ended. The first failure is logged, the others are not; each sound
    tries anew, for a loudspeaker may be plugged in again.
    """

    def __init__(self, config: SoundConfig, folder: Path | None = None, longest_s: float = 5.0) -> None:
        self._config = config
        self._folder = folder
        self._longest_s = longest_s
        self._changed = threading.Condition()
        self._waiting: deque[Sound] = deque(maxlen=_WAITING_AT_MOST)
        self._player: subprocess.Popen[bytes] | None = None
        self._volume = config.volume
        self._closing = False
        self._complained = False
        self._thread = threading.Thread(target=self._work, name="sound", daemon=True)
        self._thread.start()

    def play(self, sound: Sound) -> None:
        with self._changed:
            self._waiting.append(sound)
            self._changed.notify()

    def set_loudness(self, percent: int | None) -> None:
        with self._changed:
            self._volume = self._config.volume if percent is None else LOUDEST * percent / 100

    def close(self) -> None:
        """Cuts off what is playing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            if self._player is not None:
                self._player.kill()
        self._thread.join()

    def _work(self) -> None:
        try:
            with tempfile.TemporaryDirectory(
                prefix="tram-xanh-sounds-", dir=self._folder, ignore_cleanup_errors=True
            ) as folder:
                files = {sound: Path(folder, f"{sound}.wav") for sound in Sound}
                made_for = self._make(files)
                while (wanted := self._next()) is not None:
                    if made_for != self._volume:
                        made_for = self._make(files)
                    self._play_file(files[wanted])
        except OSError as error:
            self._complain(str(error))

    def _make(self, files: Mapping[Sound, Path]) -> float:
        volume = self._volume
        for sound, file in files.items():
            write_wav(file, sound, volume)
        return volume

    def _next(self) -> Sound | None:
        """Waits for a sound; None when closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return None if self._closing else self._waiting.popleft()

    def _play_file(self, file: Path) -> None:
        command = [self._config.program, "-q", "-D", self._config.device, str(file)]
        quiet = subprocess.DEVNULL
        try:
            player = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        except OSError as error:
            self._complain(str(error))
            return
        with self._changed:
            self._player = player
            if self._closing:
                player.kill()
        try:
            status = player.wait(self._longest_s)
        except subprocess.TimeoutExpired:
            player.kill()
            status = player.wait()
        with self._changed:
            self._player = None
            cut_off = self._closing
        if status != 0 and not cut_off:
            self._complain(f"{self._config.program} ended with status {status}")

    def _complain(self, why: str) -> None:
        if not self._complained:
            self._complained = True
            _log.warning("no sound: %s", why)
