"""The picture that calls staff: drawn by itself when there is nothing else to start; after a minute it ends, and the
next start tries again. Standard library only, as choose.py.

The pictures beside this file are made by `python -m gallery.call_staff`. What cannot be drawn stands on the console.
"""

from __future__ import annotations

import argparse
import os
import socket
import struct
import sys
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SHOWN_S = 60.0
_EACH_S = (12.0, 6.0)  # for each language in turn
_BEAT_S = 2.0
LANGUAGES = ("vi", "en")

WORDS = """
  Trạm đang nghỉ một lát. Nhờ thủ thư báo người quản trị máy (K-06).
  The station is taking a rest. Librarian: please tell whoever looks after this machine (K-06).
"""
_CLEAR = "\033[2J\033[H\033[?25l"  # and no cursor
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """`dots`: one byte per px, top row first, each the number of its colour in `palette`, 3 bytes per colour."""

    width: int
    height: int
    dots: bytes
    palette: bytes


@dataclass(frozen=True)
class Screen:
    """A frame buffer's geometry; `stride`: bytes of a row."""

    width: int
    height: int
    bits: int
    stride: int


def read_png(data: bytes) -> Picture:
    """Only as gallery.call_staff makes them: a palette, a byte per px, no row filtered. Else it raises ValueError."""
    chunks: dict[bytes, bytes] = {}
    place = len(_PNG)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        chunks[kind] = chunks.get(kind, b"") + data[place + 8 : place + 8 + length]
        place += 12 + length
    try:
        width, height, *how = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        rows = zlib.decompress(chunks[b"IDAT"])
        palette = chunks[b"PLTE"]
    except (KeyError, struct.error, zlib.error) as error:
        raise ValueError(f"not a picture of ours: {error}") from error
    step = 1 + width
    if how != [8, 3, 0, 0, 0] or len(rows) != step * height or any(rows[::step]):
        raise ValueError("not a picture of ours")
    return Picture(width, height, b"".join(rows[row * step + 1 : (row + 1) * step] for row in range(height)), palette)


def colour(rgb: bytes, bits: int) -> bytes:
    """As a frame buffer has it: XRGB8888 or RGB565, the lowest byte first. ValueError for other depths."""
    red, green, blue = rgb
    if bits == 32:
        return bytes((blue, green, red, 0))
    if bits == 16:
        return ((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3).to_bytes(2, "little")
    raise ValueError(f"a screen of {bits} bits per px")


def pixels(picture: Picture, bits: int) -> bytes:
    colours = [colour(picture.palette[at : at + 3], bits) for at in range(0, len(picture.palette) // 3 * 3, 3)]
    out = bytearray(len(picture.dots) * bits // 8)
    for place in range(bits // 8):
        out[place :: bits // 8] = picture.dots.translate(bytes(one[place] for one in colours).ljust(256, b"\0"))
    return bytes(out)


def best_size(sizes: list[tuple[int, int]], screen: Screen) -> tuple[int, int] | None:
    """The largest that fits."""
    fit = [size for size in sizes if size[0] <= screen.width and size[1] <= screen.height]
    return max(fit, default=None)


def whole_screen(picture: Picture, screen: Screen) -> bytes:
    """In the middle; around it the colour of its own corner. ValueError when it does not fit."""
    each = screen.bits // 8
    left, top = (screen.width - picture.width) // 2, (screen.height - picture.height) // 2
    if min(left, top) < 0 or screen.stride < screen.width * each:
        raise ValueError("it does not fit")
    drawn = pixels(picture, screen.bits)
    empty = (drawn[:each] * screen.width).ljust(screen.stride, b"\0")
    length = picture.width * each
    rows = []
    for row in range(picture.height):
        line = bytearray(empty)
        line[left * each : left * each + length] = drawn[row * length : (row + 1) * length]
        rows.append(bytes(line))
    below = screen.height - picture.height - top
    return empty * top + b"".join(rows) + empty * below


def read_screen(root: Path) -> Screen:
    """Raises OSError, and ValueError when the kernel's words are not understood."""
    about = root / "sys/class/graphics/fb0"
    width, height = map(int, (about / "virtual_size").read_text("ascii").split(","))
    bits = int((about / "bits_per_pixel").read_text("ascii"))
    return Screen(width, height, bits, int((about / "stride").read_text("ascii")))


def draw(root: Path, pictures: Path, language: str) -> None:
    """Raises OSError and ValueError."""
    screen = read_screen(root)
    sizes = [(int(w), int(h)) for w, h in (path.stem.split("-")[2].split("x") for path in pictures.glob("*.png"))]
    size = best_size(sizes, screen)
    if size is None:
        raise ValueError(f"no picture fits into {screen.width}×{screen.height}")
    picture = read_png((pictures / f"call-staff-{size[0]}x{size[1]}-{language}.png").read_bytes())
    with open(root / "dev/fb0", "r+b", buffering=0) as buffer:
        data = memoryview(whole_screen(picture, screen))
        while data:
            data = data[buffer.write(data) :]


def write_on_console(root: Path, text: str) -> None:
    with suppress(OSError):
        # It must not become our terminal, whose end would be ours; and it may be stopped.
        console = os.open(root / "dev/tty1", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            os.write(console, text.encode())
        finally:
            os.close(console)


class Manager:
    """systemd, where it started us."""

    def __init__(self, address: str | None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    def tell(self, message: bytes) -> None:
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                wire.setblocking(False)
                wire.sendto(message, self._address)


def show(root: Path, pictures: Path, manager: Manager, shown_s: float) -> None:
    began = turned = time.monotonic()
    turn = 0
    said = None
    while (now := time.monotonic()) - began < shown_s:
        if turn == 0 or now - turned >= _EACH_S[(turn - 1) % 2]:
            problem = None
            write_on_console(root, _CLEAR)
            try:
                draw(root, pictures, LANGUAGES[turn % 2])
            except (OSError, ValueError) as error:
                problem = str(error)
                write_on_console(root, WORDS)
            if problem != said:
                _say(f"staff are called on the console only: {problem}")
                said = problem
            turned, turn = now, turn + 1
            manager.tell(b"READY=1\nSTATUS=nothing can be started: staff are called")
        manager.tell(b"WATCHDOG=1")
        time.sleep(min(_BEAT_S, max(0.0, began + shown_s - time.monotonic())))


def _say(text: str) -> None:
    """For the journal."""
    sys.stderr.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default="/", type=Path, help="where dev and sys are")
    parser.add_argument("--seconds", default=SHOWN_S, type=float)
    options = parser.parse_args()
    _say("nothing can be started: staff are called")
    here = Path(__file__).resolve().parent
    show(options.root, here, Manager(os.getenv("NOTIFY_SOCKET")), options.seconds)


if __name__ == "__main__":
    main()
