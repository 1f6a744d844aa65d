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

from devices.scanners.agreement import Agreement
from kiosk.ports.devices import Preview, RawScan, StopSignal
from kiosk.ports.errors import DeviceLost

if TYPE_CHECKING:
    from devices.scanners.frame_sources import FrameSource

_log = logging.getLogger(__name__)

_PREVIEW_WIDTH, _GATE_WIDTH = 320, 160  # px
_PREVIEW_EVERY_S = 0.1

_Pixels = Annotated[int, msgspec.Meta(ge=160, le=4096)]
_Rate = Annotated[float, msgspec.Meta(ge=1, le=120)]  # a second


class CameraConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `device`, a camera's path or number, or `path`, a folder of pictures or a video file (a relative one
    counts from the folder of kiosk.toml). /dev/v4l/by-id/… stays the same whichever socket the camera is put in.

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

    def __post_init__(self) -> None:
        if (self.device == "") == (self.path == ""):
            raise ValueError('it needs one of the keys "device" and "path"')


@dataclass(frozen=True)
class Patience:
    """Seconds. `blind_s`: without a believable picture until the camera is called lost."""

    blind_s: float = 2.5
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
                    self._look(source, post, lambda: tell(True, "open"), stop)
            except DeviceLost as error:
                tell(False, f"lost, will look for it: {error}")
                stop.wait(self._patience.retry_s)

    def _open_source(self) -> FrameSource:
        from devices.scanners import frame_sources

        config = self._config
        if config.device != "":
            return frame_sources.Camera(config.device, config.width, config.height)
        path = self._folder / config.path
        if path.is_file():
            return frame_sources.Video(path)
        return frame_sources.Folder(path, config.width, config.height)

    def _look(
        self, source: FrameSource, post: Callable[[RawScan], None], tell_there: Callable[[], None], stop: StopSignal
    ) -> None:
        """Until `stop` is set. Raises DeviceLost."""
        from devices.scanners.barcode_decoder import decode, stages_of
        from devices.scanners.looking import Health, MotionGate, shrunk

        agreement, gate = Agreement(), MotionGate()
        at = self._monotonic()
        health = Health(live=source.live, patience_s=self._patience.blind_s, at=at)
        looking = False
        looks = 0
        seen_at = -math.inf
        while not stop.is_set():
            began, last = self._monotonic(), at
            picture = source.read()
            at = self._monotonic()
            gray = health.believed(picture, at)
            if gray is not None:
                tell_there()
                preview = shrunk(gray, _PREVIEW_WIDTH)
                was_looking, looking = looking, gate.open(shrunk(preview, _GATE_WIDTH), at)
                if looking:
                    looks += 1
                    readings = decode(gray, stages_of(looks), self._config.itf_length)
                    symbologies = dict(readings)
                    for text in agreement.seen(readings, at - last if was_looking else 0.0):
                        post(RawScan(text, at, symbology=symbologies[text]))
                    if at - seen_at >= _PREVIEW_EVERY_S:
                        seen_at = at
                        self._see(Preview(preview.shape[1], preview.shape[0], preview.tobytes()))
            next_at = began + 1 / (self._config.fps if looking else self._config.idle_fps)
            stop.wait(max(next_at - self._monotonic(), 0.0))
