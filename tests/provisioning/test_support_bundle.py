"""A support bundle holds what helps, and nothing of a reader or a secret: canaries of every kind lie in a station with
a day's lending, and none comes out."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import random
import re
import tarfile
import tracemalloc
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from central_link.simulated import SimulatedCentral
from devices.host.logs import MOST_BYTES, Log, read_log
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.ports.devices import RawScan
from kiosk.ports.private_file import make_private
from kiosk.session.states import Borrowing, State
from kiosk.upkeep import support_bundle
from kiosk.upkeep.logs import set_up
from kiosk.upkeep.support_bundle import LARGEST, Cleaner, Material, clean_line, make_bundle
from local_store import open_store
from local_store.recovery_code import code_of
from provisioning.__main__ import main
from tests.central_link.stand_in import enrolled
from tests.local_store.shelf import CATALOGUE, ITEMS, KEY, LAN, TITLE, config_in, new_store
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow

TOKEN = "00041-06105-0R3GG-28A1C-60T3G-F"
WIFI = "truong2026wifi"
WATCHDOG = "kiosk.service: Watchdog timeout"
NUMBER = "079212001234"
CONFIG = f"""
# Wi-Fi: {WIFI}
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = 'HS\\d{{6}}|\\d{{4}}'
item = 'TK\\.\\d{{5}}'
item_example = "TK.00001"
[central]
kind = "simulated"
[[scanner]]
kind = "serial"
port = "/dev/not-there"
[sound]
kind = "none"
[log]
file = "data/station.log"
"""


@dataclass
class Scene:
    file: Path
    secrets: dict[str, str]

    @property
    def data(self) -> Path:
        return self.file.parent / "data"


@contextmanager
def quiet_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:], root.level = handlers, level


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A station that has lent: and in its log also what must never be there, as some library might put it."""
    folder = tmp_path_factory.mktemp("station")
    file = folder / "kiosk.toml"
    file.write_text(CONFIG)
    data = folder / "data"
    data.mkdir()
    enrolled(data)
    make_private(data / "store.key", KEY)
    store = open_store(new_store(config_in(data)))
    with store.unit_of_work() as work:
        work.apply(list(CATALOGUE), "")
        work.commit()
    store.close()
    (data / "wifi.json").write_text(f'{{"ssid": "truong", "password": "{WIFI}"}}')
    states: list[State] = []
    with quiet_logs():
        set_up("debug", data / "station.log")
        kiosk = Kiosk(load(file), states.append)
        kiosk.start()
        try:
            assert kiosk.store.opened.wait(30)
            for text in ("HS000123", ITEMS[0].barcode, "0042", NUMBER, "HS999999", ITEMS[1].barcode, TITLE.isbn):
                kiosk.scanned(RawScan(str(text), kiosk.clock.monotonic()))
                eventually(lambda: kiosk.session._inbox.empty())
            eventually(lambda: any(isinstance(one.doing, Borrowing) and one.doing.rows for one in states))
        finally:
            kiosk.stop()
    log = (data / "station.log").read_text()
    for canary in (LAN.shown_name, "HS000123", ITEMS[0].barcode, TITLE.name, str(TITLE.isbn), NUMBER):
        assert canary not in log, "the log itself holds what it must not"
    device_key = json.loads((data / "device.key").read_text())["private"]
    secrets = {
        "name": LAN.shown_name,
        "card": "HS000123",
        "label": ITEMS[0].barcode,
        "title": TITLE.name,
        "isbn": str(TITLE.isbn),
        "citizen": NUMBER,
        "token": TOKEN,
        "Wi-Fi": WIFI,
        "recovery code": code_of(KEY),
        "group of the recovery code": code_of(KEY)[:23],
        "store key": KEY.hex(),
        "store key in base64": base64.b64encode(KEY).decode(),
        "device key": device_key,
        "password in an address": "bi-mat-cua-toi",
    }
    error = f"StoreBroken: {LAN.shown_name} {TITLE.name}\n    [parameters: ('{TITLE.name}', '{LAN.shown_name}')]"
    planted = [
        {"says": f"scanned {ITEMS[0].barcode}, 'HS000123'; ({TITLE.isbn}): {NUMBER}"},
        {"says": f"token {TOKEN} and code {code_of(KEY)} of key {KEY.hex()} or {secrets['store key in base64']}"},
        {"says": f"key {device_key}"},
        {"says": f"GET https://giao-vien:{secrets['password in an address']}@centre.example.vn/v1/changes"},
        {"says": f"wifi password={WIFI}"},
        {
            "says": "it broke",
            "trace": f'Traceback:\n  File "/opt/a.py", line 7, in step\n    work({TITLE.name!r})\n{error}',
        },
        {"says": "with more", "patron": LAN.shown_name, "title": TITLE.name},
    ]
    with (data / "station.log").open("a") as out:
        for line in planted:
            out.write(json.dumps({"at": 1.0, "level": "error", "from": "planted"} | line, ensure_ascii=False) + "\n")
        out.write(f"a library prints {LAN.shown_name} borrowed {TITLE.name}\n")
    return Scene(file, secrets)


