"""What the pages tell people to type is there: each command, each option, each file and heading that a link names."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from kiosk.i18n import DOMAIN, LOCALE

ROOT = Path(__file__).resolve().parents[1]
NAMED = "README.md docs/*.md docs/handbook/*.md docs/decisions/*.md systemd/README.md tests/*/README.md"
PAGES = sorted(page for named in NAMED.split() for page in ROOT.glob(named))
_FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"(?<![\w./])(?:-m )?(kiosk|provisioning|central_server) ([a-z][a-z-]+)((?: [^#|;]*)?)")
_WORDS_BELOW = re.compile(r"\{[a-z,-]+\} \.\.\.\n")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_SHOWN = re.compile(r"\*\*([^*]+)\*\*")
_OF_CODES = re.compile(r"\| [A-Z]-\d\d")
_LIBRARIAN = ROOT / "docs" / "handbook" / "thu-vien.md"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def typed(text: str) -> list[str]:
    """What stands between marks of code, line by line."""
    fenced = [line for block in _FENCED.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in fenced if "│" not in line] + re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))


@cache
def help_of(module: str, *command: str) -> str | None:
    """None: there is no such command."""
    main = import_module(f"{module}.__main__").main
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr(sys, "argv", [module, *command, "--help"])
        patch.setattr(sys.stdout, "write", said.append)
        with pytest.raises(SystemExit) as ended:
            main()
    return None if ended.value.code else "".join(said)


def wrong_commands(text: str) -> list[str]:
    wrong = []
    for line in typed(text):
        for module, command, rest in _COMMAND.findall(line):
            words = (command,)
            known = help_of(module, *words)
            if known is not None and _WORDS_BELOW.search(known):
                words = (command, *rest.split()[:1])
                known = help_of(module, *words)
            said = " ".join((module, *words))
            if known is None:
                wrong.append(said)
                continue
            options = set(re.findall(r"--[a-z][a-z-]*", known))
            wrong += [f"{said} {option}" for option in _OPTION.findall(rest) if option not in options]
    return wrong


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def wrong_links(page: Path, text: str) -> list[str]:
    wrong = []
    for link in _LINK.findall(_FENCED.sub("", text)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            wrong.append(link)
    return wrong


def of_the_screens_table(page: str) -> list[str]:
    table = page.split("## 5.")[1].split("\n## ")[0]
    return [word for row in table.splitlines() if row[:2] == "| " for word in _SHOWN.findall(row.split("|")[1])]


def unsaid(shown: list[str]) -> list[str]:
    """Of what a handbook says that the screen says."""
    assert len(shown) > 10
    return [word for word in shown if not any(pattern.fullmatch(word) for pattern in _said())]


@cache
def _said() -> list[re.Pattern[str]]:
    """A sentence that is nothing but what is put into it would be like any other."""
    with (LOCALE / "vi" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        said = [text for message in read_po(file) for text in _texts(message.string)]
    own = [text for text in said if re.search(r"[^\W\d]", re.sub(r"\{\w+\}", "", text))]
    return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text))) for text in own]


def _texts(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else string


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert wrong_commands(text) == []
    assert wrong_links(page, text) == []


def test_the_handbooks_say_what_the_screen_says() -> None:
    """In the librarian's, whatever is bold stands on a screen."""
    device = (ROOT / "docs" / "handbook" / "thiet-bi.md").read_text("utf-8")
    assert unsaid(of_the_screens_table(device)) == []
    other = device.replace("**Đang mất mạng.**", "**Chưa có mạng**")
    assert unsaid(of_the_screens_table(other)) == ["Chưa có mạng"]
    library = _LIBRARIAN.read_text("utf-8")
    assert unsaid(_SHOWN.findall(library)) == []
    assert unsaid(_SHOWN.findall(library.replace("**Báo mất thẻ**", "**Mất thẻ, 1 lần**"))) == ["Mất thẻ, 1 lần"]


def codes_of_the_screens() -> set[str]:
    sources = [path for folder in ("kiosk", "screens") for path in (ROOT / folder).rglob("*.py")]
    return {code for path in sources for code in re.findall(r'"([A-Z]-\d\d)"', path.read_text("utf-8"))}


def codes_explained() -> list[str]:
    pages = (_LIBRARIAN.read_text("utf-8"), (ROOT / "docs" / "tram.md").read_text("utf-8"))
    rows = [row for page in pages for row in page.splitlines() if _OF_CODES.match(row)]
    return [code for row in rows for code in re.findall(r"[A-Z]-\d\d", row.split("|")[1])]


def test_each_small_code_has_one_line() -> None:
    said, explained = codes_of_the_screens(), codes_explained()
    assert len(said) > 35
    assert sorted(explained) == sorted(set(explained))
    assert said - set(explained) == {"G-00"}  # nothing is wrong


def test_control_what_is_not_there_is_found() -> None:
    assert wrong_commands("`python -m provisioning enroll --code x`") == ["provisioning enroll"]
    assert wrong_commands("```\n$ python -m kiosk status --jsonn\n```") == ["kiosk status --jsonn"]
    assert wrong_commands("```\n$ python -m kiosk status \\\n   --json  # --no\n```") == []
    assert wrong_commands("`python -m central_server staff ad --card x`") == ["central_server staff ad"]
    assert wrong_commands("`python -m central_server staff add --cards x`") == ["central_server staff add --cards"]
    assert wrong_commands("`python -m central_server settings list`") == []
    page = ROOT / "README.md"
    assert wrong_links(page, "[a](docs/none.md) [b](docs/tram.md#none) [c](docs/tram.md#sao-lưu)") == [
        "docs/none.md",
        "docs/tram.md#none",
    ]
