"""What a blank station says when its enrolment does not go on: the worker that speaks to the centre, and centres."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from central_link.joining import config_for
from demo.enrolment import confirm
from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, SAMPLES
from devices.host.clock import HostClock
from kiosk.bootstrap.enrolling import EnrolmentWorker
from kiosk.config import BUILD_MS, BlankConfig, load_any
from kiosk.domain.enrolment_code import EnrolmentCode, Wifi, read, render
from kiosk.ports.errors import Unreachable
from kiosk.ports.station_file import ENROLMENT_CODE
from kiosk.ports.station_file import NAME as STATION_FILE
from kiosk.session.enrolment import Confirmed, Enrol, Stuck, WordsKnown
from kiosk.session.states import EnrolProblem
from tests.central_link.certificates import Authority

pytestmark = [pytest.mark.slow, pytest.mark.long]

PATIENCE_S = 60.0
Station = Callable[..., Any]


class Blank:
    """A blank station without its window."""

    def __init__(self, folder: Path, run: Path | None = None, network_within_s: float = 0.0) -> None:
        folder.mkdir(exist_ok=True)
        self.data = folder / "data"
        (folder / "kiosk.toml").write_text('[station]\ndata = "data"\n')
        config = load_any(folder / "kiosk.toml")
        assert isinstance(config, BlankConfig)
        self.said: SimpleQueue[WordsKnown | Confirmed | Stuck] = SimpleQueue()
        clock = HostClock(battery_clock=True, build_ms=BUILD_MS)
        self._worker = EnrolmentWorker(config, clock, run, self.said.put, network_within_s)
        self._thread = threading.Thread(target=self._worker.run)
        self._thread.start()
        self._attempt = 0

    def enrol(self, code: EnrolmentCode) -> WordsKnown | Confirmed | Stuck:
        self.begin(code)
        return self.next()

    def begin(self, code: EnrolmentCode) -> None:
        self._attempt += 1
        self._worker.begin(Enrol(self._attempt, code))

    def kept(self) -> str | None:
        return self._worker.kept()

    def next(self) -> WordsKnown | Confirmed | Stuck:
        return self.said.get(timeout=PATIENCE_S)

    def problem(self, code: EnrolmentCode) -> EnrolProblem:
        said = self.enrol(code)
        assert isinstance(said, Stuck), said
        return said.problem

    def give_up(self) -> None:
        self._worker.give_up()

    def close(self) -> None:
        self._worker.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def blank(tmp_path: Path) -> Iterator[Blank]:
    station = Blank(tmp_path / "machine")
    yield station
    station.close()


@pytest.fixture
def school(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "school")


@pytest.fixture
def secure(filled: Path, tmp_path: Path, school: Authority) -> Iterator[Server]:
    certificate = str(school.server_file())
    data = Path(shutil.copytree(filled, tmp_path / "centre"))
    server = Server(data, "--certificate", certificate, "--key", certificate, "--ca", str(school.file))
    server.start()
    yield server
    server.stop()


def new_code(server: Server, *more: str) -> EnrolmentCode:
    asked = ("enrol-token", *server.where, "--library", LIBRARY, "--device", "tram-1", "--url", server.url, "--json")
    code = read(json.loads(run_or_fail("central_server", *asked, *more))["code"])
    assert isinstance(code, EnrolmentCode)
    return code


def tell_what_codes_are_like(server: Server) -> None:
    asked = ("import", *server.where, "--library", LIBRARY, "--kind", "station", str(SAMPLES / "station.toml"))
    run_or_fail("central_server", *asked)


def test_a_token_that_another_station_used(server: Server, blank: Blank, tmp_path: Path) -> None:
    code = new_code(server)
    other = Blank(tmp_path / "other")
    assert isinstance(other.enrol(code), WordsKnown)
    other.close()
    assert blank.problem(code) is EnrolProblem.TOKEN_REFUSED
    assert not (blank.data / STATION_FILE).exists()


def test_shut_out_while_it_waits(server: Server, blank: Blank) -> None:
    code = new_code(server)
    assert isinstance(blank.enrol(code), WordsKnown)
    run_or_fail("central_server", "revoke", *server.where, "--library", LIBRARY, "--device", "tram-1")
    assert blank.next() == Stuck(1, EnrolProblem.REVOKED)
    assert blank.problem(code) is EnrolProblem.REVOKED  # the same paper once more
    assert not (blank.data / STATION_FILE).exists()


def test_a_server_that_is_away_and_comes_back(server: Server, blank: Blank) -> None:
    code = new_code(server)
    server.kill()
    assert blank.problem(code) in (EnrolProblem.UNREACHABLE, EnrolProblem.NO_NETWORK)
    server.start()
    assert isinstance(blank.enrol(code), WordsKnown)


def test_a_network_that_comes_a_moment_later(server: Server, tmp_path: Path) -> None:
    """As after the machine was switched on; without waiting it is a problem at once (above)."""
    code = new_code(server)
    server.kill()
    station = Blank(tmp_path / "machine", network_within_s=PATIENCE_S)
    station.begin(code)
    server.start()
    try:
        assert isinstance(station.next(), WordsKnown)
    finally:
        station.close()


def test_switched_off_while_it_waits(server: Server, tmp_path: Path) -> None:
    tell_what_codes_are_like(server)
    code = new_code(server)
    first = Blank(tmp_path / "machine")
    known = first.enrol(code)
    assert isinstance(known, WordsKnown)
    first.close()
    confirm(server, LIBRARY, "tram-1", list(known.words))
    second = Blank(tmp_path / "machine")
    kept = second.kept()
    assert stat.S_IMODE((second.data / ENROLMENT_CODE).stat().st_mode) == 0o600
    assert kept == render(code)
    assert isinstance(second.enrol(code), Confirmed)
    assert second.kept() is None, "there is a token in it, and a password perhaps"
    second.close()


def test_given_up_before_it_is_confirmed(server: Server, blank: Blank) -> None:
    tell_what_codes_are_like(server)
    code = new_code(server)
    known = blank.enrol(code)
    assert isinstance(known, WordsKnown)
    blank.give_up()
    confirm(server, LIBRARY, "tram-1", list(known.words))
    assert isinstance(blank.enrol(code), Confirmed)  # the same paper, the same key: it goes on where it was
    assert (blank.data / STATION_FILE).exists()


def test_a_centre_of_the_schools_own_certificate(secure: Server, blank: Blank, school: Authority) -> None:
    tell_what_codes_are_like(secure)
    known = blank.enrol(new_code(secure, "--ca", str(school.file)))
    assert isinstance(known, WordsKnown)
    confirm(secure, LIBRARY, "tram-1", list(known.words))
    assert isinstance(blank.next(), Confirmed)
    assert (blank.data / "authority.pem").read_bytes() == school.file.read_bytes()


def test_a_server_that_is_not_the_one_of_the_code(
    secure: Server, blank: Blank, school: Authority, tmp_path: Path
) -> None:
    """Another authority's pin; and no pin, where the usual authorities vouch for nobody. No token is sent to it."""
    other = Authority(tmp_path, "other")
    for more in (("--ca", str(other.file)), ()):
        assert blank.problem(new_code(secure, *more)) is EnrolProblem.DISTRUSTED
        assert not (blank.data / "device.key").exists()
        assert not list(blank.data.glob("authority.pem*"))
    listed = run_or_fail("central_server", "devices", *secure.where, "--json")
    assert json.loads(listed)["devices"] == []
    assert isinstance(blank.enrol(new_code(secure, "--ca", str(school.file))), WordsKnown)  # the control


