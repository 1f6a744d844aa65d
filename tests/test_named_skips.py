"""The run that must show everything fails where something was not shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = {
    "unnamed": "def test_it():\n    pytest.skip('no hardware here')",
    "marked": "@pytest.mark.skip(reason='later')\ndef test_it():\n    pass",
    "module": "pytest.importorskip('no_such_module')",
    "named": "def test_it():\n    pytest.skip('only SQLite has it')",
    "known_bug": "@pytest.mark.xfail\ndef test_it():\n    assert False",
    "bug_found": "def test_it():\n    pytest.xfail('later')",
    "once_a_bug": "@pytest.mark.xfail(reason='it was one')\ndef test_it():\n    pass",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "fail"), [(["--system"], set(TESTS) - {"named"}), ([], set())], ids=["system", "otherwise"]
)
def test_fails_for_a_skip_that_is_not_named_and_for_a_known_bug(
    tmp_path: Path, options: list[str], fail: set[str]
) -> None:
    for name, text in TESTS.items():
        (tmp_path / f"test_{name}.py").write_text(f"import pytest\n{text}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.named_skips", "-rfE", "--continue-on-collection-errors"]
    plain = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run([*command, str(tmp_path), *options], capture_output=True, text=True, timeout=60, env=plain)
    summary = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR "))]
    assert {name for name in TESTS if any(f"test_{name}.py" in line for line in summary)} == fail, done.stdout
    assert bool(done.returncode) == bool(fail)
    assert ("not shown here, for only SQLite has it: 1" in done.stdout) == bool(options)
