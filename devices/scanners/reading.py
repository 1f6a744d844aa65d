"""What a decoder found in one picture."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Symbology(StrEnum):
    CODE_128 = "code128"
    CODE_39 = "code39"
    EAN_13 = "ean13"
    CODABAR = "codabar"
    ITF = "itf"
    QR = "qr"


class Reading(NamedTuple):
    """`text` without what only frames a code: Codabar's start and stop letters are none of a number."""

    text: str
    symbology: Symbology
