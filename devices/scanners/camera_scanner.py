"""A camera that reads barcodes, or a folder of pictures or a video file in its place.

What decodes and grabs is imported by `run`, on the camera's thread: it takes longer to load than the window.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from kiosk.ports.devices import Preview, RawScan, StopSignal
from kiosk.ports.errors import DeviceLost

if TYPE_CHECKING:
    from devices.scanners.frame_sources import FrameSource

_log = logging.getLogger(__name__)

_GATE_WIDTH = 160  # px
_PREVIEW_EVERY_S = 0.1
_AHEAD = 0.8
"""Of the time between two pictures. A camera has its own clock: who comes just as often comes ever later, until a
picture is missed."""
_NOTHING = Preview(0, 0, b"")

PI_CAMERA = "picamera"

_Pixels = Annotated[int, msgspec.Meta(ge=160, le=4096)]
_Rate = Annotated[float, msgspec.Meta(ge=1, le=120)]  # a second


class CameraConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `device`, a camera's path or number, or `path`, a folder of pictures or a video file (a relative one
    counts from the folder of kiosk.toml). /dev/v4l/by-id/… stays the same whichever socket the camera is put in.
    "picamera" is a Raspberry Pi's own camera; `python` then is the interpreter that has Picamera2.

    `width`, `height`: px that are asked of the camera. Looks `idle_fps` times a second until something moves, then
    `fps` times. `itf_length`: digits of the only ITF that is read, 0: none is.
    """

    kind: Literal["camera"] = "camera"
    device: str | Annotated[int, msgspec.Meta(ge=0, le=255)] = ""
    path: str = ""
    width: _Pixels = 1280
    height: _Pixels = 720
    fps: _Rate = 30.0
    idle_fps: _Rate = 5.0
    itf_length: Annotated[int, msgspec.Meta(ge=0, le=64, multiple_of=2)] = 0  # ITF codes digits by pairs
    python: str = "/usr/bin/python3"

    def __post_init__(self) -> None:
        if (self.device == "") == (self.path == ""):
            raise ValueError('it needs one of the keys "device" and "path"')


@dataclass(frozen=True)
class Patience:
    """Seconds. `blind_s`: without a believable picture until the camera is called lost; the last look at it may take
    one more."""

    blind_s: float = 2.0
    retry_s: float = 2.0


class CameraScanner:
    """`see` is given what the camera sees while something moves, at most ten times a second, on the camera's thread."""

    def __init__(
        self,
        config: CameraConfig,
        see: Callable[[Preview], None] = lambda _: None,
        *,
        folder: Path = Path(),
        open_source: Callable[[], FrameSource] | None = None,
        patience: Patience = Patience(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._see = see
        self._folder = folder
        self._open = open_source or self._open_source
        self._patience = patience
        self._monotonic = monotonic

    @property
    def name(self) -> str:
        return f"camera {self._config.device if self._config.device != '' else self._config.path}"

    def run(self, post: Callable[[RawScan], None], lost: Callable[[bool], None], stop: StopSignal) -> None:
        there: bool | None = None

        def tell(now_there: bool, why: str) -> None:
            nonlocal there
            if there is not now_there:
                there = now_there
                _log.log(logging.INFO if there else logging.WARNING, "%s: %s", self.name, why)
                lost(not there)

        while not stop.is_set():
            try:
                with closing(self._open()) as source:
                    self._look(source, post, tell, stop)
            except DeviceLost as error:
                tell(False, f"lost, will look for it: {error}")
                stop.wait(self._patience.retry_s)

    def _open_source(self) -> FrameSource:
        from devices.scanners import frame_sources

        config = self._config
        if config.device == PI_CAMERA:
            from devices.scanners.pi_camera import PiCamera

            return PiCamera(config.width, config.height, config.fps, python=config.python)
        if config.device != "":
            return frame_sources.Camera(config.device, config.width, config.height)
        path = self._folder / config.path
        if path.is_file():
            return frame_sources.Video(path)
        return frame_sources.Folder(path, config.width, config.height)

    def _look(
        self,
        source: FrameSource,
        post: Callable[[RawScan], None],
        tell: Callable[[bool, str], None],
        stop: StopSignal,
    ) -> None:
        """Until `stop` is set. Raises DeviceLost."""
        from devices.scanners.agreement import Agreement
        from devices.scanners.aiming import PREVIEW_WIDTH, Aiming
        from devices.scanners.barcode_decoder import decode, stages_of
        from devices.scanners.looking import Health, MotionGate, shrunk

        agreement, gate, aiming = Agreement(), MotionGate(), Aiming()
        at = self._monotonic()
        health = Health(live=source.live, patience_s=self._patience.blind_s, at=at)
        looking = False
        looks = 0
        shown, shown_at = _NOTHING, -math.inf
        while not stop.is_set():
            began, last, starting = self._monotonic(), at, source.starting
            picture = source.read()
            at = self._monotonic()
            try:
                gray = health.believed(picture, at)
            except DeviceLost as error:
                if not starting:
                    raise
                tell(False, f"not there yet: {error}")
                gray, health = None, Health(live=source.live, patience_s=self._patience.blind_s, at=at)
            if gray is not None:
                tell(True, ", ".join(filter(None, ("open", source.about))))
                preview = shrunk(gray, PREVIEW_WIDTH)
                small = shrunk(preview, _GATE_WIDTH)
                was_looking, looking = looking, gate.open(small, at)
                hint, scanned = None, []
                if looking:
                    looks += 1
                    readings = decode(gray, stages_of(looks), self._config.itf_length)
                    symbologies = dict(readings)
                    scanned = agreement.seen(readings, at - last if was_looking else 0.0)
                    for text in scanned:
                        post(RawScan(text, at, symbology=symbologies[text]))
                    hint = aiming.moves(gray, preview, small, at, read=bool(readings))
                else:
                    aiming.still(small)
                if (looking and at - shown_at >= _PREVIEW_EVERY_S) or scanned or (shown.hint and not hint):
                    high, wide = preview.shape
                    shown, shown_at = Preview(wide, high, preview.tobytes(), hint, bool(scanned)), at
                    self._see(shown)
            next_at = began + (_AHEAD / self._config.fps if looking else 1 / self._config.idle_fps)
            stop.wait(max(next_at - self._monotonic(), 0.0))
