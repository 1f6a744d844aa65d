"""Colours that can be read, type that has its letters, and fitting words without a window."""

from __future__ import annotations

import pytest

from screens import theme
from screens.widgets.row_plan import PAGER, Form, plan
from screens.widgets.typeset import LINE, fit, shorten, wrap


def luminance(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [theme.PALETTE, theme.HIGH_CONTRAST], ids=["usual", "high-contrast"])
@pytest.mark.parametrize(
    ("words", "ground"),
    [
        ("ink", "paper"),
        ("muted", "paper"),
        ("muted", "card"),
        ("teal", "card"),
        ("white", "teal"),
        ("white", "teal_pressed"),
        ("on_teal", "teal"),
        ("ink", "amber"),
        ("on_amber", "amber"),
        ("ok", "ok_tint"),
        ("ink", "ok_tint"),
        ("warn", "amber_tint"),
        ("white", "warn"),
        ("sky", "sky_tint"),
        ("muted", "off"),
        *[("white", f"cover{i}") for i in range(theme.COVERS)],
    ],
)
def test_words_stand_out_from_what_they_stand_on(palette: dict[str, str], words: str, ground: str) -> None:
    assert contrast(palette[words], palette[ground]) >= 4.5


@pytest.mark.parametrize(
    ("words", "ground", "ratio"),
    [("ink", "paper", 15.0), ("muted", "paper", 6.7), ("white", "teal", 7.6), ("ink", "amber", 9.0)],
)
def test_the_tokens_keep_their_documented_contrast(words: str, ground: str, ratio: float) -> None:
    assert contrast(theme.PALETTE[words], theme.PALETTE[ground]) == pytest.approx(ratio, abs=0.1)


def test_high_contrast_changes_colours_and_forgets_none() -> None:
    assert theme.HIGH_CONTRAST.keys() == theme.PALETTE.keys()
    assert theme.HIGH_CONTRAST != theme.PALETTE


def test_larger_text_is_larger_in_every_role() -> None:
    usual = theme.Theme(6.67, theme.PALETTE)
    large = theme.Theme(6.67, theme.PALETTE, large=True)
    assert all(large.text_px(role) > usual.text_px(role) for role in theme.TYPE_SIZES)


@pytest.mark.parametrize(("size", "body"), [((1024, 600), 26), ((800, 480), 20), ((1280, 800), 32)])
def test_one_scale_factor_sizes_everything(size: tuple[int, int], body: int) -> None:
    look = theme.Theme(theme.unit_for(*size), theme.PALETTE)
    assert look.text_px("body") == body
    assert look.px(theme.SMALLEST[0]) <= size[0]
    assert look.px(theme.SMALLEST[1]) <= size[1]


def test_an_opaque_colour_and_a_clear_one_are_read_alike() -> None:
    look = theme.Theme(1.0, theme.PALETTE)
    assert look.rgba("white") == (1.0, 1.0, 1.0, 1.0)
    assert look.rgba("dim")[3] == pytest.approx(0.85, abs=0.01)


def test_every_drawing_has_its_source_beside_it() -> None:
    art = theme.ASSETS / "art"
    assert {path.stem for path in art.glob("*.svg")} == theme.illustrations()


