"""What stations tell about themselves, at the real server: the newest report counts, only a station's own is taken, and
people and Prometheus read it on the server's own machine."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from central_server.devices import State
from tests.central_server.scene import Answer, Scene
from tests.central_server.signing import Key
from tests.central_server.support import let_in, option_of, run

HEALTH = "/v1/health"
REPORT: dict[str, Any] = {
    "version": "0.1.0",
    "pending": 3,
    "disk_free_mb": 21_000,
    "temperature_c": 61.2,
    "low_voltage": False,
    "devices": {"serial /dev/ttyACM0": "ready", "camera 0": "lost"},
    "last_scan_s_ago": 12.5,
    "clock_trusted": True,
    "time_by": "centre",
    "upkeep": {"backup": {"well": False, "why": "/media/x", "at": None, "good_at": None}, "check": None},
    "parts": {"network": "good", "camera": "look"},
}


def told(scene: Scene, device: str = "tram-1", **changes: Any) -> bytes:
    request = {"protocol": 1, "library": scene.library, "device": device, "health": REPORT | changes}
    return json.dumps(request).encode()


def ask(scene: Scene, key: Key, path: str, body: bytes) -> Answer:
    """Signed rightly, with a fresh nonce."""
    return scene.send("POST", path, key.sign("POST", path, body, scene.nonce(key)), body)


def here(scene: Scene, path: str) -> Any:
    return scene.send("GET", path, {})


def of_library(scene: Scene) -> list[dict[str, Any]]:
    found = here(scene, "/v1/devices").content["devices"]
    return [one for one in found if one["library"] == scene.library]


def figures(scene: Scene) -> dict[str, float]:
    """Of the scene's library; every line is as Prometheus reads it."""
    text = here(scene, "/metrics").text
    assert text.endswith("\n")
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) tram_xanh_\w+ .+", line), line
            continue
        match = re.fullmatch(r'(tram_xanh_\w+)\{library="([^"]*)"(,device="((?:[^"\\\n]|\\.)*)")?\} ([-+.e0-9]+)', line)
        assert match, line
        if match[2] == scene.library:
            found[match[1].removeprefix("tram_xanh_") + (f" {match[4]}" if match[3] else "")] = float(match[5])
    return found


@pytest.mark.slow
def test_the_newest_report_of_a_device_counts(scene: Scene) -> None:
    assert of_library(scene)[0]["health"] is None
    assert ask(scene, scene.key, HEALTH, told(scene)).status == 200
    assert ask(scene, scene.key, HEALTH, told(scene, pending=0, staff_code="K-05")).status == 200
    [one] = of_library(scene)
    assert (one["device"], one["state"]) == ("tram-1", "active")
    health = one["health"]
    assert (health["pending"], health["staff_code"], health["version"]) == (0, "K-05", "0.1.0")
    assert health["upkeep"]["backup"] == {"well": False, "at": None, "good_at": None}  # no word more than is named
    found = figures(scene)
    assert found["station_pending_operations tram-1"] == 0
    assert found["station_out_of_service tram-1"] == 1
    assert found["station_devices_lost tram-1"] == 1
    assert found["station_disk_free_bytes tram-1"] == 21e9
    assert found["station_upkeep_well tram-1"] == 0
    assert found["station_active tram-1"] == 1
    assert (
        abs(
            found["station_health_timestamp_seconds tram-1"]
            - found["station_last_scan_timestamp_seconds tram-1"]
            - 12.5
        )
        < 0.01
    )
    assert found["open_disputes"] == 0
    page = here(scene, "/here").text
    assert "camera" in page
    assert "đang nghỉ" in page


@pytest.mark.slow
def test_a_station_that_never_told_anything_is_counted_by_what_is_known(scene: Scene) -> None:
    assert set(figures(scene)) == {"station_active tram-1", "station_seen_timestamp_seconds tram-1", "open_disputes"}


@pytest.mark.slow
def test_a_name_of_a_device_breaks_no_line(scene: Scene) -> None:
    key, name = Key(), 'a"b\\c'
    let_in(scene.store, key, scene.library, name)
    assert ask(scene, key, HEALTH, told(scene, name)).status == 200
    assert 'station_running a\\"b\\\\c' in figures(scene)


