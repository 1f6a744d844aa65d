"""Barcodes in one gray picture. Imports OpenCV and both decoders: only the thread of a camera should import this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from ctypes import string_at
from functools import cached_property

import cv2
import zxingcpp
from pyzbar import wrapper as zbar

from devices.scanners import barcode_regions as regions
from devices.scanners.barcode_regions import Gray
from devices.scanners.reading import Reading, Symbology

_SHARPER = (0.0, 1.5, 4.0)
"""How much of what blur took from the bars is given back, one after another until something is read."""

_NEAR = 1 / 3
"""Of the size of a picture, in which the bars of what is near look as those of what is further away."""


class View:
    """A picture, and what the stages share of it, made when first asked for. `itf_length`: digits of the only ITF
    that counts, 0: none."""

    def __init__(self, gray: Gray, itf_length: int = 0) -> None:
        self.gray = gray
        self.itf_length = itf_length

    @cached_property
    def bars(self) -> list[regions.Bars]:
        """The likeliest."""
        return regions.find_bars(self._gradient) if self._gradient else []

    @cached_property
    def blocks(self) -> list[Gray]:
        """What may be QR codes, enlarged."""
        return (
            [regions.enlarged(self.gray, one) for one in regions.find_blocks(self._gradient)] if self._gradient else []
        )

    @cached_property
    def _gradient(self) -> regions.Gradient | None:
        return None if regions.is_too_small(self.gray) else regions.Gradient(self.gray)


Stage = Callable[[View], list[Reading]]


def whole(view: View) -> list[Reading]:
    """The picture as it is, its codes upright or nearly so."""
    return _by_zxing(view.gray, view.itf_length)


def straightened(view: View) -> list[Reading]:
    """Bars at any angle, small, blurred, under a shine: what a child holds up."""
    for bars in view.bars:
        rows = regions.straighten(view.gray, bars)
        for sharper in _SHARPER:
            if readings := _by_zxing(regions.cleaned(rows, sharper), view.itf_length, _BARS):
                return readings
    return []


def near(view: View) -> list[Reading]:
    """The same of what is so near that there is an edge in few places only."""
    return [one for smaller in _nearer(view) for one in straightened(smaller)]


def _nearer(view: View) -> list[View]:
    if regions.is_too_small(view.gray, _NEAR):
        return []
    small = cv2.resize(view.gray, None, fx=_NEAR, fy=_NEAR, interpolation=cv2.INTER_AREA)
    return [View(small, view.itf_length)]  # type: ignore[arg-type]


def enlarged(view: View) -> list[Reading]:
    """QR codes far away."""
    for block in view.blocks:
        if readings := _by_zxing(block, formats=_QR, thorough=True):
            return readings
    return []


def turned(view: View) -> list[Reading]:
    """The picture on its side, inverted and smaller."""
    return _by_zxing(view.gray, view.itf_length, thorough=True)


def by_zbar(view: View) -> list[Reading]:
    """The straightened bars by another decoder, which is the better one where blur is strong."""
    for bars in view.bars:
        if readings := _by_zbar(regions.cleaned(regions.straighten(view.gray, bars), _SHARPER[1])):
            return readings
    return []


_EVERY_FRAME: tuple[Stage, ...] = (whole, straightened, near)
_IN_TURN: tuple[Stage, ...] = (enlarged, turned, by_zbar)
STAGES = (*_EVERY_FRAME, *_IN_TURN)
"""Each is asked only when those before it found nothing. What each adds and costs: `benchmarks.reading`."""


def stages_of(frame: int) -> tuple[Stage, ...]:
    """Those for one of many frames, so that none takes long: all that are quick, and the slow ones in turn."""
    return (*_EVERY_FRAME, _IN_TURN[frame % len(_IN_TURN)])


def decode(gray: Gray, stages: Sequence[Stage] = STAGES, itf_length: int = 0) -> list[Reading]:
    """What the first of `stages` that finds anything finds. ITF only of `itf_length` digits: else it gives short
    fragments of other codes."""
    view = View(gray, itf_length)
    for stage in stages if gray.size else ():
        if readings := _sure(stage(view), view):
            return readings
    return []


def _sure(readings: list[Reading], view: View) -> list[Reading]:
    """Misreads come as EAN-13, with its one check digit: of that, two bands of straightened bars must agree. zxing
    wants two lines that do, and lines beside each other, or of one band, are wrong alike."""
    if all(one.symbology is not Symbology.EAN_13 for one in readings):
        return readings
    found: set[Reading] = set()
    for one in (view, *_nearer(view)):
        for bars in one.bars:
            rows = regions.straighten(one.gray, bars)
            for sharper in _SHARPER:
                found.update(_by_zxing(regions.a_line_a_band(regions.cleaned(rows, sharper)), formats="EAN13"))
    return [one for one in readings if one.symbology is not Symbology.EAN_13 or one in found]


_ZXING = {  # by symbology: one of these has several formats
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.Code39: Symbology.CODE_39,
    zxingcpp.BarcodeFormat.EANUPC: Symbology.EAN_13,
    zxingcpp.BarcodeFormat.Codabar: Symbology.CODABAR,
    zxingcpp.BarcodeFormat.ITF: Symbology.ITF,
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
}
_QR = "QRCode"
_BARS = "Code128,Code39Std,EAN13,Codabar"
_ALL = f"{_BARS},{_QR}"


def _by_zxing(gray: Gray, itf_length: int = 0, formats: str = _ALL, *, thorough: bool = False) -> list[Reading]:
    wanted = zxingcpp.barcode_formats_from_str(f"{formats},ITF" if itf_length else formats)
    found = zxingcpp.read_barcodes(
        gray,
        wanted,
        try_rotate=thorough,
        try_downscale=thorough,
        try_invert=thorough,
        text_mode=zxingcpp.TextMode.Plain,  # else control characters are spelt out
    )
    readings = [_reading(code.bytes, _ZXING[code.symbology], code.text) for code in found]
    return [one for one in readings if one.symbology is not Symbology.ITF or len(one.text) == itf_length]


# QR codes are left to zxing: zbar finds none that zxing does not, and guesses at the encoding of their text.
_ZBAR = {
    zbar.ZBarSymbol.CODE128.value: Symbology.CODE_128,
    zbar.ZBarSymbol.CODE39.value: Symbology.CODE_39,
    zbar.ZBarSymbol.EAN13.value: Symbology.EAN_13,
    zbar.ZBarSymbol.CODABAR.value: Symbology.CODABAR,
}
_EVERY_SYMBOL = 0
_ZBAR_LINE_STEP = 3
"""Pixels between zbar's scan lines: a line for each band of straightened bars."""
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


def _reading(data: bytes, symbology: Symbology, guess: str = "") -> Reading:
    """`guess` is the decoder's text of bytes that are not UTF-8: in another alphabet, which the code may name."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = guess or data.decode(errors="replace")
    if symbology is Symbology.CODABAR:
        text = re.sub(r"\A[A-Da-d]|[A-Da-d]\Z", "", text)
    return Reading(text, symbology)
