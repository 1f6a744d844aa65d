"""Words for the view models, compiled here so that a test never reads an older catalogue; and the snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kiosk.i18n import DOMAIN, LOCALE, Translator

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        default=False,
        help="write the snapshots of tests/screens anew; name that folder on the command line",
    )


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Translator]:
    """A translator for every language that has a catalogue."""
    compiled = tmp_path_factory.mktemp("locale")
    found = {}
    for source in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"):
        language = source.parent.parent.name
        folder = compiled / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with source.open("rb") as file, (folder / f"{DOMAIN}.mo").open("wb") as out:
            write_mo(out, read_po(file, locale=language))
        found[language] = Translator(language, compiled)
    return found


@pytest.fixture
def matches_snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if request.config.getoption("--update-snapshots", default=False):
            path.write_text(text, "utf-8")
        assert path.exists(), f"no snapshot {path.name}: pytest tests/screens --update-snapshots, and read it"
        assert text == path.read_text("utf-8")

    return check
