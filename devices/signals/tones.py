"""The three sounds, made from sine waves. Soft at both ends: a click in a reading room is worse than no sound."""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path

from kiosk.ports.devices import Sound

RATE = 22_050
"""Samples per second; every note is below 1 kHz."""

LOUDEST = 0.6
"""Of full scale, whatever volume is asked for: children stand near the loudspeaker."""

_FULL_SCALE = 32_767
_ATTACK_S = 0.012


def _note(from_hz: float, to_hz: float, seconds: float) -> list[float]:
    """A tone that glides evenly from one pitch to the other, within ±1."""
    count = round(seconds * RATE)
    samples: list[float] = []
    phase = 0.0
    for n in range(count):
        progress = n / count
        attack = min(1.0, n / RATE / _ATTACK_S)
        samples.append(math.sin(phase) * attack * (1 - progress) ** 1.5)
        phase += 2 * math.pi * (from_hz + (to_hz - from_hz) * progress) / RATE
    return samples


def _pause(seconds: float) -> list[float]:
    return [0.0] * round(seconds * RATE)


def _together(*notes: Sequence[float]) -> list[float]:
    return [sum(samples) for samples in zip(*notes, strict=True)]


def _samples(sound: Sound) -> tuple[list[float], float]:
    """The wave, and how loud it is beside the others."""
    match sound:
        case Sound.OK:
            return _note(587.3, 880.0, 0.18), 1.0
        case Sound.ATTENTION:
            return _note(330.0, 330.0, 0.2) + _pause(0.06) + _note(262.0, 262.0, 0.26), 0.75
        case Sound.DONE:
            return _together(*(_note(hz, hz, 0.6) for hz in (523.3, 659.3, 784.0))), 1.0


def render(sound: Sound, volume: float) -> array[int]:
    """16-bit samples, mono. `volume` 0 to 1 is the peak, never above LOUDEST."""
    samples, beside_others = _samples(sound)
    peak = max(abs(sample) for sample in samples)
    scale = min(max(volume, 0.0), LOUDEST) * beside_others * _FULL_SCALE / peak
    return array("h", (int(sample * scale) for sample in samples))


def write_wav(path: Path, sound: Sound, volume: float) -> None:
    """Raises OSError."""
    samples = render(sound, volume)
    if sys.byteorder == "big":
        samples.byteswap()
    whole = io.BytesIO()  # given a path that cannot be opened, Python 3.11's wave complains once more, on stderr
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    path.write_bytes(whole.getvalue())
