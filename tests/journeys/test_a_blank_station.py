"""From a blank station to the first loan: a code on paper, four words, and nothing typed."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from demo.enrolment import confirm
from demo.processes import Kiosk, Server, run_or_fail
from demo.school import LIBRARY, SAMPLES, Scanner
from kiosk.domain.enrolment_code import FILE_NAME
from tests.central_link.certificates import Authority

pytestmark = pytest.mark.slow(40)

CARD, BOOK = "HS260005", "TK.00001"


@pytest.fixture
def secure(filled: Path, tmp_path: Path) -> Iterator[tuple[Server, Authority]]:
    """The sample school's centre, with a certificate of the school's own making."""
    school = Authority(tmp_path, "school")
    certificate = str(school.server_file())
    data = Path(shutil.copytree(filled, tmp_path / "centre"))
    server = Server(data, "--certificate", certificate, "--key", certificate, "--ca", str(school.file))
    server.start()
    yield server, school
    server.stop()


def machine(folder: Path, *scanners: str) -> Path:
    """The kiosk.toml of a machine that is nobody's station yet."""
    tables = "\n".join(f"[[scanner]]\n{scanner}" for scanner in scanners)
    config = folder / "machine" / "kiosk.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(
        f'[station]\ndata = "data"\n{tables}\n[sound]\nkind = "none"\n[screen]\nfullscreen = false\n'
        f'[clock]\nbattery_clock = true\n[log]\nfile = "{folder / "station.log"}"\n',
        encoding="utf-8",
    )
    return config


def new_code(server: Server, paper: Path, *more: str) -> dict[str, Any]:
    asked = ("enrol-token", *server.where, "--library", LIBRARY, "--device", "tram-1", "--url", server.url)
    made: dict[str, Any] = json.loads(run_or_fail("central_server", *asked, "--qr", str(paper), "--json", *more))
    return made


def held_up(paper: Path, pictures: Path) -> None:
    """Pictures of a camera before which somebody holds `paper`: askew, grey, not sharp."""
    code = cv2.imread(str(paper), cv2.IMREAD_GRAYSCALE)
    assert code is not None
    side = 420
    code = cv2.resize(code, (side, side), interpolation=cv2.INTER_AREA)
    scene = np.full((720, 1280), 90, np.uint8)
    scene[150 : 150 + side, 430 : 430 + side] = np.clip(code, 30, 225)
    turn = cv2.getRotationMatrix2D((640, 360), 7, 1.0)
    scene = cv2.warpAffine(scene, turn, (1280, 720), borderValue=90)
    pictures.mkdir()
    for number in range(8):
        cv2.imwrite(str(pictures / f"{number}.png"), cv2.GaussianBlur(scene, (3, 3), 0.8))


def words_at_the_centre(server: Server) -> list[str]:
    listed = run_or_fail("central_server", "devices", *server.where, "--library", LIBRARY, "--json")
    found: list[str] = next(one["words"] for one in json.loads(listed)["devices"] if one["state"] == "pending")
    return found


def test_a_code_before_the_camera_four_words_and_the_first_loan(
    tmp_path: Path, secure: tuple[Server, Authority]
) -> None:
    server, school = secure
    paper = tmp_path / "code.png"
    made = new_code(server, paper, "--ca", str(school.file))
    asked = ("import", *server.where, "--library", LIBRARY, "--kind", "station")
    run_or_fail("central_server", *asked, str(SAMPLES / "station.toml"))
    held_up(paper, tmp_path / "pictures")
    scanner = Scanner()
    config = machine(
        tmp_path, f'kind = "camera"\npath = "{tmp_path / "pictures"}"', f'kind = "serial"\nport = "{scanner.device}"'
    )
    log = tmp_path / "station.log"
    kiosk = Kiosk(config, log, tmp_path / "shown")
    try:
        kiosk.act("COMPARE")
        there = words_at_the_centre(server)
        assert not (tmp_path / "machine" / "data" / "station.toml").exists(), "nobody has confirmed it yet"
        confirm(server, LIBRARY, "tram-1", there)
        kiosk.act("STARTING")
        kiosk.notice("B-11")  # the paper is still before the camera, and says nothing to a station that works
        kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
        scanner.scan(CARD)
        kiosk.act("PatronFound")
        scanner.scan(BOOK)
        kiosk.act("LoanRecorded")
        kiosk.wait_until_sent()
    finally:
        kiosk.stop()
        scanner.close()
    data = tmp_path / "machine" / "data"
    assert stat.S_IMODE((data / "station.toml").stat().st_mode) == 0o600
    assert json.loads(run_or_fail("kiosk", "ledger", "--config", str(config)))["loans"]
    said = log.read_text("utf-8")
    for secret in (made["token"].replace("-", ""), made["code"], *there, CARD, BOOK):
        assert secret not in said
    shown = {path.name.partition("-")[0] for path in (tmp_path / "shown").glob("*.png")}
    assert "four_words" in shown


def test_a_code_over_a_serial_line_and_a_word_from_the_terminal(tmp_path: Path, server: Server) -> None:
    """A code that was read by half first; and a station.toml that somebody else wrote is found by who waits."""
    made = new_code(server, tmp_path / "code.png")
    scanner = Scanner()
    config = machine(tmp_path, f'kind = "serial"\nport = "{scanner.device}"')
    kiosk = Kiosk(config, tmp_path / "station.log", None)
    try:
        kiosk.wait_for("the scanner", lambda line: line["says"].endswith(": open"))
        for text, code in ((BOOK, "NOT_A_CODE"), (made["code"][:90], "SPOILT_CODE"), ("TXE7:AAAA", "OTHER_VERSION")):
            scanner.scan(text)
            kiosk.wait_for(code, lambda line, code=code: line.get("code") == code)
        scanner.scan(made["code"])
        kiosk.act("COMPARE")
        confirm(server, LIBRARY, "tram-1", words_at_the_centre(server))
        kiosk.wait_for("a sentence", lambda line: line.get("code") == "NOTHING_TOLD")
        asked = ("import", *server.where, "--library", LIBRARY, "--kind", "station")
        run_or_fail("central_server", *asked, str(SAMPLES / "station.toml"))
        (tmp_path / "machine" / "data" / FILE_NAME).write_text(made["code"] + "\r\n")  # as a stick would bring it
        kiosk.act("STARTING")
        assert not (tmp_path / "machine" / "data" / FILE_NAME).exists()
        kiosk.wait_for("the catalogue", lambda line: line["says"] == "changes: caught up")
    finally:
        kiosk.stop()
        scanner.close()
