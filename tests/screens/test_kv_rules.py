"""What a .kv file may not do: import our code, reach for the App, translate, say words of its own, or decide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screens.navigator import PageName

SCREENS = Path(__file__).parents[2] / "screens"
KV_FILES = sorted(SCREENS.glob("**/*.kv"))

_OURS = re.compile(r"^\s*#:\s*import\s+\S+\s+(kiosk|screens|devices|local_store|central_link|central_server)\b")
_LITERAL = re.compile(r"""(['"])(.*?)(?<!\\)\1""")
_TOKEN = re.compile(r"[a-z][a-z0-9_-]*")
_SAYS_WORDS = re.compile(r"^\s*(text|title|label|hint|line|lines|greeting|kept|eyebrow|trying|\w*_line)\s*:(.*)$")


def faults_of(kv: str) -> list[str]:
    found = []
    for number, line in enumerate(kv.splitlines(), 1):
        if _OURS.match(line):
            found.append(f"{number}: imports our code")
        if line.lstrip().startswith("#"):
            continue
        bare = _LITERAL.sub("''", line)
        if re.search(r"\bapp\s*\.", bare):
            found.append(f"{number}: reaches for the App")
        if re.search(r"(?<![\w.])_\s*\(", bare):
            found.append(f"{number}: translates")
        if re.search(r"\b(if|else|and|or|not|lambda)\b|[<>=!]=", bare.partition(":")[2]):
            found.append(f"{number}: decides")
        says = _SAYS_WORDS.match(line)
        literals = [text for _, text in _LITERAL.findall(line)]
        if (says and _LITERAL.search(says[2])) or not all(map(_TOKEN.fullmatch, literals)):
            found.append(f"{number}: says words of its own")
    return found


def test_there_are_kv_files_to_look_at() -> None:
    assert {path.stem for path in KV_FILES} == set(PageName)


@pytest.mark.parametrize("path", KV_FILES, ids=lambda path: path.stem)
def test_kv_files_bind_and_format_only(path: Path) -> None:
    assert faults_of(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("kv", "fault"),
    [
        ("#:import states kiosk.session.states", "imports our code"),
        ("#: import theme screens.theme", "imports our code"),
        ("    on_tap: app.touch(self.value)", "reaches for the App"),
        ("    text: _(root.title)", "translates"),
        ("    text: _('Done')", "translates"),
        ("    text: 'Xong'", "says words of its own"),
        ("    title: 'done'", "says words of its own"),
        ('    text: "còn " + root.left', "says words of its own"),
        ("    tooltip: 'Nhấn vào đây'", "says words of its own"),
        ("    opacity: 1 if root.kept else 0", "decides"),
        ("    disabled: root.count == 0", "decides"),
    ],
)
def test_the_rules_refuse_what_they_are_for(kv: str, fault: str) -> None:
    """Negative control of the test above."""
    assert any(found.endswith(fault) for found in faults_of(f"<Page>:\n{kv}\n"))


@pytest.mark.parametrize("kv", ["    text: root.title", "    ink: 'teal'", "    width: root.u * 46", "    # it's fine"])
def test_the_rules_let_bindings_pass(kv: str) -> None:
    assert faults_of(f"<Page>:\n{kv}\n") == []


def test_each_widget_has_a_name_of_its_own() -> None:
    """Kivy finds what a kv names by the class's name alone, and takes the one that was imported first."""
    files = [path for folder in ("widgets", "pages") for path in (SCREENS / folder).rglob("*.py")]
    names = [name for path in files for name in re.findall(r"^class (\w+)\(", path.read_text("utf-8"), re.M)]
    assert len(names) > 40
    assert [name for name in names if names.count(name) > 1] == []
