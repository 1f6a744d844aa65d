"""Every sentence of the pages has its Vietnamese, and no catalogue has one that nobody says."""

import ast
import re
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2 import Environment

from central_server.web import words

WEB = Path(words.__file__).parent


def _in_templates() -> set[str]:
    found = set()
    for path in (WEB / "templates").rglob("*.html"):
        environment = Environment(extensions=["jinja2.ext.i18n"])
        for _line, _function, message in environment.extract_translations(path.read_text()):
            found |= {one for one in (message if isinstance(message, tuple) else (message,)) if one}
    return found


def _in_code() -> set[str]:
    found = set()
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = {"say": 1, "word": 0}.get(node.func.id)
                if at is not None and len(node.args) > at:
                    given = node.args[at]
                    if isinstance(given, ast.Constant):
                        found.add(str(given.value))
                    else:
                        assert node.func.id == "say", f"{path.name}:{node.lineno}: `word` takes a literal"
    return found


def _catalogues() -> dict[str, str]:
    known: dict[str, str] = {}
    for path in (words.LOCALE / "vi" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                one = message.id if isinstance(message.id, str) else message.id[0]
                if one:
                    assert one not in known, f"{path.name}: {one!r} stands in another catalogue already"
                    said = message.string if isinstance(message.string, str) else message.string[0]
                    assert said, f"{path.name}: {one!r} has no Vietnamese"
                    known[one] = said
                    if not isinstance(message.id, str):
                        known[message.id[1]] = said
    return known


def test_every_sentence_has_its_vietnamese_and_every_vietnamese_its_sentence() -> None:
    said, known = _in_templates() | _in_code(), set(_catalogues())
    assert said - known == set(), "not in any catalogue"
    assert known - said == set(), "nobody says it"


def test_both_name_the_same_values() -> None:
    names = re.compile(r"%\((\w+)\)|\{(\w+)\}")
    for english, vietnamese in _catalogues().items():
        if "%(num)" not in english + vietnamese:
            assert set(names.findall(english)) == set(names.findall(vietnamese)), english