def test_the_bundle_is_small_and_carries_its_licences() -> None:
    files = [path for path in theme.ASSETS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_500_000
    assert len([path for path in files if "LICENSE" in path.name]) == 2


# Fitting words: every letter is half as wide as the font is high


def half(text: str, size: int) -> int:
    return len(text) * size // 2


def test_words_that_fit_keep_their_size() -> None:
    assert fit("abc def", 20, 100, 40, half).lines == ("abc def",)
    assert fit("abc def", 20, 100, 40, half).size == 20


def test_words_a_little_too_long_shrink() -> None:
    setting = fit("abcdefghij", 20, 90, 40, half)
    assert (setting.size, setting.lines) == (18, ("abcdefghij",))


def test_words_on_a_key_shrink_before_they_wrap() -> None:
    assert fit("abcd efghi", 20, 90, 80, half, max_lines=2, one_line_first=True).lines == ("abcd efghi",)
    assert fit("abcd efghi", 20, 90, 80, half, max_lines=2).lines == ("abcd", "efghi")


def test_words_much_too_long_end_in_an_ellipsis_and_in_their_box() -> None:
    setting = fit("abcdefghijklmnopqrstuvwxyz", 20, 90, 40, half)
    assert setting.lines[0].endswith("…")
    assert half(setting.lines[0], setting.size) <= 90


def test_no_more_lines_than_the_height_allows() -> None:
    setting = fit("aaa bbb ccc ddd eee fff", 20, 60, 60, half, max_lines=9)
    assert len(setting.lines) * setting.size * LINE <= 60
    assert setting.lines[-1].endswith("…")


def test_a_box_too_low_for_the_type_makes_it_smaller() -> None:
    assert fit("abc", 40, 500, 25, half).size * LINE <= 25


@pytest.mark.parametrize("width", range(1, 80, 7))
@pytest.mark.parametrize("text", ["", "a", "Ỗ Ẵ Ậ", "một-từ-rất-dài-không-có-chỗ-ngắt", "a b c d e f g h"])
def test_no_line_is_ever_wider_than_its_box(text: str, width: int) -> None:
    setting = fit(text, 20, width, 50, half, max_lines=2)
    assert all(half(line, setting.size) <= width for line in setting.lines)


def test_wrapping_keeps_every_word_and_given_line_ends() -> None:
    assert wrap("một hai ba\nbốn", 20, 75, half) == ["một hai", "ba", "bốn"]


def test_a_last_word_is_not_left_alone_on_its_line() -> None:
    assert fit("aaa bbb ccc ddd eee", 20, 160, 80, half, max_lines=2).lines == ("aaa bbb ccc", "ddd eee")
    assert wrap("aaa bbb ccc ddd eee", 20, 160, half) == ["aaa bbb ccc ddd", "eee"]  # as it would be without


def test_a_lonely_word_is_avoided_by_breaking_between_sentences() -> None:
    assert fit("aaa bbb. Ccc ddd eee", 20, 170, 80, half, max_lines=2).lines == ("aaa bbb.", "Ccc ddd eee")


def test_shortening_leaves_no_loose_comma_before_the_ellipsis() -> None:
    assert shorten("Kính vạn hoa, tập 3", 20, half("Kính vạn hoa, …", 20), half) == "Kính vạn hoa…"


# Where rows go


@pytest.mark.parametrize("with_keys", [False, True])
@pytest.mark.parametrize("newest", [Form.LARGE, Form.TALL])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 13, 20, 50])
def test_every_row_has_one_place_inside_and_apart(count: int, newest: Form, with_keys: bool) -> None:
    width, height = 145.6, 52.0
    pages = plan(count, newest=newest, width=width, height=height, with_keys=with_keys).pages
    assert sum(len(page) for page in pages) == count
    for page in pages:
        for slot in page:
            assert slot.x >= 0
            assert slot.x + slot.width <= width - (PAGER if len(pages) > 1 else 0) + 0.01
            assert slot.y + slot.height <= height + 0.01
            for other in page:
                apart = (
                    slot is other
                    or slot.x + slot.width <= other.x
                    or other.x + other.width <= slot.x
                    or slot.y + slot.height <= other.y
                    or other.y + other.height <= slot.y
                )
                assert apart


def test_three_books_are_in_one_column_and_the_newest_is_the_largest() -> None:
    (page,) = plan(3, newest=Form.LARGE, width=101, height=52).pages
    assert [slot.form for slot in page] == [Form.LARGE, Form.NORMAL, Form.NORMAL]
    assert page[0].height > page[1].height


def test_a_window_that_has_not_its_size_yet_shows_the_newest_row_as_it_is() -> None:
    """A compositor gives a window its size later than it makes it; a first book may come in between."""
    for count in range(1, 6):
        for height in (0.1, 1.0, 5.0):
            pages = plan(count, newest=Form.LARGE, width=2.0, height=height).pages
            assert sum(len(page) for page in pages) == count
            assert pages[0][0].form is Form.LARGE
