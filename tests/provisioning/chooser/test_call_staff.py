"""The picture that calls staff is whole on every screen, and feeds the watchdog while it is there."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from PIL import Image

from provisioning.chooser.call_staff import LANGUAGES, Manager, Screen, best_size, draw, read_png, show, whole_screen
from tests.provisioning.chooser.station_root import CHOOSER, StationRoot

pytestmark = pytest.mark.slow

SIZES = [(800, 480), (1024, 600), (1280, 720), (1280, 800), (1920, 1080)]
SCREENS = [
    Screen(800, 480, 16, 1600),
    Screen(800, 480, 32, 3200),
    Screen(1024, 600, 32, 4352),  # rows may be longer than they look
    Screen(1366, 768, 32, 5504),
    Screen(1280, 800, 16, 2560),
    Screen(1920, 1080, 32, 7680),
    Screen(3840, 2160, 32, 15360),
]


def screen_of(root: Path, screen: Screen) -> Path:
    """At its device node, as sysfs tells of it."""
    about = root / "sys/class/graphics/fb0"
    about.mkdir(parents=True)
    (about / "virtual_size").write_text(f"{screen.width},{screen.height}\n")
    (about / "bits_per_pixel").write_text(f"{screen.bits}\n")
    (about / "stride").write_text(f"{screen.stride}\n")
    (root / "dev").mkdir()
    buffer = root / "dev/fb0"
    buffer.write_bytes(bytes(screen.stride * screen.height))
    return buffer


def seen(buffer: bytes, screen: Screen) -> Image.Image:
    """What a screen makes of it, by Pillow."""
    how = {32: ("BGRX", "BGRX"), 16: ("BGR;16", "BGR;16")}[screen.bits][1]
    return Image.frombuffer("RGB", (screen.width, screen.height), buffer, "raw", how, screen.stride, 1)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen.width}x{screen.height}-{screen.bits}")
def test_is_drawn_in_the_middle_of_the_screen(tmp_path: Path, screen: Screen, language: str) -> None:
    buffer = screen_of(tmp_path, screen)
    draw(tmp_path, CHOOSER, language)
    drawn = seen(buffer.read_bytes(), screen)
    assert len(buffer.read_bytes()) == screen.stride * screen.height
    width, height = best_size(SIZES, screen) or (0, 0)
    original = Image.open(CHOOSER / f"call-staff-{width}x{height}-{language}.png").convert("RGB")
    left, top = (screen.width - width) // 2, (screen.height - height) // 2
    there = drawn.crop((left, top, left + width, top + height))
    coarse = 8 if screen.bits == 16 else 0
    for x in range(0, width, 7):
        for y in range(0, height, 5):
            pairs = zip(there.getpixel((x, y)), original.getpixel((x, y)), strict=True)  # type: ignore[arg-type]
            assert all(abs(one - other) <= coarse for one, other in pairs), (x, y)
    corner = drawn.getpixel((0, 0))
    assert corner == drawn.getpixel((screen.width - 1, screen.height - 1)) or (left, top) == (0, 0)


def test_there_is_a_picture_of_every_size_in_every_language() -> None:
    names = {f"call-staff-{width}x{height}-{language}.png" for width, height in SIZES for language in LANGUAGES}
    assert {path.name for path in CHOOSER.glob("*.png")} == names
    for name in names:
        picture = read_png((CHOOSER / name).read_bytes())
        assert len(picture.dots) == picture.width * picture.height


BAD = {
    "nothing": b"",
    "half": (CHOOSER / "call-staff-800x480-vi.png").read_bytes()[:5000],
    "another kind": Path("docs/screens/home-vi.png").read_bytes()[:40],
    "noise": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("data", BAD.values(), ids=list(BAD))
def test_a_picture_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a picture"):
        read_png(data)


@pytest.mark.parametrize(
    "screen", [Screen(640, 480, 32, 2560), Screen(800, 480, 24, 2400), Screen(800, 480, 32, 1600), Screen(0, 0, 32, 0)]
)
def test_what_cannot_be_drawn_stands_on_the_console(tmp_path: Path, screen: Screen) -> None:
    screen_of(tmp_path, screen)
    (tmp_path / "dev/tty1").touch()
    show(tmp_path, CHOOSER, Manager(None), 0.1)
    said = (tmp_path / "dev/tty1").read_text("utf-8")
    assert "Nhờ thủ thư" in said
    assert "Librarian" in said


def test_without_a_screen_and_a_console_it_still_lives(station: StationRoot) -> None:
    done = station.run("call_staff.py", "--seconds", "0.1")
    assert done.returncode == 0
    assert "staff are called" in done.stderr


def test_feeds_the_watchdog_and_ends_by_itself(tmp_path: Path) -> None:
    screen_of(tmp_path, SCREENS[0])
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(20)
        shown = threading.Thread(target=show, args=(tmp_path, CHOOSER, Manager(str(address)), 5.0))
        shown.start()
        heard = [manager.recv(200) for _ in range(4)]
        shown.join(60)
        assert not shown.is_alive()
    assert heard[0].startswith(b"READY=1")
    assert heard.count(b"WATCHDOG=1") >= 2


def test_a_screen_that_is_smaller_than_the_picture_is_never_written_over(tmp_path: Path) -> None:
    picture = read_png((CHOOSER / "call-staff-800x480-vi.png").read_bytes())
    with pytest.raises(ValueError, match="does not fit"):
        whole_screen(picture, Screen(799, 480, 32, 4000))
