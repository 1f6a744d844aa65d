"""docs/security.md: what it names is there, and the units are no more exposed than it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "system" / "tram-xanh-root@.service"
PAGE = ROOT / "docs" / "security.md"


def exposure(unit: Path) -> float:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    return float(found[1])


@pytest.mark.parametrize("unit", sorted(UNIT.parent.glob("*.service")), ids=lambda unit: unit.name)
def test_is_exposed_no_more_than_the_page_says(unit: Path) -> None:
    row = re.search(rf"^\| `{re.escape(unit.name)}` \| ([0-9.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row
    assert exposure(unit) <= float(row[1]) <= 1.5


def test_control_a_plain_unit_is_exposed(tmp_path: Path) -> None:
    plain = tmp_path / UNIT.name
    plain.write_text("[Service]\nExecStart=/usr/bin/python3 -I -S /opt/tram-xanh/chooser/root_helper.py\n")
    assert exposure(plain) > 9


def test_dumps_no_memory_and_is_the_stations_alone() -> None:
    assert "LimitCORE=0" in UNIT.read_text().split()
    socket = UNIT.with_name("tram-xanh-root.socket").read_text().split()
    assert {"SocketUser=root", "SocketGroup=tram-xanh", "SocketMode=0660", "Accept=yes"} <= set(socket)


def missing(page: str) -> list[str]:
    """Of the tests that the page names."""
    named = set(re.findall(r"`([a-z_]+/[^`]+\.py)`", page))
    assert len(named) > 25
    return [name for name in sorted(named) if not (ROOT / "tests" / name).is_file()]


def incomplete(page: str) -> list[str]:
    """Threats without an answer, or without a test."""
    table = page.split("## Threats")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] == "| "]
    assert len(rows) > 26
    return [row[0] for row in rows[1:] if len(row) != 4 or not (row[0] and row[1] and ".py`" in row[2])]


def test_every_test_that_the_page_names_is_there() -> None:
    assert missing(PAGE.read_text(encoding="utf-8")) == []


def test_every_threat_has_an_answer_and_a_test() -> None:
    assert incomplete(PAGE.read_text(encoding="utf-8")) == []


def test_control_a_wrong_name_and_a_threat_without_a_test_are_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert missing(page.replace("`faults/test_killed.py`", "`faults/test_Kiled.py`")) == ["faults/test_Kiled.py"]
    assert missing(page.replace("`faults/test_killed.py`", "`fault/test_killed.py`")) == ["fault/test_killed.py"]
    without = re.sub(r"(\| Logs \| [^|]+\|)[^|]+\|", r"\1 |", page)
    assert incomplete(without) == ["Logs"]
