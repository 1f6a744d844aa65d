"""From readings of single frames to scans. Pure.

A check digit does not make a reading true: blurred photographs of EAN-13 give other numbers with valid check digits.
And a misread number of a card or an item usually belongs to another reader or book, so that knowing it proves nothing.
A text counts when several frames give it; a QR code corrects its own errors and counts at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from devices.scanners.reading import Reading, Symbology

FRAMES_NEEDED: Mapping[Symbology, int] = {
    Symbology.QR: 1,
    Symbology.CODE_128: 2,
    Symbology.EAN_13: 2,
    # Nothing in the bars tells whether the last character is a check digit: all are taken for codes without one.
    Symbology.CODE_39: 3,
    Symbology.CODABAR: 3,
    Symbology.ITF: 3,
}

GONE_AFTER_S = 2.0
"""A code that could not be read for a moment, in a hand that trembles, has not left the view."""


@dataclass(slots=True)
class _Sight:
    frames: int = 0
    unseen_s: float = 0.0
    told: bool = False


class Agreement:
    """Each code for itself, however many are in view. One that was told is not told again until it left the view."""

    def __init__(self, needed: Mapping[Symbology, int] = FRAMES_NEEDED, gone_after_s: float = GONE_AFTER_S) -> None:
        self._needed = needed
        self._gone_after_s = gone_after_s
        self._sights: dict[str, _Sight] = {}

    def seen(self, readings: Collection[Reading], elapsed_s: float) -> list[str]:
        """The texts that now count, after a frame gave `readings`. `elapsed_s`: seconds of looking since the frame
        before; time in which no frame was decoded, because nothing moved, makes no code leave, and what was told does
        not leave while another code is in view."""
        for sight in self._sights.values():
            if not (sight.told and readings):  # a card may lie under the books that are held over it one by one
                sight.unseen_s += elapsed_s
        self._sights = {text: s for text, s in self._sights.items() if s.unseen_s <= self._gone_after_s}
        for text in {reading.text for reading in readings}:
            sight = self._sights.setdefault(text, _Sight())
            sight.frames += 1
            sight.unseen_s = 0.0
        agreed = [
            text
            for text, symbology in readings
            if not self._sights[text].told and self._sights[text].frames >= self._needed[symbology]
        ]
        for text in agreed:
            self._sights[text].told = True
        return list(dict.fromkeys(agreed))
