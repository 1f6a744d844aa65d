"""What a camera reads: made-up pictures of a station's camera, a card held up to it, and photographs, if there are any;
beside both decoders as they come, and with each of our stages left out."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from pyzbar import pyzbar
from zxingcpp import BarcodeFormat, barcode_formats_from_str, read_barcodes

from benchmarks import card_held_up, kiosk_frames
from benchmarks.kiosk_frames import View
from benchmarks.report import Report, median, options, percentile
from demo.camera_pictures import Gray
from devices.scanners.agreement import Agreement
from devices.scanners.barcode_decoder import STAGES, decode, stages_of
from devices.scanners.looking import MotionGate, shrunk
from devices.scanners.reading import Symbology

Reader = Callable[[Gray], Iterable[str]]

_ZXING = barcode_formats_from_str("Code128,Code39,EAN13,Codabar,QRCode")
_ZBAR = [getattr(pyzbar.ZBarSymbol, kind) for kind in ("CODE128", "CODE39", "EAN13", "CODABAR", "QRCODE")]
_SHOTS = 6
"""Pictures of one view, each with its own noise: twice what the most doubtful code needs."""
_SAME_BARS = {"3PRM8N": "A123456788", "A+A-1234": "Aa-1234"}
"""Code 39 whose truth takes the same bars for another alphabet: that of Italian drugs, and one with small letters."""

_PRINTED = {"zc-ean13-2/23.png": "9784872348880", "zc-ean13-2/28.png": "9784872348880"}
"""Photographs whose truth is another number than the one that is printed in them, below the bars."""


class _Picture(NamedTuple):
    gray: Gray
    right: frozenset[str]
    symbology: str


def main() -> None:
    seed = int.from_bytes(np.random.default_rng().bytes(3))
    numbers = {"seed": (seed, "of what is made up; a fresh one unless given")}
    chosen = options(__doc__, numbers, barcodes="photographs and their truth.csv (path, symbology, text)")
    report = Report("reading")
    report.context["seed"] = chosen.seed
    random = np.random.default_rng(chosen.seed)
    count = 40 if chosen.quick else 400
    if chosen.barcodes:
        _photographs(report, _read_truth(chosen.barcodes))
    _made_up(report, random, count)
    _without_a_code(report, random, 50 if chosen.quick else 1_000)
    _false(report, random, count)
    _held_up(report, random, 6 if chosen.quick else 36)
    report.show(chosen.json)


def _photographs(report: Report, pictures: Sequence[_Picture]) -> None:
    read, wrong, there = Counter[str](), 0, Counter(one.symbology for one in pictures)
    began = time.process_time()
    found = [_ours(one.gray) for one in pictures]
    took = time.process_time() - began
    for one, texts in zip(pictures, found, strict=True):
        read[one.symbology] += bool(texts & one.right)
        wrong += bool(texts) and not texts & one.right
    report.figure("photos_read_percent", 100 * read.total() / len(pictures), "%", 92, "higher")
    report.figure("photos_wrong", wrong, "", 0)
    report.figure("photos_mean_ms", 1000 * took / len(pictures), "ms", 4)
    report.context["photos"] = ", ".join(f"{kind} {read[kind]}/{there[kind]}" for kind in sorted(there))
    _compare(report, "photos", pictures)


def _made_up(report: Report, random: np.random.Generator, count: int) -> None:
    for name, views, goal in (("mixed", kiosk_frames.mixed, 80), ("rotated", kiosk_frames.rotated, 98)):
        pictures = [_Picture(one.shot(random), frozenset({one.text}), one.symbology) for one in views(random, count)]
        report.figure(f"{name}_read_percent", _percent(_ours, pictures), "%", goal, "higher")
        _compare(report, name, pictures)


def _compare(report: Report, name: str, pictures: Sequence[_Picture]) -> None:
    """What the decoders read by themselves, and what is read without each of our stages."""
    report.figure(f"{name}_bare_zxing_percent", _percent(_bare_zxing, pictures), "%", better="higher")
    report.figure(f"{name}_bare_zbar_percent", _percent(_bare_zbar, pictures), "%", better="higher")
    with_all = _percent(_ours, pictures)
    gains = []
    for left_out in STAGES:
        stages = [stage for stage in STAGES if stage is not left_out]
        without = _percent(lambda gray, stages=stages: {_plain(one.text) for one in decode(gray, stages)}, pictures)  # type: ignore[misc]
        gains.append(f"{left_out.__name__} {with_all - without:.1f}")
    report.context[f"{name}: % that only a stage reads"] = ", ".join(gains)


def _without_a_code(report: Report, random: np.random.Generator, count: int) -> None:
    """What a picture without a code costs, and what is read in it nevertheless."""
    gate = MotionGate()
    still, busy, accepted = [], [], 0
    for _ in range(count):
        desk = kiosk_frames.background(random)
        agreement = Agreement()
        shots = [kiosk_frames.noisy(desk, 4.0, random) for _ in range(2)]
        for n, shot in enumerate(shots * 3):
            began = time.process_time()
            gate.open(shrunk(shrunk(shot, 320), 160), 0.0)
            still.append(time.process_time() - began)
            readings = decode(shot, stages_of(n))
            busy.append(time.process_time() - began)
            accepted += len(agreement.seen(readings, 1 / card_held_up.FPS))
    report.figure("still_ms", 1000 * median(still), "ms", 1)
    report.figure("busy_median_ms", 1000 * median(busy), "ms", 15)
    report.figure("busy_p95_ms", 1000 * percentile(busy, 95), "ms", 33)
    report.figure("false_accepted_without_a_code", accepted, "", 0)


def _false(report: Report, random: np.random.Generator, count: int) -> None:
    """Of codes at the edge of what can be read: which texts are accepted that do not stand there."""
    exist = {symbology: kiosk_frames.existing(symbology) for symbology in Symbology if symbology is not Symbology.ITF}
    right, existing, other, single = 0, 0, 0, 0
    views = [*kiosk_frames.blurred(random, count), *kiosk_frames.mixed(random, count)]
    for one in views:
        seen = _accepted(one, random)
        right += one.text in seen.accepted
        wrong = seen.accepted - {one.text}
        existing += len(wrong & frozenset[str]().union(*exist.values()))
        other += len(wrong)
        single += bool(seen.in_one_picture - {one.text})
    report.figure("false_accepted", existing, "", 0)
    report.figure("accepted_wrong_at_all", other, "")
    report.context["false_accepted"] = (
        f"{len(views)} views, {_SHOTS} pictures each; right {right}; in one picture alone {single} were misread"
    )


class _Seen(NamedTuple):
    accepted: frozenset[str]
    in_one_picture: frozenset[str]


def _accepted(view: View, random: np.random.Generator) -> _Seen:
    agreement = Agreement()
    accepted: set[str] = set()
    single: set[str] = set()
    for n in range(_SHOTS):
        readings = decode(view.shot(random), stages_of(n))
        single |= {one.text for one in readings}
        accepted |= set(agreement.seen(readings, 1 / card_held_up.FPS))
    return _Seen(frozenset(accepted), frozenset(single))


def _held_up(report: Report, random: np.random.Generator, count: int) -> None:
    held = [card_held_up.play(card_held_up.held_up(random, n)) for n in range(count)]
    moving = [card_held_up.play(card_held_up.passing(random, n)) for n in range(count)]
    took = [1000 * one.seconds for one in held if one.seconds is not None]
    report.figure("held_median_ms", median(took), "ms", 45)
    report.figure("held_p95_ms", percentile(took, 95), "ms", 80)
    report.figure("held_missed", len(held) - len(took), "", 0)
    report.figure("held_wrong", sum(len(one.others) for one in (*held, *moving)), "", 0)
    report.figure(
        "moving_read_percent", 100 * sum(one.seconds is not None for one in moving) / count, "%", better="higher"
    )


def _percent(reader: Reader, pictures: Sequence[_Picture]) -> float:
    return 100 * sum(not one.right.isdisjoint(reader(one.gray)) for one in pictures) / len(pictures)


def _ours(gray: Gray) -> set[str]:
    return {_plain(one.text) for one in decode(gray)}


def _bare_zxing(gray: Gray) -> set[str]:
    return {_bare(code.text, code.format == BarcodeFormat.Codabar) for code in read_barcodes(gray, _ZXING)}


def _bare_zbar(gray: Gray) -> set[str]:
    return {_bare(code.data.decode(errors="replace"), code.type == "CODABAR") for code in pyzbar.decode(gray, _ZBAR)}


def _bare(text: str, is_codabar: bool) -> str:
    return _plain(text).strip("ABCDabcd") if is_codabar else _plain(text)


def _read_truth(folder: Path) -> list[_Picture]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = [row for row in csv.DictReader(file) if row["path"] and row["symbology"]]
    pictures = []
    for row in truth:
        gray = cv2.imread(str(folder / row["path"]), cv2.IMREAD_GRAYSCALE)
        text = _PRINTED.get(row["path"], _plain(row["text"]))
        # A Codabar number is true with its start and stop letters in some of the lists, without them in others.
        right = {text, text.strip("ABCD")} | {bars for bars, other in _SAME_BARS.items() if other == text}
        pictures.append(_Picture(gray, frozenset(right), row["symbology"]))  # type: ignore[arg-type]
    return pictures


def _plain(text: str) -> str:
    """The lists do not keep how lines end."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
