"""Short exposures, where the driver of a USB camera allows them: they matter more to a moving card than any decoder."""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Callable

_SET_CONTROL = 0xC008561C
"""VIDIOC_S_CTRL of linux/videodev2.h, with a struct v4l2_control of two 32-bit numbers."""
_MAY_SLOW_DOWN = 0x009A0903
"""V4L2_CID_EXPOSURE_AUTO_PRIORITY: exposure_dynamic_framerate (or exposure_auto_priority) in v4l2-ctl."""

Control = Callable[[int, int, bytes], object]


def keep_short(device: str | int, control: Control = fcntl.ioctl) -> str:
    """Asks the camera for no exposure that is longer than a frame; says what came of it.

    In the dark many cameras let a picture take a tenth of a second and give ten a second: a hand is a smear then. With
    this control at 0 the camera's automatic goes on, but "the frame rate must remain constant" (Linux' V4L2 API, Camera
    Control Reference, V4L2_CID_EXPOSURE_AUTO_PRIORITY). OpenCV knows no such property; a control may be set through
    another opening of the device, as v4l2-ctl does. A fixed exposure (V4L2_EXPOSURE_MANUAL) is asked of none: what is
    short enough at noon is black in the evening.
    """
    path = f"/dev/video{device}" if isinstance(device, int) else device
    try:
        with open(path, "rb", buffering=0) as opened:
            control(opened.fileno(), _SET_CONTROL, struct.pack("=Ii", _MAY_SLOW_DOWN, 0))
    except OSError as error:
        return f"exposures as long as it likes ({error.strerror})"
    return "no exposure longer than a frame"
