"""The enrolment code as a picture, a text, or a page for the teacher."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import segno
from reportlab.lib.colors import Color, HexColor, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from central_server.cannot import CannotDo

ENDINGS = (".png", ".svg", ".pdf", ".txt")
_FONTS = Path(__file__).parents[1] / "screens" / "assets" / "fonts"  # data beside us; no code of the station's
_PLAIN, _STRONG = "BeVietnamPro-Medium", "BeVietnamPro-Bold"
_INK, _TEAL, _MUTED = (HexColor(colour) for colour in ("#14242B", "#0B5D66", "#4A5B63"))
_QUIET = 4
"""Modules of white around a QR code, as the standard wants."""
_QR_MM = 96.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page says beside `code`. `until`: in words; `wifi`: the network's name, if the code names one."""

    code: str
    library: str
    device: str
    url: str
    token: str
    until: str
    wifi: str | None = None


def write(sheet: Sheet, path: Path) -> None:
    """As the ending of `path` says. For this account only: who has the code can enrol. Raises `CannotDo`."""
    kind = path.suffix.lower()
    if kind not in ENDINGS:
        raise CannotDo(f"The enrolment code is written to a file that ends in one of {', '.join(ENDINGS)}, not {path}.")
    content = (
        (sheet.code + "\n").encode() if kind == ".txt" else _pdf(sheet) if kind == ".pdf" else _picture(sheet, kind)
    )
    try:
        path.unlink(missing_ok=True)  # a file that others may read would stay so
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise CannotDo(f"{path} cannot be written: {error.strerror}.") from error


def _qr(code: str) -> segno.QRCode:
    return segno.make_qr(code, error="m", boost_error=False)


def _picture(sheet: Sheet, kind: str) -> bytes:
    picture = io.BytesIO()
    _qr(sheet.code).save(picture, kind=kind.removeprefix("."), scale=8, border=_QUIET)
    return picture.getvalue()


def _pdf(sheet: Sheet) -> bytes:
    for font in (_PLAIN, _STRONG):
        pdfmetrics.registerFont(TTFont(font, str(_FONTS / f"{font}.ttf")))
    content = io.BytesIO()
    page = Canvas(content, pagesize=A4, pageCompression=1)
    page.setTitle(f"Trạm Xanh: ghi danh {sheet.device}")
    left, top = 22 * mm, A4[1] - 26 * mm
    _line(page, left, top, f"Ghi danh trạm {sheet.device}", _STRONG, 24, _INK)
    _line(page, left, top - 9 * mm, f"Thư viện {sheet.library} · dùng một lần, đến {sheet.until}", _PLAIN, 12, _MUTED)
    _draw(page, sheet.code, (A4[0] - _QR_MM * mm) / 2, top - (18 + _QR_MM) * mm)
    y = top - (32 + _QR_MM) * mm
    for number, (title, hint) in enumerate(_steps(sheet), 1):
        page.setFillColor(_TEAL)
        page.circle(left + 6 * mm, y, 6 * mm, stroke=0, fill=1)
        page.setFillColor(HexColor("#FFFFFF"))
        page.setFont(_STRONG, 15)
        page.drawCentredString(left + 6 * mm, y - 1.9 * mm, str(number))
        _line(page, left + 17 * mm, y + 0.8 * mm, title, _STRONG, 14, _INK)
        _line(page, left + 17 * mm, y - 5.2 * mm, hint, _PLAIN, 11, _MUTED)
        y -= 19 * mm
    for line in _small(sheet):
        _line(page, left, y, line, _PLAIN, 9, _MUTED)
        y -= 5 * mm
    page.save()
    return content.getvalue()


def _steps(sheet: Sheet) -> Iterator[tuple[str, str]]:
    yield "Bật trạm", "Chờ màn hình có dòng “Đưa mã QR của trạm vào trước máy”."
    network = f"Máy tự nối Wi-Fi “{sheet.wifi}”, rồi" if sheet.wifi else "Máy tự nối với trung tâm, rồi"
    yield "Giơ tờ này trước máy, cách một gang tay", f"{network} hiện bốn từ."
    yield (
        "Đọc bốn từ cho người quản lý thư viện",
        "Hai bên giống nhau thì xác nhận; máy tải danh mục và bắt đầu cho mượn.",
    )


def _small(sheet: Sheet) -> Iterator[str]:
    yield "Ai có tờ này đều có thể ghi danh thay trạm: đừng chụp gửi qua mạng, và hãy huỷ tờ này khi xong việc."
    yield f"Gõ bằng tay khi không có máy quét: {sheet.url} · {sheet.token}"


def _line(page: Canvas, x: float, y: float, text: str, font: str, size: float, colour: Color) -> None:
    page.setFillColor(colour)
    while size > 6 and pdfmetrics.stringWidth(text, font, size) > A4[0] - x - 15 * mm:
        size -= 0.5
    page.setFont(font, size)
    page.drawString(x, y, text)


def _draw(page: Canvas, code: str, x: float, y: float) -> None:
    rows = [list(row) for row in _qr(code).matrix]
    page.setFillColor(black)
    module = _QR_MM * mm / (len(rows) + 2 * _QUIET)
    for down, row in enumerate(rows):
        for along, dark in enumerate(row):
            if dark:
                left, low = x + (along + _QUIET) * module, y + _QR_MM * mm - (down + 1 + _QUIET) * module
                # A little wider than its place: between two that only touch, printers leave a hair of white.
                page.rect(left, low, module * 1.02, module * 1.02, stroke=0, fill=1)
