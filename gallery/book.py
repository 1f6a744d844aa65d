"""From many pictures to a folder that a person likes to leaf through: small files, and an index in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from gallery.samples import LOOKS, RULES, SCREENS, samples
from kiosk.i18n import own_name
from kiosk.session.states import Look
from screens.theme import HIGH_CONTRAST, PALETTE

SIZES = ("800x480", "1024x600", "1280x720", "1280x800")
_WHOLE = "1024x600"
"""The size whose pictures are kept one by one; of the others there is a sheet for each language."""
_COLOURS = 96
"""Beside the theme's own, which stay as they are."""
_ACROSS = 5
_THUMB = 288
_GAP = 8


def looks_of(size: str) -> tuple[Look, ...]:
    return tuple(Look) if size == _WHOLE else (Look.USUAL,)


def make_book(raw: Path, out: Path) -> None:
    """`raw`: one folder for each size with what gallery.window made. Replaces every picture in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    for language in RULES.languages:
        for name, _ in samples():
            save(_open(raw, _WHOLE, name, language), out / f"{name}-{language}.png")
        for size in SIZES:
            for look in looks_of(size):
                if (size, look) != (_WHOLE, Look.USUAL):
                    save(_sheet(raw, size, language, look), out / f"{_sheet_name(size, language, look)}.png")
    (out / "README.md").write_text("\n".join(_index()) + "\n", "utf-8")


def _open(raw: Path, size: str, name: str, language: str, look: Look = Look.USUAL) -> Image.Image:
    ending = "-".join(filter(None, (name, language, LOOKS[look])))
    return Image.open(raw / size / f"{ending}.png").convert("RGB")


def save(picture: Image.Image, path: Path) -> None:
    # An octree keeps a colour of which there is little: a leaf, a red cover.
    drawn = picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE).getpalette() or []
    own = {colour[1:7] for palette in (PALETTE, HIGH_CONTRAST) for colour in palette.values()}
    colours = Image.new("P", (1, 1))
    colours.putpalette([part for colour in sorted(own) for part in bytes.fromhex(colour)] + drawn[: 3 * _COLOURS])
    picture.quantize(palette=colours, dither=Image.Dither.NONE).save(path, optimize=True)


def _sheet(raw: Path, size: str, language: str, look: Look) -> Image.Image:
    names = [name for name, _ in samples()]
    width, height = map(int, size.split("x"))
    high = round(_THUMB * height / width)
    rows = -(-len(names) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * (_THUMB + _GAP) + _GAP, rows * (high + _GAP) + _GAP), "#8A9094")
    for place, name in enumerate(names):
        small = _open(raw, size, name, language, look).resize((_THUMB, high), Image.Resampling.LANCZOS)
        sheet.paste(small, (_GAP + place % _ACROSS * (_THUMB + _GAP), _GAP + place // _ACROSS * (high + _GAP)))
    return sheet


def _sheet_name(size: str, language: str, look: Look) -> str:
    return "-".join(filter(None, ("all", size, LOOKS[look], language)))


def _index() -> Iterator[str]:
    yield "# The screens"
    yield ""
    yield "What a reader sees, from the real window. `script/screens` makes these pictures anew; the states are in"
    yield "[gallery/samples.py](../../gallery/samples.py). Here is one size of screen (1024×600, seven inches) in both"
    yield "languages; below are sheets of the other sizes, of larger words and of high contrast. The pages of the"
    yield "centre are in [centre](centre/README.md)."
    for screen in SCREENS:
        yield from ("", f"## {screen.title}", "", screen.says, "", "| | |", "|---|---|")
        for name, sample in screen.samples.items():
            pictures = (f"![{name}, {own_name(language)}]({name}-{language}.png)" for language in RULES.languages)
            yield f"| {' | '.join(pictures)} |"
            yield f"| {sample.says} | |"
    yield from ("", "## Every size", "")
    for size in SIZES:
        if size != _WHOLE:
            yield f"- {size.replace('x', '×')}: {_links(size, Look.USUAL)}"
    yield f"- {_WHOLE.replace('x', '×')}, larger words: {_links(_WHOLE, Look.LARGE)}"
    yield f"- {_WHOLE.replace('x', '×')}, larger words and high contrast: {_links(_WHOLE, Look.CONTRAST)}"


def _links(size: str, look: Look) -> str:
    return " · ".join(
        f"[{own_name(language)}]({_sheet_name(size, language, look)}.png)" for language in RULES.languages
    )