ATTACKS: dict[str, tuple[int, Callable[[Scene], Any]]] = {
    "another device": (403, lambda scene: told(scene, "tram-2")),
    "another library": (403, lambda scene: told(scene).replace(scene.library.encode(), scene.other.encode())),
    "no JSON": (400, lambda _: b"{"),
    "another protocol": (400, lambda scene: told(scene).replace(b'"protocol": 1', b'"protocol": 2')),
    "a list": (400, lambda _: b"[]"),
    "no version": (400, lambda scene: told(scene, version=None)),
    "a number as text": (400, lambda scene: told(scene, pending="3")),
    "a negative number": (400, lambda scene: told(scene, pending=-1)),
    "a number beyond all": (400, lambda scene: told(scene, pending=2**60)),
    "not a number": (400, lambda scene: told(scene).replace(b"61.2", b"NaN")),
    "a long text": (400, lambda scene: told(scene, version="x" * 129)),
    "a zero byte": (400, lambda scene: told(scene, version="a\0b")),
    "many devices": (400, lambda scene: told(scene, devices={str(one): "ready" for one in range(33)})),
    "deep": (400, lambda scene: told(scene).replace(b"61.2", b"[" * 5_000 + b"]" * 5_000)),
    "large": (413, lambda scene: told(scene, more="x" * 16_384)),
    "huge": (413, lambda scene: told(scene, more="x" * 5_000_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_refuses_a_report_that_is_not_this_stations_own(scene: Scene, attack: str) -> None:
    status, body_of = ATTACKS[attack]
    body = body_of(scene)
    scene.refuses(status, lambda: ask(scene, scene.key, HEALTH, body))
    assert ask(scene, scene.key, HEALTH, told(scene)).status == 200  # control: done rightly


@pytest.mark.slow
@pytest.mark.parametrize("path", [HEALTH, "/v1/support"])
def test_refuses_whom_the_centre_does_not_trust(scene: Scene, path: str) -> None:
    body = told(scene) if path == HEALTH else GZIP
    target = path if path == HEALTH else support_of(scene)
    scene.refuses(401, lambda: scene.send("POST", target, {}, body))
    stranger = Key()
    scene.refuses(401, lambda: scene.send("POST", target, stranger.sign("POST", target, body, scene.nonce()), body))
    for state, said in ((State.REVOKED, "revoked"), (State.PENDING, "pending")):
        scene.set_state(state, scene.key)
        scene.refuses(403, lambda: ask(scene, scene.key, target, body), state=said)
    scene.set_state(State.ACTIVE, scene.key)
    nonce = scene.nonce()
    headers = scene.key.sign("POST", target, body, nonce)
    assert scene.send("POST", target, headers, body).status == 200
    scene.refuses(401, lambda: scene.send("POST", target, headers, body), again=True)  # an old one said again


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/v1/devices", "/metrics"])
def test_shows_stations_to_nobody_from_elsewhere(scene: Scene, path: str) -> None:
    scene.refuses(403, lambda: scene.send("GET", path, {"X-Forwarded-For": "192.0.2.1"}))
    assert here(scene, path).status == 200


# ---- support bundles

GZIP = b"\x1f\x8b" + bytes(100)


def support_of(scene: Scene, device: str = "tram-1", library: str = "") -> str:
    return "/v1/support?" + urlencode({"library": library or scene.library, "device": device})


@pytest.mark.slow
def test_keeps_the_newest_bundles_of_each_device(scene: Scene, tmp_path: Any) -> None:
    other = Key()
    let_in(scene.store, other, scene.library, "tram-2")
    assert ask(scene, other, support_of(scene, "tram-2"), GZIP + b"other").status == 200
    for number in range(7):
        assert ask(scene, scene.key, support_of(scene), GZIP + bytes([number])).status == 200
    words = ("support", *option_of(scene.server.where), "--library", scene.library)
    listed = json.loads(run(*words, "--list", "--json").stdout)["bundles"]
    assert [(one["number"], one["device"]) for one in listed] == [(1, "tram-2"), *((n, "tram-1") for n in range(4, 9))]
    file = tmp_path / "out.tar.gz"
    assert run(*words, "--get", "8", "--out", file).returncode == 0
    assert file.read_bytes() == GZIP + b"\6"
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(*words, "--get", "2").returncode == 2  # gone
    assert run(*words, "--get", "8", "--out", file).returncode == 2  # nothing is written over
    assert "tram-2" in run(*words, "--list", "--device", "tram-2").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "content", "device", "other_library"),
    [
        (400, b"PK\3\4", "tram-1", False),
        (413, b"\x1f\x8b" + bytes(2_000_000), "tram-1", False),
        (413, b"\x1f\x8b" + bytes(5_000_000), "tram-1", False),
        (403, GZIP, "tram-2", False),
        (403, GZIP, "tram-1", True),
    ],
)
def test_refuses_a_bundle_that_is_none_or_anothers(
    scene: Scene, status: int, content: bytes, device: str, other_library: bool
) -> None:
    target = support_of(scene, device, scene.other if other_library else "")
    scene.refuses(status, lambda: ask(scene, scene.key, target, content))
    assert ask(scene, scene.key, support_of(scene), GZIP).status == 200
