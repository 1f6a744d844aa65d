"""Where the station stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`library_name`: e.g. "Thư viện xanh · Trường THCS Hoa Sen". `label_example`: what its labels look like.
    `camera`: the name of the scanner that sees, as in ScannerLost; "" when there is none."""

    brand: str
    library_name: str
    label_example: str = "PM.002774"
    camera: str = ""
