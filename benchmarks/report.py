"""One shape for every benchmark's result: with --json one object, without it a table. Status 1: a goal was missed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Report:
    benchmark: str
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)

    def figure(
        self, name: str, value: float | None, unit: str, goal: float | None = None, better: str = "lower"
    ) -> None:
        """`goal` None: reported for comparison only. `value` None: could not be measured here; the context says why."""
        shown = None if value is None else round(value, 3)
        self.figures[name] = {"value": shown, "unit": unit, "goal": goal, "better": better}

    def show(self, as_json: bool) -> None:
        """The last that a benchmark does: ends the process where a goal was missed."""
        self.context |= machine()
        if as_json:
            print(json.dumps({"benchmark": self.benchmark, "figures": self.figures, "context": self.context}))
        else:
            print(f"\n{self.benchmark}")
            for name, figure in self.figures.items():
                print(f"  {name:<30} {figure['value']!s:>12} {figure['unit']:<8} {_against(figure)}")
            for key, value in self.context.items():
                print(f"  · {key}: {value}")
        if any(map(_is_missed, self.figures.values())):
            sys.exit(1)


def _against(figure: dict[str, Any]) -> str:
    goal, value = figure["goal"], figure["value"]
    if goal is None:
        return ""
    sign = "≤" if figure["better"] == "lower" else "≥"
    if value is None:
        return f"{sign} {goal}  not measured"
    return f"{sign} {goal}  {'MISSED' if _is_missed(figure) else 'met'}"


def _is_missed(figure: dict[str, Any]) -> bool:
    """What could not be measured is not missed."""
    goal, value = figure["goal"], figure["value"]
    if goal is None or value is None:
        return False
    return bool(value > goal if figure["better"] == "lower" else value < goal)


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def options(
    description: str | None, numbers: Mapping[str, tuple[int | None, str]] | None = None, **folders: str
) -> argparse.Namespace:
    """A benchmark's own options: `numbers` with what they are if not given, and `folders`; each with what it is for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and a smaller store: a look, not a figure")
    for name, (usual, purpose) in (numbers or {}).items():
        parser.add_argument(f"--{name}", type=int, metavar="N", default=usual, help=purpose)
    for name, purpose in folders.items():
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=purpose)
    return parser.parse_args()


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
