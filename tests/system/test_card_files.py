"""What image-files writes, read by the programs that read it on a card: cloud-init, netplan, and NetworkManager."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provisioning.image_files import Card, as_yaml, files_of, read_wifi
from provisioning.installer.first_boot import wifi_connection
from tests.provisioning.test_image_files import NASTY
from tests.system.bare import bare_debian, inside

pytestmark = pytest.mark.system

_READS_YAML = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1], encoding='utf-8'))))"
_READS_KEYS = """
import json, sys, gi
gi.require_version("NM", "1.0")
from gi.repository import GLib, NM
keys = GLib.KeyFile()
keys.load_from_file(sys.argv[1], 0)
connection = NM.keyfile_read(keys, "/", 0, None, None)
connection.normalize()
wifi, key = connection.get_setting_wireless(), connection.get_setting_wireless_security()
print(json.dumps([wifi.get_ssid().get_data().decode(), key and key.get_psk(), wifi.get_hidden()]))
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[Path]:
    """A Debian with those programs, which are never started as services."""
    with TemporaryDirectory(prefix="tram-xanh-reader-", dir="/var/tmp") as name:
        yield bare_debian(
            Path(name) / "root",
            ("cloud-init", "netplan.io", "network-manager", "python3-gi", "gir1.2-nm-1.0", "python3-yaml"),
        )


def _card(folder: Path) -> Card:
    """Every nasty name as a network; nasty passwords too."""
    tables = []
    for number, name in enumerate(NASTY):
        password = (NASTY[-1 - number] * 8)[:12]
        ssid, password = (json.dumps(text, ensure_ascii=False) for text in (name, password))
        tables.append(f"[[wifi]]\nssid = {ssid}\npassword = {password}\n")
    (folder / "wifi.toml").write_text("".join(tables), "utf-8")
    return Card("tram-3", wifis=read_wifi(folder / "wifi.toml"), ssh_keys=('ssh-ed25519 AAAA it\'s $(me) \\ "x" #',))


def _put(reader: Path, name: str, content: str) -> str:
    (reader / "root").mkdir(exist_ok=True)
    (reader / "root" / name).write_text(content, "utf-8")
    (reader / "root" / name).chmod(0o600)
    return f"/root/{name}"


def test_cloud_init_takes_user_data_and_reads_what_was_meant(reader: Path, tmp_path: Path) -> None:
    files = files_of(_card(tmp_path))
    checked = inside(reader, "cloud-init", "schema", "--config-file", _put(reader, "user-data", files["user-data"]))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for name, content in files.items():
        if name != "firstrun.sh":
            read = inside(reader, "python3", "-c", _READS_YAML, _put(reader, name, content))
            assert json.loads(read.stdout) == json.loads(content.removeprefix("#cloud-config\n")), name


def test_control_a_value_that_is_written_by_hand_is_read_otherwise(reader: Path) -> None:
    for name in ("no", "0x1F", "a: b", "#comment", "- item", " leading and trailing ", "two\u2028lines"):
        by_hand = _put(reader, "by-hand", f"ssid: {name}\n")
        read = inside(reader, "python3", "-c", _READS_YAML, by_hand)
        assert read.returncode != 0 or json.loads(read.stdout) != {"ssid": name}, name
        whole = _put(reader, "whole", as_yaml({"ssid": name}))
        assert json.loads(inside(reader, "python3", "-c", _READS_YAML, whole).stdout) == {"ssid": name}
    broken = _put(reader, "user-data", '#cloud-config\n{"runcmd": {"no": "list"}}\n')
    assert inside(reader, "cloud-init", "schema", "--config-file", broken).returncode != 0


def test_json_with_the_line_ends_of_yaml_left_in_it_is_read_otherwise(reader: Path) -> None:
    """Control of as_yaml."""
    text = "a\x85b\u2028c"
    plain = _put(reader, "plain", json.dumps({"ssid": text}, ensure_ascii=False))
    read = inside(reader, "python3", "-c", _READS_YAML, plain)
    assert read.returncode != 0 or json.loads(read.stdout) != {"ssid": text}
    whole = _put(reader, "whole", as_yaml({"ssid": text}))
    assert json.loads(inside(reader, "python3", "-c", _READS_YAML, whole).stdout) == {"ssid": text}


def test_netplan_gives_network_manager_the_same_names_and_passwords(reader: Path, tmp_path: Path) -> None:
    card = _card(tmp_path)
    (reader / "etc/netplan").mkdir(parents=True, exist_ok=True)
    config = reader / "etc/netplan/50-cloud-init.yaml"
    config.write_text(files_of(card)["network-config"], "utf-8")
    config.chmod(0o600)
    made = inside(reader, "/usr/lib/netplan/generate", "--root-dir", "/")
    assert made.returncode == 0, made.stderr
    connections = (reader / "run/NetworkManager/system-connections").glob("*wlan0*")
    read = [_read(reader, f"/run/NetworkManager/system-connections/{path.name}") for path in connections]
    assert sorted(read) == sorted([wifi.ssid, wifi.password, wifi.hidden] for wifi in card.wifis)


@pytest.mark.parametrize("hidden", [False, True])
def test_network_manager_reads_what_the_first_boot_of_an_older_system_writes(reader: Path, hidden: bool) -> None:
    for number, name in enumerate(NASTY):
        password = (NASTY[-1 - number] * 8)[:12]
        path = _put(reader, "one.nmconnection", wifi_connection(name, password, hidden=hidden))
        assert _read(reader, path) == [name, password, hidden]
    assert _read(reader, _put(reader, "one.nmconnection", wifi_connection("open", None, hidden=False)))[1] is None


def _read(reader: Path, name: str) -> list[object]:
    done: subprocess.CompletedProcess[str] = inside(reader, "python3", "-c", _READS_KEYS, name)
    assert done.returncode == 0, done.stderr
    read: list[object] = json.loads(done.stdout)
    return read