def unpacked(raw: bytes) -> bytes:
    """All that is in it, however deep it is packed."""
    found = raw
    if raw.startswith(b"\x1f\x8b"):
        found += unpacked(gzip.decompress(raw))
    elif raw[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive:
                inside = archive.extractfile(member)
                found += member.name.encode() + (unpacked(inside.read()) if inside else b"")
    return found


def leaks(raw: bytes, secrets: dict[str, str]) -> set[str]:
    text = unpacked(raw)
    forms = {
        name: {
            secret.encode(),
            unicodedata.normalize("NFD", secret).encode(),
            json.dumps(secret).strip('"').encode(),
            base64.b64encode(secret.encode()),
        }
        for name, secret in secrets.items()
    }
    return {name for name, ways in forms.items() if any(way in text for way in ways)}


def bundle(scene: Scene, tmp_path: Path) -> bytes:
    out = tmp_path / "bundle.tar.gz"
    assert main(["support-bundle", "--config", str(scene.file), "--out", str(out)]) == 0
    return out.read_bytes()


def test_no_canary_is_in_a_bundle(scene: Scene, tmp_path: Path) -> None:
    raw = bundle(scene, tmp_path)
    assert leaks(raw, scene.secrets) == set()
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        read = {member.name: archive.extractfile(member).read().decode() for member in archive}  # type: ignore[union-attr]
    assert json.loads(read["support/settings.json"])["station"]["library"] == "hoa-sen"
    assert json.loads(read["support/check.json"])["parts"]["store"]["facts"]["counts"]["items"] == 6
    assert '"act": "LoanRecorded"' in read["support/log.jsonl"]
    assert 'File \\"/opt/a.py\\", line 7, in step' in read["support/log.jsonl"]
    assert "StoreBroken" in read["support/log.jsonl"]


def test_control_without_the_filter_every_kind_of_canary_comes_out(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support_bundle, "clean_line", lambda line, _: line)
    assert leaks(bundle(scene, tmp_path), scene.secrets) == set(scene.secrets)


@pytest.mark.parametrize(
    ("spoilt", "leaked"),
    [
        ("_USER_IN_URL", {"password in an address"}),
        ("_GROUPS", {"token", "recovery code", "group of the recovery code"}),
        ("_LONG_KEY", {"store key", "store key in base64", "device key"}),
        ("_NAMED_SECRET", {"Wi-Fi"}),
    ],
)
def test_control_each_rule_keeps_something_back(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str, leaked: set[str]
) -> None:
    monkeypatch.setattr(support_bundle, spoilt, re.compile("(?!)"))
    found = leaks(bundle(scene, tmp_path), scene.secrets)
    assert found & leaked
    assert found <= leaked


def test_what_helps_is_not_lost() -> None:
    clean = Cleaner(None).words
    for line in (
        "serial /dev/serial/by-id/usb-Zebra_Technologies_DS2208_S_N_1234-if00: open",
        "changes: the centre is out of reach (no whole answer: ConnectTimeout)",
        "the store's schema goes from 0007 to 0008",
        "backup 12 was written and read back",
    ):
        told = clean_line(json.dumps({"says": line, "at": 1.5}), clean)
        assert told is not None
        assert json.loads(told) == {"at": 1.5, "says": line}


@pytest.mark.parametrize("line", ["", "text", "[]", "1", "{", '{"says": 1}', "[" * 100_000])
def test_a_line_that_is_not_ours_stays_here(line: str) -> None:
    assert clean_line(line, str) is None


def test_a_bundle_is_never_larger_than_the_centre_takes(tmp_path: Path) -> None:
    noise = random.Random(1)

    def words() -> str:
        return " ".join(f"{noise.getrandbits(32):08x}" for _ in range(50))

    lines = [json.dumps({"at": n, "says": words()}) for n in range(12_000)]
    raw = make_bundle(Material({}, None, {}, {}, {}, None, lines, None))
    assert len(raw) <= LARGEST
    assert b'"at": 11999' in unpacked(raw)
    assert b'"at": 0,' not in unpacked(raw)


def test_a_log_is_read_from_its_end_and_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "station.log"
    assert read_log(file) == Log([], "the file of the log is empty, or not there")
    file.with_name("station.log.1").write_text("one\ntwo\n")
    file.write_text("three\n")
    assert read_log(file) == Log(["one", "two", "three"])


def test_the_journal_tells_systemds_lines_too(tmp_path: Path) -> None:
    entries = [
        {"MESSAGE": '{"says": "first frame"}', "SYSLOG_IDENTIFIER": "start.py"},
        {
            "MESSAGE": "kiosk.service: Watchdog timeout",
            "SYSLOG_IDENTIFIER": "systemd",
            "__REALTIME_TIMESTAMP": "1500000",
        },
        {"MESSAGE": [1, 2]},
        "no object",
    ]
    told = tmp_path / "journal"
    told.write_text("\n".join(json.dumps(one) for one in reversed(entries)) + "\nno JSON")
    log = read_log(None, ["cat", str(told)])
    assert log.lacks == ""
    first, second = log.lines
    assert json.loads(first) == {"says": "first frame"}
    assert json.loads(second) == {
        "at": 1.5,
        "level": "info",
        "from": "systemd",
        "says": "kiosk.service: Watchdog timeout",
    }


SAYS = json.dumps({"MESSAGE": '{"says": "newest"}'})
LATE = f"echo '{SAYS}'; exec sleep 60"
LACKS = {
    "not there": (["no-such-journalctl"], 10.0, [], "there is no no-such-journalctl"),
    "tells nothing": (["true"], 10.0, [], "true tells nothing"),
    "may not be read": (["false"], 10.0, [], "false tells nothing"),
    "hangs": (["sleep", "60"], 0.3, [], "sleep did not end within 0.3 s"),
    "too slow": (["sh", "-c", LATE], 3.0, ['{"says": "newest"}'], "sh did not end within 3 s"),
}


@pytest.mark.parametrize(("journal", "patience_s", "lines", "lacks"), LACKS.values(), ids=LACKS)
def test_a_journal_that_is_not_read_whole_is_named(
    journal: list[str], patience_s: float, lines: list[str], lacks: str
) -> None:
    assert read_log(None, journal, patience_s) == Log(lines, lacks)


def test_of_an_endless_journal_the_newest_is_taken_and_the_memory_stays_small() -> None:
    entry = json.dumps({"MESSAGE": "x" * 9_999})
    tracemalloc.start()
    try:
        log = read_log(None, ["sh", "-c", f"echo '{SAYS}'; exec yes '{entry}'"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (log.lacks, log.lines[-1]) == ("", '{"says": "newest"}')
    assert sum(map(len, log.lines)) <= MOST_BYTES
    assert peak < 2 * MOST_BYTES


def test_a_bundle_says_that_its_log_is_missing() -> None:
    def about(lacks: str) -> object:
        raw = make_bundle(Material({"version": "0.2.0"}, None, {}, {}, {}, None, (), None, lacks))
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            inside = archive.extractfile("support/about.json")
            assert inside is not None
            return json.loads(inside.read())

    assert about("journalctl did not end within 60 s") == {
        "version": "0.2.0",
        "log_lacks": "journalctl did not end within 60 s",
    }
    assert about("") == {"version": "0.2.0", "log_lacks": ""}


def test_a_blank_machine_has_a_bundle_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["support-bundle", "--config", str(tmp_path / "none.toml")]
    assert main([*words, "--out", str(tmp_path)]) == 0
    [file] = tmp_path.glob("tram-xanh-*.tar.gz")
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"check.json" in unpacked(file.read_bytes())
    assert main(words) == 2
    assert main([*words, "--send"]) == 2
    assert main([*words, "--out", str(tmp_path / "no" / "folder.tar.gz")]) == 1


def test_a_simulated_centre_keeps_what_it_is_sent() -> None:
    centre = SimulatedCentral()
    centre.send_support(b"bundle")
    assert centre.bundles == [b"bundle"]
