"""Barcodes in one gray picture. Imports both decoders: only the thread of a camera should import this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ctypes import string_at

import numpy as np
import numpy.typing as npt
import zxingcpp
from pyzbar import wrapper as zbar

from devices.scanners.reading import Reading, Symbology

Gray = npt.NDArray[np.uint8]
"""A picture of (height, width) bytes, 0 is black."""


def decode(gray: Gray) -> list[Reading]:
    """What the first stage that finds anything finds. ITF is read by none: it gives short fragments of other codes."""
    for stage in _STAGES if gray.size else ():
        if readings := stage(gray):
            return readings
    return []


_ZXING = {  # by symbology: one of these has several formats
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.Code39: Symbology.CODE_39,
    zxingcpp.BarcodeFormat.EANUPC: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.Codabar: Symbology.CODABAR,
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
}
_ZXING_FORMATS = zxingcpp.barcode_formats_from_str("Code128,Code39Std,EAN13,Codabar,QRCode")


def _by_zxing(gray: Gray) -> list[Reading]:
    found = zxingcpp.read_barcodes(gray, _ZXING_FORMATS, try_rotate=False, try_downscale=False, try_invert=False)
    return [_reading(code.bytes, _ZXING[code.symbology]) for code in found]


# QR codes are left to zxing: zbar finds none that zxing does not, and guesses at the encoding of their text.
_ZBAR = {
    zbar.ZBarSymbol.CODE128.value: Symbology.CODE_128,
    zbar.ZBarSymbol.CODE39.value: Symbology.CODE_39,
    zbar.ZBarSymbol.EAN13.value: Symbology.EAN_13,
    zbar.ZBarSymbol.CODABAR.value: Symbology.CODABAR,
}
_EVERY_SYMBOL = 0
_ZBAR_LINE_STEP = 3
"""Pixels between zbar's scan lines: reads as much of photographs as every line does, in a third of the time."""
_GRAY_8 = int.from_bytes(b"Y800", "little")


def _by_zbar(gray: Gray) -> list[Reading]:
    pixels = gray.tobytes()
    height, width = gray.shape
    scanner, image = zbar.zbar_image_scanner_create(), zbar.zbar_image_create()
    try:
        zbar.zbar_image_scanner_set_config(scanner, _EVERY_SYMBOL, zbar.ZBarConfig.CFG_ENABLE, 0)
        for symbol in _ZBAR:
            zbar.zbar_image_scanner_set_config(scanner, symbol, zbar.ZBarConfig.CFG_ENABLE, 1)
        for density in (zbar.ZBarConfig.CFG_X_DENSITY, zbar.ZBarConfig.CFG_Y_DENSITY):
            zbar.zbar_image_scanner_set_config(scanner, _EVERY_SYMBOL, density, _ZBAR_LINE_STEP)
        zbar.zbar_image_set_format(image, _GRAY_8)
        zbar.zbar_image_set_size(image, width, height)
        zbar.zbar_image_set_data(image, pixels, len(pixels), None)
        zbar.zbar_scan_image(scanner, image)
        return [_reading(data, _ZBAR[symbol]) for symbol, data in _symbols(image) if symbol in _ZBAR]
    finally:
        zbar.zbar_image_destroy(image)
        zbar.zbar_image_scanner_destroy(scanner)


def _symbols(image: object) -> Iterator[tuple[int, bytes]]:
    symbol = zbar.zbar_image_first_symbol(image)
    while symbol:
        data = string_at(zbar.zbar_symbol_get_data(symbol), zbar.zbar_symbol_get_data_length(symbol))
        yield symbol.contents.type, data
        symbol = zbar.zbar_symbol_next(symbol)


def _reading(data: bytes, symbology: Symbology) -> Reading:
    """Bytes that are not UTF-8 become replacement characters, as from every other scanner."""
    text = data.decode(errors="replace")
    if symbology is Symbology.CODABAR:
        text = re.sub(r"\A[A-Da-d]|[A-Da-d]\Z", "", text)
    return Reading(text, symbology)


_STAGES: tuple[Callable[[Gray], list[Reading]], ...] = (_by_zxing, _by_zbar)
"""In this order; each is asked only when those before it found nothing."""
