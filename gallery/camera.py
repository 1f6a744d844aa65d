"""A picture as a camera would give it, drawn here: a book's label, held up a little askew."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from screens.theme import ASSETS

_SIZE = (640, 400)
_BARS = "2112312113211221312112132111322112313211122311"
"""Widths of bars and spaces in turn. Nothing reads them."""


def label_before_a_camera() -> tuple[int, int, bytes]:
    """Width, height and luminance, top row first."""
    font = str(ASSETS / "fonts" / "BeVietnamPro-Medium.ttf")
    scene = Image.new("L", _SIZE, 62)
    draw = ImageDraw.Draw(scene)
    for place in range(0, _SIZE[0], 90):  # shelves far behind
        draw.rectangle((place, 0, place + 44, _SIZE[1]), fill=48 + place % 37)
    scene = scene.filter(ImageFilter.GaussianBlur(24))

    book = Image.new("L", (340, 330), 150)
    draw = ImageDraw.Draw(book)
    draw.rectangle((0, 0, 22, 330), fill=118)
    draw.text((180, 42), "Thư viện Trường Hoa Sen", 70, ImageFont.truetype(font, 22), anchor="mm")
    draw.rounded_rectangle((56, 78, 316, 236), 8, fill=244)
    x = 82
    for place, width in enumerate(_BARS):
        if place % 2 == 0:
            draw.rectangle((x, 96, x + 3 * int(width) - 1, 184), fill=20)
        x += 3 * int(width)
    draw.text((186, 208), "PM.002774", 24, ImageFont.truetype(font, 30), anchor="mm")
    outline = Image.new("L", book.size, 255)
    held = [part.rotate(-4, Image.Resampling.BICUBIC, expand=True) for part in (book, outline)]
    scene.paste(held[0], (140, 48), held[1])
    ImageDraw.Draw(scene).ellipse((430, 250, 700, 470), fill=176)  # a thumb
    seen = scene.filter(ImageFilter.GaussianBlur(0.8))
    return (*_SIZE, seen.tobytes())
