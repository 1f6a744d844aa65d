"""station.toml beneath kiosk.toml: whose station a machine is."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config import Blank, BlankConfig, ConfigError, KioskConfig, check_station, load, load_any
from kiosk.ports.station_file import NAME, read_station, write_station
from kiosk.ports.tables import TableError

TABLES: dict[str, Any] = {
    "station": {"library": "hoa-sen", "device": "tram-1", "place": 'Trường "Hoa Sen" \\ 1', "brand": "Trạm Xanh"},
    "codes": {
        "item_example": "TK.00123",
        "card": [{"pattern": r"[A-Z]{2}\d{6}"}],
        "item": [{"prefix": "TK.", "length": [8, 8], "strip": ["spaces"]}, {"pattern": r"SGK\.\d{5}"}],
    },
    "central": {"kind": "native_rest", "url": "https://thu-vien.example.vn", "ca_file": "authority.pem"},
}
MACHINE = '[station]\ndata = "data"\n[[scanner]]\nkind = "lines"\n'


def machine(folder: Path, text: str = MACHINE) -> Path:
    path = folder / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_machine_without_a_library_is_blank(tmp_path: Path) -> None:
    path = machine(tmp_path)
    assert isinstance(load_any(path), BlankConfig)
    with pytest.raises(Blank, match=r"station\.library"):
        load(path)
    with pytest.raises(ConfigError, match="unknown key"):
        load_any(machine(tmp_path, MACHINE.replace("data =", "dada =")))


def test_becomes_a_station_by_the_file_that_its_enrolment_writes(tmp_path: Path) -> None:
    path = machine(tmp_path)
    write_station(tmp_path / "data", TABLES)
    assert stat.S_IMODE((tmp_path / "data" / NAME).stat().st_mode) == 0o600
    config = load(path)
    assert (config.station.library, config.station.device) == ("hoa-sen", "tram-1")
    assert config.station.place == 'Trường "Hoa Sen" \\ 1'
    assert config.central["ca_file"] == str(tmp_path / "data" / "authority.pem")  # beside station.toml
    assert config.codes.formats().items[0].left_of("TK.00123") == "TK.00123"


def test_what_stands_in_kiosk_toml_counts_first(tmp_path: Path) -> None:
    write_station(tmp_path / "data", TABLES)
    more = MACHINE.replace('data = "data"', 'data = "data"\nplace = "Góc đọc"') + "[central]\nread_timeout_s = 9.0\n"
    config = load(machine(tmp_path, more))
    assert (config.station.library, config.station.place) == ("hoa-sen", "Góc đọc")
    assert config.central["read_timeout_s"] == 9.0
    assert config.central["url"] == "https://thu-vien.example.vn"


def test_a_file_written_by_hand_needs_no_other(tmp_path: Path) -> None:
    whole = MACHINE.replace("[station]", '[station]\nlibrary = "x"\ndevice = "y"')
    whole += '[codes]\ncard = "H"\nitem = "T"\n[central]\nkind = "simulated"\n'
    assert isinstance(load_any(machine(tmp_path, whole)), KioskConfig)


@pytest.mark.parametrize(
    "text", ["[station", '[screen]\nfullscreen = true\n[station]\nlibrary = "x"', 'station = "hoa-sen"', "\xff"]
)
def test_a_spoilt_one_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"data/station\.toml"):
        load_any(machine(tmp_path))


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a link", "a large file"])
def test_whoever_reads_it_waits_for_nothing_and_follows_nothing(tmp_path: Path, kind: str) -> None:
    """Root does, at each update, in a folder that is the station's own. In a process of its own: it may hang."""
    path = tmp_path / NAME
    if kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a link":
        write_station(tmp_path / "other", TABLES)
        path.symlink_to(tmp_path / "other" / NAME)
    else:
        path.write_bytes(b"#" * (2 << 20))  # good TOML, but for that
    words = "import sys; from pathlib import Path; from kiosk.ports.station_file import read_station"
    words += "\ntry: read_station(Path(sys.argv[1]))\nexcept (OSError, ValueError): sys.exit(3)"
    assert subprocess.run([sys.executable, "-c", words, str(tmp_path)], timeout=20, check=False).returncode == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"codes": {}}, "codes"),
        ({"codes": {**TABLES["codes"], "card": [{"pattern": "H("}]}}, "not a pattern"),
        ({"codes": {**TABLES["codes"], "colour": "red"}}, "unknown key"),
        ({"station": {**TABLES["station"], "data": "/etc"}}, ""),
        ({"station": {**TABLES["station"], "shell": "sh"}}, "unknown key"),
    ],
)
def test_a_station_that_could_not_live_by_it_never_writes_it(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    blank = load_any(machine(tmp_path))
    assert isinstance(blank, BlankConfig)
    check_station(TABLES, blank)
    if says:
        with pytest.raises(TableError, match=says):
            check_station(TABLES | change, blank)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_values = _texts | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.lists(st.integers(0, 64), max_size=3)
_keys = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
_flat = st.dictionaries(_keys, _values | st.lists(_texts, max_size=3), max_size=4)


@given(
    st.fixed_dictionaries(
        {"station": _flat, "codes": _flat | st.fixed_dictionaries({"card": st.lists(_flat, min_size=1, max_size=3)})}
    )
)
def test_what_is_written_is_read_or_nothing_is_written(
    tmp_path_factory: pytest.TempPathFactory, tables: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("station")
    try:
        write_station(folder, tables)
    except ValueError:  # what TOML has no words for, as a DEL
        assert not (folder / NAME).exists()
    else:
        assert read_station(folder) == tables


_WRITES_FOR_EVER = """
import sys
from pathlib import Path
from kiosk.ports.station_file import write_station
number = 0
while True:
    number += 1
    write_station(Path(sys.argv[1]), {"station": {"library": f"{number:09}" * 2000, "device": str(number)}})
    print(number, flush=True)
"""


def test_killed_while_it_is_written_there_is_a_whole_one(tmp_path: Path) -> None:
    for _ in range(10):
        words = [sys.executable, "-c", _WRITES_FOR_EVER, str(tmp_path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writing:
            assert writing.stdout is not None
            assert writing.stdout.readline()
            os.kill(writing.pid, signal.SIGKILL)
        station = read_station(tmp_path)["station"]
        assert station["library"] == f"{int(station['device']):09}" * 2000
