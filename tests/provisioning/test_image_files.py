"""A new card's files: what a school's Wi-Fi is called comes through whole, and nothing of it is ever a command."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from kiosk.config import ConfigError
from provisioning.__main__ import main
from provisioning.commands import ASKED_WRONGLY, DONE
from provisioning.image_files import Card, as_yaml, files_of, read_wifi, run_once

NASTY = [
    "Thư viện",
    unicodedata.normalize("NFD", "Thư viện"),
    "quote\" ' ` end",
    "$(reboot)",
    "${IFS}; rm -rf /",
    "a: b",
    "- item",
    "!tag &anchor *alias",
    "#comment",
    " leading and trailing ",
    "back\\slash\\n",
    "{[,]}",
    "no",
    "0x1F",
    "2026-11-30",
    "~",
    "%TAG",
    "📶 5G",
    "\u00a0\u200b",
    "x" * 32,
]
"""Names that some shell, some YAML or some file format would take for something else."""


def _toml(ssid: str, password: str) -> str:
    ssid, password = (json.dumps(text, ensure_ascii=False) for text in (ssid, password))
    return f"[[wifi]]\nssid = {ssid}\npassword = {password}\n"


@pytest.mark.parametrize("text", NASTY)
def test_a_network_arrives_letter_by_letter(tmp_path: Path, text: str) -> None:
    password = (text * 8)[:20]
    (tmp_path / "wifi.toml").write_text(_toml(text, password), "utf-8")
    files = files_of(Card(wifis=read_wifi(tmp_path / "wifi.toml")))
    points = json.loads(files["network-config"])["network"]["wifis"]["wlan0"]["access-points"]
    assert points == {text: {"password": password}}
    assert all(text not in content for name, content in files.items() if name != "network-config") or len(text) < 3


@pytest.mark.parametrize(
    ("ssid", "password"),
    [
        ("two\nlines", "12345678"),
        ("Phòng 7", "1234\n5678"),
        ("Phòng\x00", "12345678"),
        ("Phòng\x85", "12345678"),
        ("Phòng\u2028", "12345678"),
        ("", "12345678"),
        ("ă" * 17, "12345678"),
        ("Phòng 7", "1234567"),
        ("Phòng 7", "x" * 64),
    ],
)
def test_refuses_what_no_real_network_is_called_without_saying_it(tmp_path: Path, ssid: str, password: str) -> None:
    text = f"[[wifi]]\nssid = {json.dumps(ssid)}\npassword = {json.dumps(password)}\n"
    (tmp_path / "wifi.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        read_wifi(tmp_path / "wifi.toml")
    assert password not in str(refused.value)
    assert not ssid or ssid not in str(refused.value)


def test_a_key_of_64_digits_and_an_open_network_are_taken(tmp_path: Path) -> None:
    (tmp_path / "wifi.toml").write_text(
        f'[[wifi]]\nssid = "a"\npassword = "{"0f" * 32}"\n[[wifi]]\nssid = "b"\nhidden = true\n'
    )
    network = json.loads(files_of(Card(wifis=read_wifi(tmp_path / "wifi.toml")))["network-config"])["network"]
    assert network["wifis"]["wlan0"]["access-points"] == {"a": {"password": "0f" * 32}, "b": {"hidden": True}}


@pytest.mark.parametrize("name", ["", "Hoa", "a b", "-a", "a-", "a" * 64, "a;reboot", "thư", "a\n", "$(x)"])
def test_refuses_a_host_name_that_is_none(name: str) -> None:
    with pytest.raises(ConfigError):
        Card(hostname=name)


@pytest.mark.parametrize("country", ["", "vn", "VNM", "V1", "VN\n"])
def test_refuses_a_country_that_is_none(country: str) -> None:
    with pytest.raises(ConfigError):
        Card(country=country)


def test_no_line_end_of_yaml_is_left_in_json() -> None:
    every = "".join(chr(one) for one in range(0x10000) if not 0xD800 <= one < 0xE000)
    text = as_yaml({"every letter": every})
    assert json.loads(text) == {"every letter": every}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text)


def test_without_keys_nobody_can_log_in_and_nothing_is_typed() -> None:
    said = json.loads(files_of(Card())["user-data"].removeprefix("#cloud-config\n"))
    (account,) = said["users"]
    assert account["lock_passwd"] is True
    assert "sudo" not in account
    assert "ssh_authorized_keys" not in account
    assert said["ssh_pwauth"] is False
    assert all(isinstance(command, list) for command in said["runcmd"])


def test_a_maintainers_key_is_data_whatever_is_in_it() -> None:
    key = "ssh-ed25519 AAAA 'x'; $(reboot) # \\ \" :"
    said = json.loads(files_of(Card(ssh_keys=(key,)))["user-data"].removeprefix("#cloud-config\n"))
    assert said["users"][0]["ssh_authorized_keys"] == [key]
    assert key not in json.dumps(said["runcmd"])
    with pytest.raises(ConfigError):
        Card(ssh_keys=("ssh-ed25519 AAAA\nssh-rsa BBBB",))


def test_the_script_of_an_older_system_is_the_same_for_everybody(tmp_path: Path) -> None:
    (tmp_path / "wifi.toml").write_text(_toml("$(touch pwned)", "`touch pwned`"))
    files = files_of(Card("a", wifis=read_wifi(tmp_path / "wifi.toml")))
    assert files["firstrun.sh"] == files_of(Card())["firstrun.sh"]
    script = tmp_path / "firstrun.sh"
    script.write_text(files["firstrun.sh"])
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_the_command_line_of_a_kernel_gets_the_script_once() -> None:
    once = run_once("console=tty1 root=PARTUUID=1-02 rootwait\n")
    assert once.startswith("console=tty1 root=PARTUUID=1-02 rootwait systemd.run=/boot/firmware/firstrun.sh ")
    assert once.count("\n") == 1
    assert run_once(once) == once


def test_the_command_writes_a_boot_partition_and_says_no_password(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wifi.toml").write_text(_toml("Trường", "mật khẩu dài"))
    boot = tmp_path / "bootfs"
    boot.mkdir()
    (boot / "cmdline.txt").write_text("root=x\n")
    words = ["image-files", "--out", str(boot), "--wifi-from", str(tmp_path / "wifi.toml"), "--hostname", "tram-2"]
    assert main(words) == DONE
    assert {path.name for path in boot.iterdir()} == {
        "cmdline.txt", "firstrun.sh", "meta-data", "network-config", "user-data",
    }  # fmt: skip
    assert "systemd.run=" in (boot / "cmdline.txt").read_text()
    said = capfd.readouterr()
    assert "mật khẩu" not in said.out + said.err
    assert main(["image-files", "--out", str(boot), "--hostname", "Tram 2"]) == ASKED_WRONGLY


def test_a_bundle_without_packages_holds_all_that_its_installer_imports(tmp_path: Path) -> None:
    (tmp_path / "release").write_bytes(b"r")
    (tmp_path / "key").write_bytes(b"k")
    out = tmp_path / "tram-xanh"
    words = ["--bundle", str(tmp_path / "release"), "--publisher", str(tmp_path / "key"), "--without-packages"]
    assert main(["offline-bundle", "--out", str(out), *words]) == DONE
    before = sorted(out.rglob("*"))
    alone = [sys.executable, "-I", "-S", str(out / "install.py"), "--help"]
    done = subprocess.run(alone, capture_output=True, text=True, cwd="/", env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(out.rglob("*")) == before
    assert set(json.loads((out / "index.json").read_text())["files"]) == {
        str(path.relative_to(out)) for path in before if path.is_file() and path.name != "index.json"
    }
