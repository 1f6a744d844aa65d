"""`--system`: what could not be shown is not shown. A plugin of pytest, for the runs that must show everything."""

from collections.abc import Generator
from typing import Any, TypeVar

import pytest

NAMED_SKIPS = ("only SQLite has it", "only PostgreSQL has it", "nobody may mount here")
"""Why a test may be skipped on a machine that has everything: one of two databases has no such part, or nobody lets us
mount a small disk."""
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--system", action="store_true", help="a skip for any reason that is not named is a failure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _without_unnamed_skip((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _without_unnamed_skip((yield), collector.config)


def _without_unnamed_skip(report: Report, config: pytest.Config) -> Report:
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and config.getoption("--system") and not expected_failure:
        why: Any = report.longrepr
        reason = str(why[2]).removeprefix("Skipped: ") if isinstance(why, tuple) else str(why)
        if reason not in NAMED_SKIPS:
            report.outcome = "failed"
            report.longrepr = f"skipped, and the reason is not a named one: {reason}"
    return report
