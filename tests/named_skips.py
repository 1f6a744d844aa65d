"""`--system`: what could not be shown is not shown, nor is what is known to fail. A plugin of pytest, for the runs that
must show everything."""

from collections import Counter
from collections.abc import Generator
from typing import Any, TypeVar

import pytest

NAMED_SKIPS = (
    "only SQLite has it",
    "only PostgreSQL has it",
    "nobody may mount here",
    "evdev is an extra that has no wheel",
)
"""Why a test may be skipped on a machine that has everything: one of two databases has no such part, nobody lets us
mount a small disk, not even as root of a namespace of our own, or a package is not among those of requirements.lock.
docs/reliability.md names them too."""
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--system", action="store_true", help="a skip for any reason that is not named, and an xfail, is a failure"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _without_unnamed_skip((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _without_unnamed_skip((yield), collector.config)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--system"):
        reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
        for reason, tests in sorted(reasons.items()):
            terminalreporter.write_line(f"not shown here, for {reason}: {tests}")


def _without_unnamed_skip(report: Report, config: pytest.Config) -> Report:
    if not config.getoption("--system"):
        return report
    if hasattr(report, "wasxfail"):  # a bug that is known is a promise that is not kept
        report.longrepr = f"marked to fail, and it {report.outcome}: {report.wasxfail or 'no reason is given'}"
        report.outcome = "failed"
        del report.wasxfail
    elif report.skipped and (reason := _reason(report)) not in NAMED_SKIPS:
        report.outcome = "failed"
        report.longrepr = f"skipped, and the reason is not a named one: {reason}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    why: Any = report.longrepr
    return str(why[2]).removeprefix("Skipped: ") if isinstance(why, tuple) else str(why)
