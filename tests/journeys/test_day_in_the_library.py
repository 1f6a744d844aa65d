"""The demo's day, played through the real programs, and what its comparison would catch."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo.compare import differences

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow(100)
def test_plays_a_day_and_both_ledgers_agree(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "demo", "--headless", "--out", str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["check_outs"], summary["check_ins"], summary["renewals"]) == (10, 7, 2)
    assert summary["central_operations"] == 19
    assert summary["offline_operations"] == 3
    assert (summary["pending"], summary["duplicates"]) == (0, 0)
    assert summary["disputes"] == 1, "the book that no catalogue knows waits for a person"
    assert summary["refusals"] >= 10
    for page in ("home", "borrow", "give_back", "finish", "attention", "resting"):
        for language in ("vi", "en"):
            assert (out / f"{page}-{language}.png").stat().st_size > 5_000
    for page in ("home", "borrow", "give_back", "my_books", "finish"):
        assert (out / "by-hand" / f"{page}-vi.png").stat().st_size > 5_000
    assert set(summary["status"]["running"]["devices"].values()) == {"ready"}


LEDGER = {
    "operations": [
        {
            "device": "tram-1",
            "epoch": "e",
            "seq": n,
            "hash": f"h{n}",
            "kind": "check_out",
            "barcode": "TK.1",
            "loans": [],
            "state": "settled",  # as the station says it
            "verdict": "accepted",  # as the centre does
        }
        for n in (1, 2)
    ],
    "loans": [{"id": "l", "item_barcode": "TK.1", "patron": "p", "due_on": "2026-12-07", "renewals": 0, "open": True}],
}


def test_finds_no_difference_between_equal_ledgers() -> None:
    assert differences(LEDGER, copy.deepcopy(LEDGER), "tram-1") == []


PRUNED = LEDGER | {
    "operations": LEDGER["operations"][1:],
    "pruned": [{"first": 1, "last": 1, "epoch": "e", "seq": 1, "hash": "h1"}],
    "loans": [LEDGER["loans"][0] | {"open": False, "patron": None}],
}


def test_finds_no_difference_in_what_housekeeping_pruned() -> None:
    centre = copy.deepcopy(LEDGER)
    centre["loans"][0]["open"] = False
    assert differences(PRUNED, centre, "tram-1") == []
    assert differences(PRUNED | {"loans": []}, centre, "tram-1") == []


def test_finds_that_more_is_missing_or_other_than_was_pruned() -> None:
    centre = copy.deepcopy(LEDGER)
    centre["loans"][0]["open"] = False
    assert differences(PRUNED | {"operations": []}, centre, "tram-1") != []
    centre["operations"][0]["hash"] = "other"
    assert differences(PRUNED, centre, "tram-1") == ["operation ('e', 1): pruned here with another hash"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ledger: ledger["operations"].pop(),
        lambda ledger: ledger["operations"].append(dict(ledger["operations"][0])),
        lambda ledger: ledger["operations"].append(dict(ledger["operations"][0], seq=3)),
        lambda ledger: ledger["operations"][0].update(hash="other"),
        lambda ledger: ledger["operations"][0].update(barcode="TK.2"),
        lambda ledger: ledger["operations"][0].update(verdict="disputed"),
        lambda ledger: ledger["loans"].clear(),
        lambda ledger: ledger["loans"][0].update(open=False),
        lambda ledger: ledger["loans"][0].update(due_on="2026-12-08"),
        lambda ledger: ledger["loans"][0].update(patron="q"),
    ],
)
def test_finds_each_difference(spoil: object) -> None:
    centre = copy.deepcopy(LEDGER)
    spoil(centre)  # type: ignore[operator]
    assert differences(LEDGER, centre, "tram-1") != []
