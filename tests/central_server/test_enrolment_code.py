"""The enrolment code on paper, and what a station is told when it is confirmed."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
import sqlalchemy as sa
import zxingcpp
from PIL import Image

from central_server import clock, devices
from central_server.database import Store, open_store, reading
from central_server.tables.keys import enrol_token
from tests.central_link.certificates import Authority
from tests.central_server.scene import Scene
from tests.central_server.support import ROOT, bring, feed, run, serving
from tests.central_server.test_csv_imports import notes, outcomes
from tests.central_server.test_enrolment import decide, enrolled, state_of

pytestmark = pytest.mark.slow

STATION = (ROOT / "samples" / "station.toml").read_text("utf-8")
URL = "https://thu-vien.example.vn"


@pytest.fixture
def where(tmp_path: Path) -> tuple[str, ...]:
    made = run(
        "import", "--data", tmp_path / "centre", "--library", "hoa-sen", "--library-name", "Hoa Sen", "--kind",
        "titles", ROOT / "samples" / "titles.csv",
    )  # fmt: skip
    assert made.returncode == 0
    return "--data", str(tmp_path / "centre"), "--library", "hoa-sen", "--device", "tram-1"


def read_picture(path: Path) -> str:
    if path.suffix == ".pdf":
        page = pypdfium2.PdfDocument(path)[0]
        picture = page.render(scale=3).to_pil()
    else:
        picture = Image.open(path)
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(found.text)


def test_every_way_to_carry_it_says_the_same(tmp_path: Path, where: tuple[str, ...]) -> None:
    files = [tmp_path / f"code.{ending}" for ending in ("png", "svg", "pdf", "txt")]
    files[0].touch(0o666)
    papers = [word for file in files for word in ("--qr", str(file))]
    made = json.loads(run("enrol-token", *where, "--url", URL, "--json", *papers).stdout)
    assert made["code"].startswith("TXE1:")
    assert (tmp_path / "code.txt").read_text() == made["code"] + "\n"
    assert read_picture(tmp_path / "code.png") == made["code"]
    assert read_picture(tmp_path / "code.pdf") == made["code"]
    assert "<svg" in (tmp_path / "code.svg").read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert made["expires_ms"] - clock.now_ms() > 23 * 3_600_000, "on paper a day is right"
    words = pypdfium2.PdfDocument(tmp_path / "code.pdf")[0].get_textpage().get_text_range()
    for wanted in ("Ghi danh trạm tram-1", "Giơ tờ này trước máy, cách một gang tay", made["token"]):
        assert wanted in words


def test_the_wifi_password_comes_from_a_file_or_the_standard_input(tmp_path: Path, where: tuple[str, ...]) -> None:
    (tmp_path / "password").write_text("mat khau 1\n")
    asked = ("enrol-token", *where, "--url", URL, "--wifi", "Hoa Sen", "--json", "--wifi-password")
    assert run(*asked, tmp_path / "password").returncode == 0
    words = [sys.executable, "-m", "central_server", *map(str, asked), "-"]
    piped = subprocess.run(words, cwd=ROOT, input="mat khau 1\n", capture_output=True, text=True, check=True)
    assert "mat khau" not in piped.stdout
    assert run(*asked, tmp_path / "nowhere").returncode == 2
    (tmp_path / "password").write_text("\n")
    assert run(*asked, tmp_path / "password").returncode == 2


@pytest.mark.parametrize(
    "more",
    [
        ("--url", "http://thu-vien.example.vn"),
        ("--url", URL, "--qr", "code.docx"),
        ("--url", URL, "--qr", "no/such/folder/code.png"),
        ("--url", URL, "--ca", "samples/titles.csv"),
        ("--url", "http://127.0.0.1", "--ca", "AUTHORITY"),
        ("--url", URL, "--wifi", "a" * 33),
        ("--qr", "code.png"),
        ("--wifi", "Hoa Sen"),
        ("--url", URL, "--minutes", "0"),
    ],
)
def test_what_cannot_be_written_leaves_no_token(tmp_path: Path, where: tuple[str, ...], more: tuple[str, ...]) -> None:
    authority = Authority(tmp_path, "school").file
    refused = run("enrol-token", *where, *(str(authority) if word == "AUTHORITY" else word for word in more))
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    store = open_store(tmp_path / "centre", create=False)
    with reading(store) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(enrol_token)) == 0
    store.close()


def told(scene: Scene, key: Any) -> Any:
    return scene.server.ask(key, "GET", "/v1/device").json().get("station")


def test_a_confirmed_station_alone_is_told_what_its_library_is_like(scene: Scene, tmp_path: Path) -> None:
    assert outcomes(bring(scene.store, "station", STATION, tmp_path, library=scene.library)) == {1: "taken"}
    key, words = enrolled(scene)
    assert (state_of(scene, key), told(scene, key)) == ("pending", None)
    decide(scene, devices.confirm, " ".join(words), 1)
    assert told(scene, key)["place"] == "Thư viện xanh · Trường THCS Hoa Sen"
    decide(scene, devices.revoke)
    assert (state_of(scene, key), told(scene, key)) == ("revoked", None)
    # It is told once, and never in the feed, in which older stations could not read it.
    kinds = {change["kind"] for change in feed(scene.store, scene.library)[0]}
    assert "station" not in kinds
    assert "item" in kinds


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("place", "plaze"), "plaze"),
        (('brand = "Trạm Xanh"', 'brand = "a\\u0000b"'), "brand"),
        ((r"'[A-Z]{2}\d{6}'", "'[A-Z'"), "codes.card[1].pattern"),
        (("pattern", "patern"), "patern"),
        (("[codes]", '[codes]\ncolour = "red"'), "colour"),
        (("[[codes.item]]", "[[codes.card]]"), "item"),
        (("place = ", 'shell = "sh"\nplace = '), "shell"),
    ],
)
def test_says_what_is_wrong_with_a_station_file(
    store: Store, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    assert change[0] in STATION
    report = bring(store, "station", STATION.replace(change[0], change[1], 1), tmp_path)
    assert not report.readable
    assert says in report.as_text()


def test_takes_one_pattern_as_kiosk_toml_does(store: Store, tmp_path: Path) -> None:
    short = 'place = "Hoa Sen"\n[codes]\ncard = "H.*"\n[[codes.item]]\nprefix = "TK."\nlength = 8\n'
    assert outcomes(bring(store, "station", short, tmp_path)) == {1: "taken"}
    assert outcomes(bring(store, "station", short.replace("= 8", "= [8, 9]"), tmp_path)) == {1: "changed"}
    assert not notes(bring(store, "station", short, tmp_path))


def test_gives_the_authority_to_whoever_asks_and_only_if_there_is_one(tmp_path: Path) -> None:
    school = Authority(tmp_path, "school")
    with serving(tmp_path / "centre", "--ca", school.file) as server:
        answer = requests.get(server.url + "/v1/authority", timeout=30).content
        assert answer == school.file.read_bytes()
