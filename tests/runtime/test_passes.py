"""Service passes as a station takes them: drawn by the centre's own code, checked without a network. Every attack has
its own answer and opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.centre_key import CentreKey
from central_server.cannot import CannotDo
from central_server.server_key import ServerKey
from central_server.service_pass import LONGEST_HOURS, make_pass
from kiosk.domain.clock_trust import Anchor, KeptTime, Moment
from kiosk.domain.service_pass import PassFault, is_pass
from kiosk.runtime.passes import WRITE_EVERY_S, HasSigned, Passes

NOW_MS = 1_796_000_000_000
HOUR_MS = 3_600_000
BOOT = "7f1c1d9e-5c33-4d0f-9d9a-0d6a1c5b7a11"


@dataclass
class Clock:
    """`wall_ms` is what the machine believes; `floor_ms` the last time that somebody vouched for."""

    wall_ms: int = NOW_MS
    trusted: bool = True
    floor_ms: int = NOW_MS - 24 * HOUR_MS
    seconds: float = 100.0

    def now(self) -> Moment:
        return Moment(self.wall_ms, BOOT, round(self.seconds * 1000), self.trusted)

    def monotonic(self) -> float:
        return self.seconds

    def to_keep(self) -> KeptTime:
        return KeptTime(max(self.floor_ms, self.wall_ms) if self.trusted else self.floor_ms)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ms += round(seconds * 1000)

    def told(self, said: Anchor) -> None:
        raise NotImplementedError

    def remember(self, kept: KeptTime) -> None:
        raise NotImplementedError

    def wall_clock_is_right(self) -> bool:
        return True


@dataclass
class Scene:
    folder: Path
    clock: Clock = field(default_factory=Clock)
    centre: ServerKey = field(default_factory=lambda: ServerKey(Ed25519PrivateKey.generate()))
    has_signed: HasSigned | None = None
    knows_centre: bool = True

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """The station's process, from its beginning."""
        key = CentreKey.from_text(self.centre.public)
        signed = self.has_signed or key.has_signed
        self.passes = Passes(
            self.folder / "passes.json",
            "hoa-sen",
            "tram-1",
            self.clock,
            lambda: signed if self.knows_centre else None,
        )

    def draw(self, hours: int = 4, library: str = "hoa-sen", device: str = "tram-1") -> str:
        return make_pass(self.centre, library, device, hours, NOW_MS).text

    def opens(self, text: str) -> bool:
        return not isinstance(self.passes.show(text), PassFault)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_pass_of_our_centre_opens_the_screen_again_and_again_until_it_is_locked(scene: Scene) -> None:
    text = scene.draw()
    assert is_pass(text)
    assert len(text) <= 250
    first = scene.passes.show(text)
    assert not isinstance(first, PassFault)
    assert scene.passes.show(f" {text}\r\n") == first
    scene.passes.end(first)
    assert scene.passes.show(text) is PassFault.ENDED
    scene.begin()  # another process, and the file
    assert scene.passes.show(text) is PassFault.ENDED
    assert scene.opens(scene.draw())


def part(place: int, value: str) -> Callable[[str], str]:
    def changed(text: str) -> str:
        parts = text.split(":")
        parts[place] = value
        return ":".join(parts)

    return changed


def by_another_centre(_: str) -> str:
    return make_pass(ServerKey(Ed25519PrivateKey.generate()), "hoa-sen", "tram-1", 4, NOW_MS).text


