"""The installer's acts on a real folder in place of a machine: each looks first, and does nothing twice."""

import shutil
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.config import BUILD_MS
from provisioning.installer import bundle_folder, first_boot, layout, looking, raspberry
from provisioning.installer.first_release import NOT_BEFORE_MS, signed_by
from provisioning.installer.machine import Machine, StepFailed

Said = list[str]


def _machine(root: Path, *, dry_run: bool = False) -> tuple[Machine, Said]:
    said: Said = []
    return Machine(said.append, root, dry_run=dry_run), said


def _put(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def test_a_file_a_folder_and_a_link_are_made_once(tmp_path: Path) -> None:
    for expected in (4, 0):
        machine, said = _machine(tmp_path)
        machine.file("/etc/a", "one", 0o600)
        machine.folder("/var/b", 0o700)
        machine.link("/etc/c", "/dev/null")
        machine.gone("/etc/d")
        machine.file("/new/folder/e", b"two")
        assert machine.changes == len(said) == expected
    assert (tmp_path / "etc/a").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.rglob("*.half"))


@pytest.mark.parametrize("change", ["content", "mode", "link"])
def test_what_became_otherwise_is_put_right(tmp_path: Path, change: str) -> None:
    machine, _ = _machine(tmp_path)
    machine.file("/etc/a", "one")
    path = tmp_path / "etc/a"
    match change:
        case "content":
            path.write_text("two")
        case "mode":
            path.chmod(0o666)
        case "link":
            path.rename(tmp_path / "elsewhere")
            path.symlink_to(tmp_path / "elsewhere")
    machine.file("/etc/a", "one")
    assert machine.changes == 2
    assert not path.is_symlink()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("one", 0o644)


def test_a_dry_run_says_it_and_does_nothing(tmp_path: Path) -> None:
    machine, said = _machine(tmp_path, dry_run=True)
    machine.file("/etc/a", "one")
    machine.folder("/var/b")
    machine.link("/c", "d")
    machine.run("false", did="never", advice="none")
    assert len(said) == 4
    assert all("would" in line for line in said)
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_fails_says_what_a_person_does(tmp_path: Path) -> None:
    machine, _ = _machine(tmp_path)
    with pytest.raises(StepFailed, match="status 1") as failed:
        machine.run("false", did="it", advice="Ask.")
    assert failed.value.advice == "Ask."
    with pytest.raises(StepFailed, match="missing"):
        machine.run("no-such-program-here", did="it", advice="Ask.")


# ---- kiosk.toml by looking


def test_finds_what_is_plugged_in(tmp_path: Path) -> None:
    keys = "e080ffdf01cfffff fffffffffffffffe\n"
    _put(tmp_path, {
        "dev/serial/by-id/usb-Newland_HR22-if00": "",
        "dev/serial/by-id/usb-Newland_HR22-if02": "",
        "dev/v4l/by-id/usb-Cam_1-video-index0": "",
        "dev/v4l/by-id/usb-Cam_1-video-index1": "",
        "dev/snd/pcmC0D0p": "",
        "sys/class/input/event3/device/name": "USBKey Barcode Scanner\n",
        "sys/class/input/event3/device/id/vendor": "1a86\n",
        "sys/class/input/event3/device/id/product": "e129\n",
        "sys/class/input/event3/device/capabilities/key": keys,
        "sys/class/input/event4/device/name": "Dell USB Keyboard\n",
        "sys/class/input/event4/device/capabilities/key": keys,
        "sys/class/drm/card0-HDMI-A-1/status": "connected\n",
        "sys/class/drm/card0-HDMI-A-1/modes": "1024x600\n800x600\n",
        "sys/class/drm/card0-HDMI-A-2/status": "disconnected\n",
    })  # fmt: skip
    config = tomllib.loads(looking.config_of(_machine(tmp_path)[0]))
    assert config == {
        "station": {"data": "/var/lib/tram-xanh"},
        "scanner": [
            {"kind": "serial", "port": "/dev/serial/by-id/usb-Newland_HR22-if00"},
            {"kind": "keyboard", "id": "1a86:e129"},
            {"kind": "camera", "device": "/dev/v4l/by-id/usb-Cam_1-video-index0"},
        ],
        "screen": {"width": 1024, "height": 600},
        "sound": {"kind": "alsa"},
    }


def test_a_raspberry_pis_own_camera_goes_before_one_on_usb(tmp_path: Path) -> None:
    _put(tmp_path, {"sys/bus/i2c/drivers/imx708/10-001a": "", "dev/v4l/by-id/usb-Cam-video-index0": ""})
    config = tomllib.loads(looking.config_of(_machine(tmp_path)[0]))
    assert config["scanner"] == [{"kind": "camera", "device": "picamera"}]


@pytest.mark.parametrize("name", ['x"\ny = 1 #', "\\u0022", "a\u2028b\x85c", "[[scanner]]", "ü" * 40])
def test_what_a_device_calls_itself_is_only_text(tmp_path: Path, name: str) -> None:
    device = name.replace("/", "").replace("\x00", "")
    _put(tmp_path, {
        f"dev/serial/by-id/{device}": "",
        "sys/class/input/event3/device/name": f"scanner {name}",
        "sys/class/input/event3/device/id/vendor": 'x"y\n',
        "sys/class/input/event3/device/id/product": "z",
        "sys/class/input/event3/device/capabilities/key": "fffffffffffffffe\n",
    })  # fmt: skip
    config = tomllib.loads(looking.config_of(_machine(tmp_path)[0]))
    assert config["scanner"] == [
        {"kind": "serial", "port": f"/dev/serial/by-id/{device}"},
        {"kind": "keyboard", "id": 'x"y:z'},
    ]