def test_somebody_between_who_gives_the_right_authority_and_is_not_vouched_for(
    filled: Path, blank: Blank, school: Authority, tmp_path: Path
) -> None:
    """He may hand out the school's certificate, which is no secret; his own server is not signed by it."""
    (tmp_path / "thief").mkdir()
    thief = Authority(tmp_path / "thief", "thief")
    certificate = str(thief.server_file())
    data = Path(shutil.copytree(filled, tmp_path / "between"))
    between = Server(data, "--certificate", certificate, "--key", certificate, "--ca", str(school.file))
    between.start()
    try:
        code = new_code(between, "--ca", str(school.file))
        config_for(code, blank.data)  # the authority is right, and fetched
        assert blank.problem(code) is EnrolProblem.DISTRUSTED
        assert json.loads(run_or_fail("central_server", "devices", *between.where, "--json"))["devices"] == []
    finally:
        between.stop()


def test_a_network_that_answers_with_its_own_page(blank: Blank) -> None:
    """As a school's network does before one has logged in: neither an authority nor an enrolment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        page = b"<html>log in"

        def answer() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    line.recv(65536)
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n" + page)

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        code = EnrolmentCode(url, LIBRARY, "tram-1", bytes(16))
        assert blank.problem(code) in (EnrolProblem.UNREACHABLE, EnrolProblem.NO_NETWORK)
        with pytest.raises(Unreachable):
            config_for(EnrolmentCode(url, LIBRARY, "tram-1", bytes(16), bytes(32)), blank.data)


def test_a_card_that_cannot_be_written(server: Server, blank: Blank) -> None:
    blank.data.write_text("a file stands where the folder should be")
    assert blank.problem(new_code(server)) is EnrolProblem.NOT_KEPT


def test_joins_the_network_that_the_code_names_first(server: Server, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    taken: list[str] = []

    def helper() -> None:
        request = tmp_path / "run" / "wifi.json"
        while not request.exists():
            threading.Event().wait(0.02)
        taken.append(request.read_text())
        request.unlink()

    threading.Thread(target=helper, daemon=True).start()
    station = Blank(tmp_path / "machine", tmp_path / "run")
    try:
        plain = new_code(server)
        wifi = Wifi('"; reboot', "mat khau 1")
        with_wifi = EnrolmentCode(plain.server, plain.library, plain.device, plain.token, wifi=wifi)
        assert isinstance(station.enrol(with_wifi), WordsKnown)
    finally:
        station.close()
    assert [json.loads(text) for text in taken] == [{"ssid": '"; reboot', "password": "mat khau 1"}]