OTHER_ID = "0123456789abcdef"
ATTACKS: dict[str, tuple[Callable[[str], str], PassFault]] = {
    "made up": (by_another_centre, PassFault.NOT_OURS),
    "another station's name in it": (part(3, "tram-2"), PassFault.NOT_OURS),
    "another library's name in it": (part(2, "sao-khue"), PassFault.NOT_OURS),
    "another id, so that it counts as new": (part(4, OTHER_ID), PassFault.NOT_OURS),
    "longer": (part(5, str(NOW_MS // 1000 + 10**8)), PassFault.NOT_OURS),
    "more hours": (part(6, "72"), PassFault.NOT_OURS),
    "no signature": (part(7, ""), PassFault.NOT_OURS),
    "a signature that is none": (part(7, "????"), PassFault.NOT_OURS),
    "a signature of zeros": (part(7, "A" * 86), PassFault.NOT_OURS),
    "half": (lambda text: text[: len(text) // 2], PassFault.NOT_OURS),
    "more behind it": (lambda text: text + ":", PassFault.NOT_OURS),
    "twice": (lambda text: text + text, PassFault.NOT_OURS),
    "in small letters": (str.lower, PassFault.NOT_OURS),
    "an id that is none": (part(4, "../../etc/passwd"), PassFault.NOT_OURS),
    "a time that is none": (part(5, "٤"), PassFault.NOT_OURS),
    "a number beyond all": (part(5, "9" * 4_000), PassFault.NOT_OURS),
    "of a newer centre": (part(1, "2"), PassFault.VERSION),
    "nothing but the beginning": (lambda _: "TRAM-PASS:", PassFault.VERSION),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_pass_that_is_not_as_it_was_drawn_opens_nothing(scene: Scene, attack: str) -> None:
    change, fault = ATTACKS[attack]
    text = scene.draw()
    assert scene.passes.show(change(text)) is fault
    assert not (scene.folder / "passes.json").exists(), "nothing of it is kept"
    assert scene.opens(text), "control: as it was drawn, it opens the screen"


def test_a_pass_for_another_station_is_told_as_that(scene: Scene) -> None:
    assert scene.passes.show(scene.draw(device="tram-2")) is PassFault.OTHER_STATION
    assert scene.passes.show(scene.draw(library="sao-khue")) is PassFault.OTHER_STATION


def test_what_the_centre_signs_otherwise_is_no_pass(scene: Scene) -> None:
    """The time is signed by the same key, for whoever asks."""
    nonce = scene.draw().rpartition(":")[0]
    said = scene.centre.say_time(nonce, NOW_MS)
    assert scene.passes.show(f"{nonce}:{said.signature}") is PassFault.NOT_OURS


def test_control_without_the_signature_any_pass_opens_the_screen(tmp_path: Path) -> None:
    scene = Scene(tmp_path, has_signed=lambda _said, _signature: True)
    assert scene.opens(part(5, str(NOW_MS // 1000 + 10**8))(scene.draw()))
    assert scene.opens(by_another_centre(""))


def test_a_station_that_knows_no_centre_says_so(scene: Scene) -> None:
    scene.knows_centre = False
    assert scene.passes.show(scene.draw()) is PassFault.NO_CENTRE


# ---- time


def test_a_trusted_clock_ends_it_on_its_minute(scene: Scene) -> None:
    text = scene.draw(hours=4)
    scene.clock.wall_ms = NOW_MS + 4 * HOUR_MS
    assert scene.opens(text)
    scene.clock.wall_ms += 1
    assert scene.passes.show(text) is PassFault.EXPIRED


def test_without_a_clock_its_hours_count_while_the_machine_is_on(scene: Scene) -> None:
    text = scene.draw(hours=4)
    scene.clock = Clock(wall_ms=0, trusted=False)  # 1970, and nobody vouches for it
    scene.begin()
    scene.clock.pass_by(10 * 3600)  # not shown yet: it does not count
    assert scene.opens(text)
    for _ in range(23):
        scene.clock.pass_by(WRITE_EVERY_S)
        scene.passes.count()
        assert scene.opens(text)
    scene.clock.pass_by(WRITE_EVERY_S)
    assert scene.passes.show(text) is PassFault.EXPIRED


def test_without_a_clock_switching_off_and_on_wins_ten_minutes_at_most(scene: Scene) -> None:
    text = scene.draw(hours=1)
    scene.clock = Clock(wall_ms=0, trusted=False)
    shown = 0.0
    scene.begin()
    while scene.opens(text):
        scene.clock.pass_by(WRITE_EVERY_S + 1)
        scene.passes.count()
        shown += WRITE_EVERY_S + 1
        scene.clock = replace(scene.clock, seconds=5.0)  # the power was cut, and it begins again
        scene.begin()
        assert shown < 3_600 + 2 * WRITE_EVERY_S
    assert shown > 3_000


def test_without_a_clock_what_is_known_to_be_over_stays_over(scene: Scene) -> None:
    text = scene.draw(hours=4)
    scene.clock = Clock(wall_ms=0, trusted=False, floor_ms=NOW_MS + 5 * HOUR_MS)
    scene.begin()
    assert scene.passes.show(text) is PassFault.EXPIRED


def test_turning_the_clock_back_opens_nothing(scene: Scene) -> None:
    """The machine's own clock may say anything: only a trusted time, or the last trusted one, counts."""
    text = scene.draw(hours=4)
    scene.clock = Clock(wall_ms=NOW_MS, trusted=False, floor_ms=NOW_MS + 5 * HOUR_MS)
    scene.begin()
    assert scene.passes.show(text) is PassFault.EXPIRED


# ---- the file


def test_what_is_over_is_forgotten_so_that_the_file_stays_small(scene: Scene) -> None:
    for _ in range(3):
        assert scene.opens(scene.draw(hours=1))
    before = (scene.folder / "passes.json").stat().st_size
    scene.clock.pass_by(48 * 3600)
    late = make_pass(scene.centre, "hoa-sen", "tram-1", 1, scene.clock.wall_ms).text
    assert scene.opens(late)
    assert (scene.folder / "passes.json").stat().st_size < before
    assert (scene.folder / "passes.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"until_ms": 1, "more": 2}}'])
def test_a_spoilt_file_keeps_nobody_out(scene: Scene, content: str) -> None:
    (scene.folder / "passes.json").write_text(content)
    scene.begin()
    assert scene.opens(scene.draw())


def test_a_disk_that_takes_nothing_keeps_nobody_out_and_a_locked_pass_stays_locked(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "not" / "there")
    text = scene.draw()
    shown = scene.passes.show(text)
    assert not isinstance(shown, PassFault)
    scene.passes.end(shown)
    assert scene.passes.show(text) is PassFault.ENDED


def test_the_disk_is_written_seldom(scene: Scene) -> None:
    assert scene.opens(scene.draw())
    file = scene.folder / "passes.json"
    made = file.stat().st_mtime_ns
    for _ in range(9):
        scene.clock.pass_by(60)
        scene.passes.count()
    assert file.stat().st_mtime_ns == made
    scene.clock.pass_by(120)
    scene.passes.count()
    assert file.stat().st_mtime_ns > made


# ---- at the centre


def test_the_centre_draws_none_that_a_scanner_could_not_read(scene: Scene) -> None:
    for hours in (0, -1, LONGEST_HOURS + 1):
        with pytest.raises(CannotDo):
            scene.draw(hours=hours)
    with pytest.raises(CannotDo):
        scene.draw(device="Ỗ" * 64)


def test_a_device_may_have_any_name(scene: Scene) -> None:
    name, file = "trạm: 1", scene.folder / "passes.json"
    signed = CentreKey.from_text(scene.centre.public).has_signed
    passes = Passes(file, "hoa-sen", name, scene.clock, lambda: signed)
    assert not isinstance(passes.show(scene.draw(device=name)), PassFault)
