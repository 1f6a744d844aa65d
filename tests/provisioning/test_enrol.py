"""python -m provisioning enrol, against a centre that verifies signatures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_link.enrolment import four_words, token_bytes
from central_link.identity import Identity
from kiosk.ports.central import Standing
from provisioning import __main__ as command
from provisioning import enrol as steps
from tests.central_link.certificates import Authority
from tests.central_link.picky_centre import Picky, picky_centre
from tests.central_link.stand_in import enrolled, stand_in

pytestmark = pytest.mark.slow

TOKEN = "10ZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z"
OTHER_TOKEN = "20ZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z"


class Machine:
    """A station's kiosk.toml, and somebody in front of its terminal."""

    def __init__(self, folder: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.data = folder / "data"
        self._capsys = capsys
        self.config = folder / "kiosk.toml"
        self.write(url)

    def write(self, url: str, more: str = "") -> None:
        self.config.write_text(
            '[station]\nlibrary = "hoa-sen"\ndevice = "tram-1"\ndata = "data"\n[codes]\ncard = "H"\nitem = "T"\n'
            f'[central]\nkind = "native_rest"\nurl = "{url}"\n{more}',
            encoding="utf-8",
        )

    def enrol(self, *more: str, token: str = TOKEN, server: str = "") -> tuple[int, str, str]:
        """Exit status, what was printed, and what was said about a fault."""
        words = ["--server", server or self.url, "--token", token, "--config", str(self.config), *more]
        status = command.main(["enrol", *words])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def key_id(self) -> str | None:
        key = Identity(self.data).key()
        return key.id if key else None


@pytest.fixture
def centre() -> Iterator[Picky]:
    with picky_centre() as (picky, _):
        yield picky


@pytest.fixture
def machine(tmp_path: Path, centre: Picky, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, centre.url, capsys)


def test_shows_the_four_words_and_waits_until_somebody_has_confirmed_them(
    centre: Picky, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.expect(TOKEN)

    def looked_a_third_time(_seconds: float) -> None:
        looks.append(machine.key_id())
        if len(looks) == 3:
            centre.states[looks[0] or ""] = "active"

    looks: list[str | None] = []
    monkeypatch.setattr("time.sleep", looked_a_third_time)
    status, out, err = machine.enrol()
    assert (status, err) == (0, "")
    key = Identity(machine.data).key()
    assert key is not None
    assert looks == [key.id] * 3  # a running station finds it as soon as the centre knows it
    words = four_words(key.public, token_bytes(TOKEN) or b"", "hoa-sen", "tram-1")
    assert f"Bốn từ:  {' · '.join(words)}\n" in out
    assert out.rstrip().endswith("Đã xác nhận: đây là tram-1 của hoa-sen. Trạm đang chạy sẽ tự làm tiếp.")


def test_speaks_english_when_asked(centre: Picky, machine: Machine) -> None:
    centre.expect(TOKEN)
    _, out, _ = machine.enrol("--language", "en", "--no-wait")
    assert "Four words:  " in out
    assert "somebody compares these four words" in out


def test_tells_a_program_in_json(centre: Picky, machine: Machine) -> None:
    centre.expect(TOKEN)
    _, out, _ = machine.enrol("--json", "--no-wait")
    told = json.loads(out)
    assert (told["state"], told["key_id"], len(told["words"])) == ("pending", machine.key_id(), 4)
    centre.states[told["key_id"]] = "active"
    status, out, _ = machine.enrol("--json")
    assert (status, [json.loads(line)["state"] for line in out.splitlines()]) == (0, ["active", "active"])


def test_a_lost_answer_costs_nothing(centre: Picky, machine: Machine) -> None:
    centre.expect(TOKEN)
    centre.lose_the_next_answer = True
    status, _, err = machine.enrol("--no-wait")
    assert (status, machine.key_id()) == (1, None)
    assert "chạy lại đúng lệnh này" in err
    status, _, _ = machine.enrol("--no-wait")
    assert status == 0
    assert list(centre.states) == [machine.key_id()]  # one key, though it was sent twice


def test_keeps_the_centres_own_key(centre: Picky, machine: Machine) -> None:
    for key in ("A" * 43, "B" * 42 + "A"):  # enrolled again elsewhere, it believes the new centre
        centre.server_key = key
        centre.expect(TOKEN)
        assert machine.enrol("--no-wait")[0] == 0
        assert (machine.data / "centre.pub").read_text().strip() == key


def test_is_not_enrolled_by_an_answer_with_a_spoilt_key(centre: Picky, machine: Machine) -> None:
    centre.server_key = "A" * 20
    centre.expect(TOKEN)
    status, _, _ = machine.enrol("--no-wait")
    assert (status, machine.key_id()) == (1, None)


def test_goes_on_waiting_though_the_network_is_away_meanwhile(centre: Picky, machine: Machine) -> None:
    centre.expect(TOKEN)
    done = steps.enrol(steps.settings(machine.config), machine.url, TOKEN, again=False)
    known = dict(centre.states)

    def pause(_seconds: float) -> None:
        looks.append(1)
        broken = len(looks) < 3
        done.enroller._base = "http://127.0.0.1:9" if broken else machine.url
        centre.states.update(known if broken else dict.fromkeys(known, "active"))

    looks: list[int] = []
    assert done.wait(pause) is Standing.ACTIVE
    assert len(looks) == 3


@pytest.mark.parametrize(
    ("token", "whose"),
    [(TOKEN, ("hoa-sen", "tram-2")), (TOKEN, ("hoa-mai", "tram-1")), (OTHER_TOKEN, ("hoa-sen", "tram-1"))],
)
def test_says_that_the_centre_does_not_take_the_token(
    centre: Picky, machine: Machine, token: str, whose: tuple[str, str]
) -> None:
    centre.expect(token, *whose)
    status, out, err = machine.enrol()
    assert (status, out, machine.key_id()) == (1, "", None)
    assert "mã đã hết hạn, đã dùng rồi, hoặc dành cho trạm khác" in err
    assert err.count("\n") == 1


def test_says_that_a_token_was_used_by_another(centre: Picky, machine: Machine, tmp_path: Path) -> None:
    centre.expect(TOKEN)
    assert machine.enrol("--no-wait")[0] == 0
    (machine.data / "device.key").unlink()
    assert machine.enrol("--no-wait")[0] == 1


def test_asks_before_a_key_is_replaced_and_keeps_it_until_then(
    centre: Picky, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = enrolled(machine.data).id
    centre.expect(TOKEN)
    status, _, err = machine.enrol()
    assert (status, machine.key_id()) == (2, before)
    assert "--again" in err
    assert machine.enrol("--again", "--no-wait")[0] == 0
    assert machine.key_id() != before
    assert (machine.data / "device.key.before").exists()
    monkeypatch.setattr("time.sleep", lambda _: centre.states.update(dict.fromkeys(centre.states, "revoked")))
    status, out, _ = machine.enrol()  # the same token goes on; somebody says no
    assert (status, machine.key_id()) == (1, before)
    assert "Trung tâm chưa nhận trạm này" in out


def test_forgets_the_key_before_once_the_new_one_is_confirmed(
    centre: Picky, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = enrolled(machine.data).id
    centre.expect(TOKEN)
    monkeypatch.setattr("time.sleep", lambda _: centre.states.update(dict.fromkeys(centre.states, "active")))
    assert machine.enrol("--again")[0] == 0
    assert machine.key_id() != before
    assert not (machine.data / "device.key.before").exists()


def test_goes_back_to_a_key_that_was_confirmed_while_nobody_waited(
    centre: Picky, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(machine.data)
    centre.expect(TOKEN)
    assert machine.enrol("--again", "--no-wait")[0] == 0
    confirmed = machine.key_id() or ""
    centre.states[confirmed] = "active"
    centre.expect(OTHER_TOKEN)
    assert machine.enrol("--again", "--no-wait", token=OTHER_TOKEN)[0] == 0
    assert machine.key_id() != confirmed
    monkeypatch.setattr("time.sleep", lambda _: centre.states.update({machine.key_id() or "": "revoked"}))
    assert machine.enrol(token=OTHER_TOKEN)[0] == 1
    assert machine.key_id() == confirmed


@pytest.mark.parametrize("server", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://localhost"])
def test_enrols_nowhere_but_at_the_centre_of_its_file(machine: Machine, server: str) -> None:
    status, _, err = machine.enrol(server=server)
    assert status == 2
    assert machine.url in err
    assert server in err


@pytest.mark.parametrize("token", ["", "ABCDE", "8" * 26])
def test_says_that_a_token_is_not_whole(centre: Picky, machine: Machine, token: str) -> None:
    status, _, err = machine.enrol(token=token)
    assert status == 2
    assert "26 chữ và số" in err
    assert not machine.data.exists()


def test_says_that_another_machine_is_spoken_to_by_https(machine: Machine) -> None:
    status, _, err = machine.enrol(server="http://thu-vien.example.vn")
    assert status == 2
    assert "by https" in err
    machine.write("http://thu-vien.example.vn")
    status, _, err = machine.enrol()
    assert status == 2
    assert str(machine.config) in err


def test_says_that_nobody_answers(machine: Machine) -> None:
    machine.write("http://127.0.0.1:9")
    status, _, err = machine.enrol(server="http://127.0.0.1:9")
    assert status == 1
    assert "Chưa liên lạc được với http://127.0.0.1:9" in err


def test_says_whose_certificate_is_not_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    school, stranger = Authority(tmp_path, "school"), Authority(tmp_path, "stranger")
    with stand_in(tls=stranger.server()) as there:
        machine = Machine(tmp_path, there.url, capsys)
        machine.write(there.url, f'ca_file = "{school.file.name}"\n')
        status, _, err = machine.enrol()
        assert status == 1
        assert "Trạm chưa tin chứng chỉ" in err
        assert "central.ca_file" in err
        assert there.requests == []


def test_says_that_the_key_cannot_be_kept(machine: Machine) -> None:
    machine.data.write_text("a file where the folder should be")
    status, _, err = machine.enrol()
    assert status == 1
    assert "Chưa cất được chìa khoá" in err


def test_ends_with_a_sentence_when_it_is_a_program_of_its_own(machine: Machine) -> None:
    words = ["enrol", "--server", "x", "--token", TOKEN, "--config", str(machine.config)]
    done = subprocess.run([sys.executable, "-m", "provisioning", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
