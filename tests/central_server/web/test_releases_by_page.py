"""Releases that school IT sends by the page: only whole ones of the publisher, and through the disk, not the memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_server.people import Role
from central_server.releases import MOST_BUNDLE_BYTES, Shelf
from tests.central_server.web.browser import Browser
from tests.central_server.web.town import PASSWORD, Town
from tests.provisioning.forged import FILES, Forged

pytestmark = pytest.mark.slow
PAGE = "/stations/hoa-sen/releases"


@pytest.fixture
def it(hoa_sen: Town) -> Browser:
    browser = Browser(hoa_sen.server.url)
    assert browser.enter(hoa_sen.logins[Role.MAINTAINER], PASSWORD) == 200
    browser.go(PAGE)
    return browser


def shelf(town: Town) -> set[str]:
    return {one.name for one in Path(str(town.server.where), "releases").iterdir()}


def forged(key: Ed25519PrivateKey, version: str = "0.4.0", **files: bytes) -> Forged:
    made = Forged(key, files={**FILES, **files})
    made.manifest["version"] = version
    return made


def tampered(right: Forged) -> bytes:
    """Signed, and one of the files is another one of the same length."""
    name = list(FILES)[1]
    parts = [(one, b"x" * len(content) if one == name else content) for one, content in right.parts()]
    return right.raw(parts)


_ATTACKS: dict[str, Callable[[Ed25519PrivateKey], bytes]] = {
    "empty": lambda key: b"",
    "text": lambda key: b"no bundle",
    "zeros": lambda key: bytes(10_000),
    "gzip": lambda key: b"\x1f\x8b" + bytes(100),
    "somebody else's": lambda key: forged(Ed25519PrivateKey.generate()).raw(),
    "unsigned": lambda key: (right := forged(key)).raw(right.parts(signature=bytes(64))),
    "manifest changed": lambda key: (right := forged(key)).raw(
        right.parts(right.text().replace(b"0.4.0", b"0.9.0"), right.key.sign(right.text()))
    ),
    "file changed": lambda key: tampered(forged(key)),
    "file missing": lambda key: (right := forged(key)).raw(right.parts()[:-1]),
    "file more": lambda key: (right := forged(key)).raw([*right.parts(), ("more.whl", b"x")]),
    "cut": lambda key: forged(key).raw()[:3_000],
    "version as a path": lambda key: forged(key, "../../x").raw(),
}


@pytest.mark.parametrize("attack", _ATTACKS)
def test_takes_nothing_but_whole_ones_of_the_publisher(hoa_sen: Town, it: Browser, attack: str) -> None:
    before = shelf(hoa_sen)
    assert it.send(PAGE, {"bundle": ("a.bundle", _ATTACKS[attack](hoa_sen.publisher.key))}) == 400
    assert "bản phát hành" in it.text.lower()
    assert shelf(hoa_sen) == before


def test_asks_for_a_file(it: Browser) -> None:
    assert it.send(PAGE, {"bundle": ("", b"")}) == 400
    assert "chọn tệp trước" in it.text


def test_takes_a_large_one_without_holding_it_in_memory(hoa_sen: Town, it: Browser) -> None:
    memory = Path(f"/proc/{hoa_sen.server.process.pid}/status")

    def peak_mb() -> int:
        return next(int(line.split()[1]) for line in memory.read_text().splitlines() if "VmHWM" in line) // 1024

    right = forged(hoa_sen.publisher.key, "0.5.0", **{"wheels/large-1.0-py3-none-any.whl": bytes(96 << 20)}).raw()
    before = peak_mb()
    assert it.send(PAGE, {"bundle": ("a.bundle", right)}) == 200
    assert "Đã nhận" in it.text
    assert f"0.5.0_{hashlib.sha256(right).hexdigest()}.bundle" in shelf(hoa_sen)
    assert "0.5.0" in it.text
    assert peak_mb() - before < 48


def test_refuses_what_is_too_large_before_it_is_sent(hoa_sen: Town, it: Browser) -> None:
    answer = it.session.post(
        hoa_sen.server.url + PAGE, data=iter([b"x"]), headers={"Content-Length": str(MOST_BUNDLE_BYTES * 2)}, timeout=30
    )
    assert answer.status_code == 413


def test_without_the_publisher_anybody_could_put_anything_there(tmp_path: Path) -> None:
    """The control: what the page asks for is what keeps it out."""
    file = tmp_path / "a.bundle"
    file.write_bytes(tampered(forged(Ed25519PrivateKey.generate())))
    assert Shelf(tmp_path / "shelf").put(file, None).version == "0.4.0"