def test_looks_again_until_a_scanner_was_found_and_never_over_a_persons_words(tmp_path: Path) -> None:
    machine, _ = _machine(tmp_path)
    looking.write_config(machine)
    assert "scanner" not in tomllib.loads((tmp_path / "etc/tram-xanh/kiosk.toml").read_text())
    _put(tmp_path, {"dev/serial/by-id/usb-A-if00": ""})
    looking.write_config(machine)
    assert len(tomllib.loads((tmp_path / "etc/tram-xanh/kiosk.toml").read_text())["scanner"]) == 1
    shutil.rmtree(tmp_path / "dev")
    looking.write_config(machine)
    assert machine.changes == 2
    _put(tmp_path, {"etc/tram-xanh/kiosk.toml": "# mine\n"})
    looking.write_config(machine)
    assert (tmp_path / "etc/tram-xanh/kiosk.toml").read_text() == "# mine\n"


# ---- files


def test_every_file_of_systemd_has_its_place(tmp_path: Path) -> None:
    project = Path(layout.__file__).parents[2]
    named = dict(layout.system_files(project, "cage"))
    assert "/etc/systemd/system/kiosk.service" in named
    assert named["/etc/systemd/system/kiosk.service.d/display.conf"].name == "cage.conf"
    assert "kiosk.service" in layout.units(project)
    _put(tmp_path, {"systemd/strange/file": "x"})
    with pytest.raises(StepFailed, match="no place"):
        list(layout.system_files(tmp_path, "cage"))
    _put(tmp_path / "other", {"systemd/etc/sysctl.d/a.conf": "x", "systemd/README.md": "x"})
    assert [name for name, _ in layout.system_files(tmp_path / "other", "cage")] == ["/etc/sysctl.d/a.conf"]


def test_config_txt_keeps_what_others_wrote(tmp_path: Path) -> None:
    theirs = "dtparam=audio=on\n[pi4]\narm_boost=1\n"
    _put(tmp_path, {"boot/firmware/config.txt": theirs, "boot/firmware/cmdline.txt": "root=a rootwait quiet\n"})
    for expected in (2, 0):
        machine, _ = _machine(tmp_path)
        raspberry.set_up(machine)
        assert machine.changes == expected
    there = (tmp_path / "boot/firmware/config.txt").read_text()
    assert there.startswith(theirs)
    assert "dtparam=watchdog=on" in there
    assert (tmp_path / "boot/firmware/cmdline.txt").read_text().split()[:3] == ["root=a", "rootwait", "quiet"]
    raspberry.take_back(machine)
    assert (tmp_path / "boot/firmware/config.txt").read_text().rstrip() == theirs.rstrip()


# ---- the first boot


def test_an_older_system_gets_name_and_wifi_and_keeps_no_password_in_sight(tmp_path: Path) -> None:
    from provisioning.image_files import RUN_ONCE, Card, files_of, read_wifi

    (tmp_path / "wifi.toml").write_text('[[wifi]]\nssid = "a;b"\npassword = "  \\\\1234567"\nhidden = true\n')
    boot = tmp_path / "root/boot/firmware"
    files = files_of(Card("tram-7", wifis=read_wifi(tmp_path / "wifi.toml")))
    _put(boot, {**files, "config.txt": "", "cmdline.txt": f"root=a rootwait {RUN_ONCE}\n"})
    machine, _ = _machine(tmp_path / "root")
    first_boot.take_values(machine)
    connection = tmp_path / "root/etc/NetworkManager/system-connections/tram-xanh-1.nmconnection"
    assert connection.stat().st_mode & 0o777 == 0o600
    lines = connection.read_text().splitlines()
    assert "ssid=97;59;98;" in lines
    assert r"psk=\s\s\\1234567" in lines
    assert "hidden=true" in lines
    assert (tmp_path / "root/etc/hostname").read_text() == "tram-7\n"
    (tmp_path / "root/run").mkdir()
    first_boot.finish(machine)
    assert (boot / "cmdline.txt").read_text().split() == ["root=a", "rootwait", "cfg80211.ieee80211_regdom=VN"]
    assert not (boot / "network-config").exists()
    assert not (boot / "firstrun.sh").exists()


# ---- the bundle


def test_a_bundle_that_arrived_otherwise_is_seen(tmp_path: Path) -> None:
    _put(tmp_path, {"a": "one", "debs/b": "two"})
    bundle = bundle_folder.BundleFolder(tmp_path, "", "", "a", "a", {
        "a": "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
        "debs/b": "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
    })  # fmt: skip
    bundle_folder.check(bundle)
    (tmp_path / "debs/b").write_text("twp")
    with pytest.raises(StepFailed, match="debs/b in the bundle is damaged"):
        bundle_folder.check(bundle)
    (tmp_path / "debs/b").unlink()
    with pytest.raises(StepFailed, match="missing"):
        bundle_folder.check(bundle)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "files": 3}'])
def test_an_index_that_is_none_is_said_in_plain_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(StepFailed) as failed:
        bundle_folder.read(tmp_path)
    assert failed.value.advice


def test_the_installer_knows_the_same_earliest_time_as_the_station() -> None:
    assert NOT_BEFORE_MS == BUILD_MS


def test_openssl_believes_the_publisher_and_nobody_else(tmp_path: Path) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = tmp_path / "publisher.pub"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    is_signed = signed_by(public)
    assert is_signed(b"manifest", key.sign(b"manifest"))
    assert not is_signed(b"manifesu", key.sign(b"manifest"))
    assert not is_signed(b"manifest", other.sign(b"manifest"))
    assert not is_signed(b"manifest", bytes(64))
    assert not is_signed(b"manifest", b"")
    public.write_bytes(b"no key")
    assert not signed_by(public)(b"manifest", key.sign(b"manifest"))
