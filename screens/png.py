"""Writes a picture of the window; the standard library is enough for that."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int, rgb_from_below: bytes) -> bytes:
    """`rgb_from_below`: 3 bytes per px, lowest row first, as OpenGL reads it. ValueError when the size does not fit."""
    stride = width * 3
    if len(rgb_from_below) != stride * height:
        raise ValueError(f"{len(rgb_from_below)} bytes are not {width}×{height} px")
    rows = b"".join(b"\x00" + rgb_from_below[row * stride : (row + 1) * stride] for row in range(height - 1, -1, -1))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
