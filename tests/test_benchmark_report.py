"""A benchmark that misses a goal says so by its status, too."""

from __future__ import annotations

import json

import pytest

from benchmarks.report import Report


def report(value: float | None, goal: float | None, better: str = "lower") -> Report:
    made = Report("of_a_test")
    made.figure("it", value, "ms", goal, better)
    return made


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(("value", "goal", "better"), [(2, 1, "lower"), (0.5, 1, "higher"), (1, 0, "lower")])
def test_ends_with_status_1_when_a_goal_is_missed(
    capsys: pytest.CaptureFixture[str], as_json: bool, value: float, goal: float, better: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        report(value, goal, better).show(as_json)
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert json.loads(said)["figures"]["it"]["value"] == value if as_json else "MISSED" in said


@pytest.mark.parametrize(
    ("value", "goal", "better"),
    [(1, 1, "lower"), (1, 1, "higher"), (0, 0, "lower"), (None, 1, "lower"), (None, 1, "higher"), (9, None, "lower")],
)
def test_ends_well_when_none_is(
    capsys: pytest.CaptureFixture[str], value: float | None, goal: float | None, better: str
) -> None:
    report(value, goal, better).show(as_json=False)
    assert "MISSED" not in capsys.readouterr().out
