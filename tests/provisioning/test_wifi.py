"""What root's helper makes of a request that the station's account, or whoever has taken it over, wrote."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.host.network import ask_to_join, is_connected
from kiosk.domain.enrolment_code import Wifi, is_wifi
from provisioning import __main__ as command
from provisioning.wifi import keyfile, read_request

FILE = "tram-xanh.nmconnection"


def asked(folder: Path, content: bytes | str, *, joins: bool = False) -> int:
    request, connections = folder / "wifi.json", folder / "connections"
    connections.mkdir(exist_ok=True)
    request.write_bytes(content if isinstance(content, bytes) else content.encode())
    words = ["wifi", "--request", str(request), "--connections", str(connections)]
    return command.main(words if joins else [*words, "--only-write"])


def of(ssid: str, password: str = "mat khau 1") -> str:
    return json.dumps({"ssid": ssid, "password": password})


def test_writes_what_networkmanager_reads_and_takes_the_request_away(tmp_path: Path) -> None:
    assert asked(tmp_path, of("Hoa Sen")) == 0
    written = tmp_path / "connections" / FILE
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    read = configparser.RawConfigParser()
    read.read_string(written.read_text("ascii"))
    assert bytes(map(int, read["wifi"]["ssid"].strip(";").split(";"))) == b"Hoa Sen"
    # What wpa_passphrase "Hoa Sen" "mat khau 1" says: PBKDF2 of IEEE 802.11, annex J.4.
    assert read["wifi-security"]["psk"] == hashlib.pbkdf2_hmac("sha1", b"mat khau 1", b"Hoa Sen", 4096, 32).hex()
    assert not (tmp_path / "wifi.json").exists()
    assert os.listdir(tmp_path / "connections") == [FILE]


def test_the_key_is_that_of_the_standard() -> None:
    """The test vector of IEEE 802.11, annex J.4.2."""
    assert "psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e" in keyfile(Wifi("IEEE", "password"))


def test_an_open_network_has_no_password(tmp_path: Path) -> None:
    assert asked(tmp_path, of("Hoa Sen", "")) == 0
    assert "security" not in (tmp_path / "connections" / FILE).read_text()


ATTACKS: dict[str, bytes | str] = {
    "a line feed in the name": of("a\n[connection]\nid=x"),
    "a carriage return": of("a\rb"),
    "a NUL": of("a\0b"),
    "a name too long": of("a" * 33),
    "a name too long in bytes": of("ễ" * 11),
    "no name": of(""),
    "half a letter": '{"ssid": "\\ud83d", "password": ""}',
    "a line feed in the password": of("Hoa Sen", "12345678\nkey-mgmt=none"),
    "a short password": of("Hoa Sen", "1234567"),
    "a long password": of("Hoa Sen", "1" * 64),
    "letters beyond ASCII": of("Hoa Sen", "mật khẩu một"),
    "one thing more": '{"ssid": "a", "password": "", "script": "/bin/sh"}',
    "one thing less": '{"ssid": "a"}',
    "another kind": '{"ssid": ["a"], "password": ""}',
    "no JSON": b"ssid=a",
    "not UTF-8": b'{"ssid": "\xff", "password": ""}',
    "nothing": b"",
    "too much": of("Hoa Sen") + " " * 2000,
    "deep": b"[" * 1000,
}


@pytest.mark.parametrize("content", ATTACKS.values(), ids=list(ATTACKS))
def test_refuses(tmp_path: Path, content: bytes | str) -> None:
    assert asked(tmp_path, content) == 2
    assert os.listdir(tmp_path / "connections") == []
    assert not (tmp_path / "wifi.json").exists()
    assert asked(tmp_path, of("Hoa Sen")) == 0  # the control


HARMLESS = [
    " a",
    "a ",
    "a;b",
    "a\\nb",
    "[wifi]",
    "a=b",
    "#a",
    '"; rm -rf /',
    "$(id)",
    "`id`",
    "\\",
    "Thư viện",
    "-rf",
    "a'b",
]


@pytest.mark.parametrize("name", HARMLESS)
def test_every_name_and_password_becomes_digits(name: str) -> None:
    text = keyfile(Wifi(name, "\\n;[a]= \"'$("))
    plain = keyfile(Wifi("a", "b" * 8)).splitlines()
    lines = text.splitlines()
    assert [line.partition("=")[0] for line in lines] == [line.partition("=")[0] for line in plain]
    (ssid,) = (line for line in lines if line.startswith("ssid="))
    assert bytes(map(int, ssid.removeprefix("ssid=").strip(";").split(";"))) == name.encode()


@given(st.builds(Wifi, st.text(max_size=32), st.just("") | st.text(st.characters(min_codepoint=32, max_codepoint=126))))
def test_no_network_that_there_can_be_writes_a_line_of_its_own(wifi: Wifi) -> None:
    if is_wifi(wifi):
        lines = keyfile(wifi).splitlines()
        assert len(lines) == len(keyfile(Wifi("a", "b" * 8 if wifi.password else "")).splitlines())
        assert all(set(line) <= set("abcdefghijklmnopqrstuvwxyz0123456789-[]=;") for line in lines)


def test_follows_no_link_and_waits_at_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(of("Hoa Sen"))
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        read_request(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    assert read_request(tmp_path / "pipe") is None
    assert read_request(tmp_path / "secret") == Wifi("Hoa Sen", "mat khau 1")


def test_a_connection_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "connections").mkdir()
    (tmp_path / "passwd").write_text("root")
    (tmp_path / "connections" / FILE).symlink_to(tmp_path / "passwd")
    assert asked(tmp_path, of("Hoa Sen")) == 0
    assert (tmp_path / "passwd").read_text() == "root"


def test_without_networkmanager_it_says_so_and_the_request_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asked(tmp_path, of("Hoa Sen"), joins=True) == 1
    assert "NetworkManager" in capsys.readouterr().err
    assert (tmp_path / "wifi.json").exists()


def test_the_station_knows_when_nobody_takes_its_request(tmp_path: Path) -> None:
    assert not ask_to_join(Wifi("Hoa Sen", ""), tmp_path, lambda _: True, patience_s=1.0)
    assert os.listdir(tmp_path) == [], "it holds a password"

    def helper(_: float) -> bool:
        assert stat.S_IMODE((tmp_path / "wifi.json").stat().st_mode) == 0o600
        (tmp_path / "wifi.json").unlink()
        return True

    assert ask_to_join(Wifi("Hoa Sen", ""), tmp_path, helper)


@pytest.mark.parametrize(("carrier", "connected"), [("1\n", True), ("0\n", False), (None, False)])
def test_sees_whether_anything_is_connected(tmp_path: Path, carrier: str | None, connected: bool) -> None:
    for name, text in (("lo", "1\n"), ("wlan0", carrier)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "carrier").write_text(text)
    assert is_connected(tmp_path) is connected
