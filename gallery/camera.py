"""Pictures as a camera would give them, drawn here: a book's label, held up a little askew, well or less well."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from kiosk.session.states import Hint
from screens.theme import ASSETS

_SIZE = (640, 400)
_BARS = "2112312113211221312112132111322112313211122311"
"""Widths of bars and spaces in turn. Nothing reads them."""


def label_before_a_camera(spoiled: Hint | None = None) -> tuple[int, int, bytes]:
    """Width, height and luminance, top row first."""
    scene = Image.new("L", _SIZE, 62)
    draw = ImageDraw.Draw(scene)
    for place in range(0, _SIZE[0], 90):  # shelves far behind
        draw.rectangle((place, 0, place + 44, _SIZE[1]), fill=44 + place % 41)
    scene = scene.filter(ImageFilter.GaussianBlur(24))
    book, outline = _book(), Image.new("L", (330, 420), 255)
    book, outline = (part.rotate(-4, Image.Resampling.BICUBIC, expand=True) for part in (book, outline))
    scene.paste(book, (136, 30), outline)
    thumb, shape = Image.new("L", (240, 96), 172), Image.new("L", (240, 96), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, 239, 95), 48, fill=255)
    ImageDraw.Draw(thumb).ellipse((10, 18, 74, 74), fill=206)
    thumb, shape = (part.rotate(-24, Image.Resampling.BICUBIC, expand=True) for part in (thumb, shape))
    scene.paste(thumb, (404, 212), shape)
    match spoiled:
        case Hint.TOO_DARK:
            scene = scene.point(lambda shade: round(shade * 0.22))
        case Hint.TOO_NEAR:
            scene = scene.crop((190, 130, 430, 280)).resize(_SIZE, Image.Resampling.BICUBIC)
            scene = scene.filter(ImageFilter.GaussianBlur(3))
        case Hint.BLURRED:
            ghosts = [scene.transform(_SIZE, Image.Transform.AFFINE, (1, 0, way, 0, 1, way / 3)) for way in range(16)]
            for count, ghost in enumerate(ghosts[1:], 2):
                scene = Image.blend(scene, ghost, 1 / count)
    return (*_SIZE, scene.filter(ImageFilter.GaussianBlur(0.8)).tobytes())


def _book() -> Image.Image:
    font = str(ASSETS / "fonts" / "BeVietnamPro-Medium.ttf")
    book = Image.new("L", (330, 420), 150)
    draw = ImageDraw.Draw(book)
    draw.rectangle((0, 0, 20, 420), fill=118)
    draw.text((178, 66), "Thư viện Trường Hoa Sen", 70, ImageFont.truetype(font, 17), anchor="mm")
    draw.rounded_rectangle((66, 86, 292, 204), 8, fill=244)
    x = 92
    for place, width in enumerate(_BARS):
        if place % 2 == 0:
            draw.rectangle((x, 100, x + round(2.2 * int(width)) - 1, 164), fill=20)
        x += round(2.2 * int(width))
    draw.text((180, 184), "PM.002774", 24, ImageFont.truetype(font, 24), anchor="mm")
    return book
