"""What the barcode decoder costs a frame, and how much it reads of photographs, if there are any."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks import rig
from benchmarks.report import Report, options
from demo.camera_pictures import Gray, barcode, scene
from devices.scanners.barcode_decoder import decode

_ROUNDS = 50


def main() -> None:
    chosen = options(__doc__, barcodes="photographs and their truth.csv (path, symbology, text)")
    report = Report("decode")
    rounds = _ROUNDS // 10 if chosen.quick else _ROUNDS
    card = scene(barcode(rig.card(1)), turned=5.0, noise=4.0)
    report.figure("card_cpu_ms", _cpu_ms([card] * rounds), "ms")
    report.figure("card_on_its_side_cpu_ms", _cpu_ms([np.ascontiguousarray(np.rot90(card))] * rounds), "ms")
    report.figure("desk_cpu_ms", _cpu_ms([scene(noise=4.0)] * rounds), "ms")
    if chosen.barcodes:
        _read_photographs(chosen.barcodes, report)
    report.show(chosen.json)


def _read_photographs(folder: Path, report: Report) -> None:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = [row for row in csv.DictReader(file) if row["path"] and row["symbology"]]
    photographs = [cv2.imread(str(folder / row["path"]), cv2.IMREAD_GRAYSCALE) for row in truth]
    there, read = Counter[str](), Counter[str]()
    for row, photograph in zip(truth, photographs, strict=True):
        there[row["symbology"]] += 1
        # A Codabar number is true with its start and stop letters in some of the lists, without them in others.
        right = {_plain(row["text"]), _plain(row["text"]).strip("ABCD")}
        read[row["symbology"]] += any(_plain(reading.text) in right for reading in decode(photograph))  # type: ignore[arg-type]
    report.figure("read_percent", 100 * read.total() / there.total(), "%", better="higher")
    report.figure("photograph_cpu_ms", _cpu_ms(photographs), "ms")  # type: ignore[arg-type]
    report.context["read"] = ", ".join(f"{kind} {read[kind]}/{there[kind]}" for kind in sorted(there))


def _plain(text: str) -> str:
    """The lists do not keep how lines end."""
    return " ".join(text.split())


def _cpu_ms(pictures: Sequence[Gray]) -> float:
    began = time.process_time()
    for picture in pictures:
        decode(picture)
    return (time.process_time() - began) * 1000 / len(pictures)


if __name__ == "__main__":
    main()
