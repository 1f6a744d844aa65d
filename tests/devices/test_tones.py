"""The sounds as a loudspeaker gets them: read back from the WAV file and measured."""

from __future__ import annotations

import cmath
import gc
import math
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from devices.signals.tones import LOUDEST, RATE, write_wav
from kiosk.ports.devices import Sound

FULL_SCALE = 32_767


def written(folder: Path, sound: Sound, volume: float = LOUDEST) -> array[int]:
    path = folder / "sound.wav"
    write_wav(path, sound, volume)
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        samples = array("h", file.readframes(file.getnframes()))
    return samples


def pitch(samples: array[int]) -> float:
    """Hz, by zero crossings."""
    crossings = sum((a < 0) != (b < 0) for a, b in pairwise(samples))
    return crossings / 2 / (len(samples) / RATE)


def strength(samples: array[int], hz: float) -> float:
    """Of one frequency, by the Fourier sum."""
    turn = -2j * math.pi * hz / RATE
    return abs(sum(sample * cmath.exp(turn * n) for n, sample in enumerate(samples))) / len(samples)


def peak(samples: array[int]) -> float:
    return max(abs(sample) for sample in samples) / FULL_SCALE


@pytest.mark.parametrize("sound", list(Sound))
def test_is_short_and_soft_at_both_ends(tmp_path: Path, sound: Sound) -> None:
    samples = written(tmp_path, sound)
    assert 0.1 <= len(samples) / RATE <= 0.7
    loudest = peak(samples)
    assert peak(samples[:20]) < loudest / 4
    assert peak(samples[-200:]) < loudest / 10


@pytest.mark.parametrize("sound", list(Sound))
@pytest.mark.parametrize("volume", [LOUDEST, 1.0, 7.0])
def test_is_never_louder_than_the_cap(tmp_path: Path, sound: Sound, volume: float) -> None:
    assert LOUDEST / 2 < peak(written(tmp_path, sound, volume)) <= LOUDEST


def test_follows_the_volume(tmp_path: Path) -> None:
    assert peak(written(tmp_path, Sound.OK, 0.2)) == pytest.approx(0.2, abs=0.001)
    assert peak(written(tmp_path, Sound.OK, 0.0)) == 0


def test_rises_when_all_is_well(tmp_path: Path) -> None:
    samples = written(tmp_path, Sound.OK)
    third = len(samples) // 3
    assert pitch(samples[:third]) * 1.2 < pitch(samples[2 * third :])


def test_is_two_low_notes_with_a_rest_when_attention_is_asked(tmp_path: Path) -> None:
    samples = written(tmp_path, Sound.ATTENTION)
    assert peak(samples) < peak(written(tmp_path, Sound.OK))
    window = RATE // 50
    silent = [n for n in range(0, len(samples) - window, window) if peak(samples[n : n + window]) == 0]
    assert silent, "no rest between the notes"
    first, second = samples[: silent[0]], samples[silent[-1] + window :]
    assert 200 < pitch(second) < pitch(first) < 400


def test_is_a_chord_when_done(tmp_path: Path) -> None:
    samples = written(tmp_path, Sound.DONE)
    between = max(strength(samples, hz) for hz in (450, 590, 720, 900))
    for hz in (523.3, 659.3, 784.0):
        assert strength(samples, hz) > 5 * between


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_says_only_os_error_when_the_folder_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_wav(tmp_path / "gone" / "ok.wav", Sound.OK, 0.5)
    gc.collect()
