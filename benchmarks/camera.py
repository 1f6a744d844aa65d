"""What a camera costs the whole station while nobody is there, and how soon it knows a card. Part of start_up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import rig
from benchmarks.report import Report, median
from demo.camera_pictures import HEIGHT, WIDTH, Gray, barcode, hold_up, scene
from demo.processes import Kiosk

_SETTLE_S = 6.0
_STILL_S = 5.0
"""Longer than a camera goes on looking after something moved."""
_IDLE_S = 20.0
_SENSOR_NOISE = 4.0
_FRAMES = 40
_QUALITY = 80


def measure(folder: Path, config: Path, report: Report, cards: int) -> None:
    """`config`: a kiosk.toml that logs to `folder`/log."""
    video, pictures = folder / "still.avi", folder / "cards"
    pictures.mkdir()
    frame_kb = _film_a_still_scene(video)
    plain = config.read_text()

    def start(source: Path) -> Kiosk:
        config.write_text(plain.replace("[sound]", f'[[scanner]]\nkind = "camera"\npath = "{source}"\n[sound]'))
        kiosk = Kiosk(config, folder / "log", None)
        kiosk.wait_for("the camera", lambda line: line["says"] == f"camera {source}: open")
        time.sleep(_SETTLE_S)
        return kiosk

    kiosk = start(video)
    try:
        before = kiosk.cpu_s()
        time.sleep(_IDLE_S)
        report.figure("home_camera_cpu_percent", (kiosk.cpu_s() - before) / _IDLE_S * 100, "%", 8)
        report.figure("rss_mb", kiosk.rss_mb(), "MB", 220)
        report.context["software_opengl_mb"] = round(_mapped_mb(kiosk, "libLLVM", "swrast"), 1)
    finally:
        kiosk.stop()
    report.context["still_scene"] = f"{WIDTH}x{HEIGHT} MJPEG, {frame_kb} KB a frame"

    kiosk = start(pictures)
    try:
        times = [_card_ms(kiosk, pictures, number) for number in range(cards)]
    finally:
        kiosk.stop()
        config.write_text(plain)
    report.figure("first_card_after_idle_ms", max(times), "ms", 400)
    report.context["cards"] = f"the slowest of {cards}; median {median(times):.0f} ms"


def _card_ms(kiosk: Kiosk, pictures: Path, number: int) -> float:
    """From the moment when a card is before the camera until the session knows whose it is."""
    picture = scene(barcode(rig.card(number)), turned=5.0, noise=_SENSOR_NOISE)
    time.sleep(_STILL_S + number * 0.03)  # at another moment between two looks each time
    held_up_at = time.time()
    hold_up(pictures, f"{number:03}.jpg", picture)
    known_at: float = kiosk.act("PatronFound")["at"]
    kiosk.act("Home")
    return (known_at - held_up_at) * 1000


def _film_a_still_scene(path: Path) -> int:
    """A desk with things on it, as a sensor with noise sees it. Gives the KB of a frame."""
    rng = np.random.default_rng(1)
    things: Any = cv2.resize(
        rng.integers(40, 220, (9, 16, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    film = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 5, (WIDTH, HEIGHT))
    film.set(cv2.VIDEOWRITER_PROP_QUALITY, _QUALITY)
    for _ in range(_FRAMES):
        frame: Gray = np.clip(things + rng.normal(0, _SENSOR_NOISE, things.shape), 0, 255).astype(np.uint8)
        film.write(frame)
    film.release()
    return path.stat().st_size // _FRAMES // 1024


def _mapped_mb(kiosk: Kiosk, *libraries: str) -> float:
    """Of its resident memory, what is the code of `libraries`."""
    counted, kb = False, 0
    for line in Path(f"/proc/{kiosk.process.pid}/smaps").read_text().splitlines():
        if "-" in line.split(maxsplit=1)[0]:
            counted = any(name in line for name in libraries)
        elif counted and line.startswith("Rss:"):
            kb += int(line.split()[1])
    return kb / 1024
