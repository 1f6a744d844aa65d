"""A small part of benchmarks.kill: what beeped is at the station and at the centre, once, whoever is killed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.kill import play

pytestmark = pytest.mark.slow(40)

BEEPS_TOO_EARLY = """
import sys
from benchmarks import headless
from local_store.prepared import Database

begin, commit, units = Database.begin, Database.commit, 0

def begin_once(self):
    if not self._connection.in_transaction:
        begin(self)

def commit_later(self):
    global units
    units += 1
    if units % 8 == 0:
        commit(self)

Database.in_transaction = property(lambda self: False)
Database.begin, Database.commit, Database.roll_back = begin_once, commit_later, lambda self: None
headless.main()
"""


def test_has_what_beeped_once_wherever_station_and_server_are_killed(tmp_path: Path) -> None:
    outcome = play(tmp_path, rounds=12, seed=1, window_every=5)
    assert (outcome.lost, outcome.double) == (0, 0)
    assert outcome.beeps > 12


def test_control_a_station_that_beeps_before_the_commit_loses_loans(tmp_path: Path) -> None:
    outcome = play(tmp_path, rounds=8, seed=2, program=(sys.executable, "-c", BEEPS_TOO_EARLY), window_every=0)
    assert outcome.lost > 0
