"""A look at `benchmarks.update_kill`, whose figure takes 200 rounds."""

from __future__ import annotations

import pytest

from benchmarks.report import Report
from benchmarks.update_kill import measure


@pytest.mark.slow
@pytest.mark.long
def test_an_update_that_is_killed_leaves_what_runs_and_ends_all_the_same() -> None:
    report = Report("update_kill")
    measure(report, rounds=3, seed=1)
    assert report.figures["update_kill_broken"]["value"] == 0, report.context
    assert report.figures["update_kill_broken_in_place"]["value"] > 0  # the control
