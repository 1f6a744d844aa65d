"""Makes docs/screens/centre anew: the last step of script/screens. Takes a minute or two."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from demo.school import LIBRARY
from gallery.site.book import Pictured, write_index, write_sheets
from gallery.site.chromium import DESKTOP, HOW_TO_GET_IT, PHONE, PROGRAM, running
from gallery.site.scenes import SCENES, enter_as_reader, prepare
from gallery.site.school import PASSWORD, School, school
from gallery.site.walk import kind_of, walk

LANGUAGES = ("vi", "en")
VISITOR = "visitor"
READER = "reader"
_MOST = 60
_ASKED = 1
_LONGEST = 1_300
# Pages that only a form leads to, by the kind of page that has it: what is typed there.
_SENT = {"/stations/*/new": {"device": "tram-3", "wifi": "Hoa Sen", "wifi_password": "mat khau 1"}}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gallery.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens/centre"), metavar="DIR")
    parser.add_argument("--raw", type=Path, metavar="DIR", help="keep every single picture here")
    parser.add_argument("--only", nargs="*", metavar="ROLE", help="only these people's; the index stays as it is")
    options = parser.parse_args()
    if PROGRAM is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 1
    found: dict[str, list[Pictured]] = {}
    with tempfile.TemporaryDirectory() as scratch, school(Path(scratch)) as here, running() as browser:
        _prepare(browser, here)
        shown: dict[str, set[str]] = {language: set() for language in LANGUAGES}
        for role in options.only or (VISITOR, READER, *here.logins):
            for language in LANGUAGES:
                found[role] = list(_pictures(browser, here, role, language, shown[language]))
                if options.raw:
                    _keep(options.raw / f"{role}-{language}", found[role])
                write_sheets(found[role], options.out, f"{role}-{language}")
            print(f"{role}: {len(found[role])} pages", flush=True)
    if not options.only:
        write_index(found, LANGUAGES, options.out)
    return 0


def _prepare(browser: Browser, here: School) -> None:
    with browser.new_context(viewport=DESKTOP) as ones, browser.new_context(viewport=DESKTOP) as anothers:
        librarian = ones.new_page()
        _enter(librarian, here, "librarian")
        # It asks before a PIN is given anew.
        librarian.on("dialog", lambda dialog: dialog.accept())
        prepare(librarian, anothers.new_page(), here)


def _pictures(browser: Browser, here: School, role: str, language: str, known: set[str]) -> Iterator[Pictured]:
    """But for those of a kind that is `known`: others have seen them."""
    context = browser.new_context(viewport=DESKTOP, locale=language)
    context.add_cookies([{"name": "lang", "value": language, "url": here.url}])
    page = context.new_page()
    if role == READER:
        enter_as_reader(page, here)
    elif role != VISITOR:
        _enter(page, here, role)
    start = f"/l/{LIBRARY}/" if role in (VISITOR, READER) else "/"
    for shown in walk(page, here.url, start, most=_MOST, asked=_ASKED):
        kind = kind_of(shown.path)
        if shown.is_page and shown.status == 200 and (kind == "/" or kind not in known):
            known.add(kind)
            yield _picture(page, shown.path)
            if typed := _SENT.get(kind):
                for name, value in typed.items():
                    page.locator(f"main [name={name}]").fill(value)
                page.locator("main form button.primary").click()
                yield _picture(page, shown.path)
                page.goto(here.url + shown.path)
    for scene in SCENES.get(role, ()):
        for name in scene(page, here):
            yield _picture(page, name)
    context.close()


def _picture(page: Page, path: str) -> Pictured:
    taken = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(_LONGEST, _height(page, size["height"]))}
        taken.append(page.screenshot(full_page=True, clip=clip))  # type: ignore[arg-type]
    page.set_viewport_size(DESKTOP)
    return Pictured(path, *taken)


def _height(page: Page, least: int) -> int:
    return max(least, int(page.evaluate("() => document.documentElement.scrollHeight")))


def _enter(page: Page, here: School, role: str) -> None:
    """The first time they choose a password of their own."""
    first = here.first.pop(role, None)
    page.goto(f"{here.url}/enter")
    page.locator("main [name=login]").fill(here.logins[role])
    page.locator("main [name=password]").fill(first or PASSWORD)
    page.locator("main button").click()
    if first:
        page.locator("main [name=old]").fill(first)
        page.locator("main [name=new]").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url("**done=password")


def _keep(folder: Path, pages: list[Pictured]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        (folder / f"{number:02}-desk.png").write_bytes(page.desk)
        (folder / f"{number:02}-phone.png").write_bytes(page.phone)


if __name__ == "__main__":
    sys.exit(main())
