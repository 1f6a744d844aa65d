"""All pages that somebody can reach: by links, and by forms that only ask."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page

# Links, and what each form that only ask would ask for as it stands, with a word in its first empty field.
_LEADS = """() => [
    ...[...document.querySelectorAll("a[href]")].map((link) => link.href),
    ...[...document.querySelectorAll("form:not([method=post])")].map((form) => {
        const asked = new URLSearchParams(new FormData(form)), to = new URL(form.action);
        const empty = [...asked].find(([, value]) => value === "");
        if (empty) asked.set(empty[0], "an");
        to.search = asked;
        return to.href;
    }),
]"""
# What a path is about, rather than where it leads: a code, a number, a name.
_NAMES_SOMETHING = re.compile(r"[^a-z_-]")
_NOT_FOLLOWED = ("/language/", "/static/")


@dataclass(frozen=True, slots=True)
class Shown:
    """`path`: with its query. `is_page` false: a file, which is not shown."""

    path: str
    status: int
    is_page: bool


def walk(page: Page, origin: str, start: str = "/", *, most: int = 80, asked: int = 3) -> Iterator[Shown]:
    """Show in `page` what can be reached from `start`, the nearest first: at most `most` things, of those that differ
    only in what they are about one, and of those that differ only in what is asked at most `asked`: a page of figures
    can be asked in a hundred ways, and is one page. Go on when it was looked at."""
    waiting, known = deque([start]), {start}
    of_kind: Counter[str] = Counter()
    of_path: Counter[str] = Counter()
    while waiting and most:
        path = waiting.popleft()
        if of_kind[kind_of(path)] or of_path[_place(path)] >= asked:
            continue
        answer = page.context.request.get(origin + path)
        really = _path_of(answer.url)
        for kind in {kind_of(path), kind_of(really)}:
            of_kind[kind] += 1
        if of_kind[kind_of(really)] > 1:
            continue  # it leads where somebody was
        of_path[_place(path)] += 1
        most -= 1
        if not answer.headers.get("content-type", "").startswith("text/html"):
            yield Shown(really, answer.status, False)
            continue
        page.goto(origin + path)
        yield Shown(really, answer.status, True)
        for address in page.evaluate(_LEADS):
            found = _path_of(address)
            if address.startswith(origin + "/") and found not in known and not found.startswith(_NOT_FOLLOWED):
                known.add(found)
                waiting.append(found)


def kind_of(path: str) -> str:
    """What all pages of one kind have in common: `/desk/*/titles/*?page` of every title of every library."""
    where, _, query = path.partition("?")
    # The second part of a path is always somebody's: a library, an organisation.
    parts = ["*" if number == 2 or _NAMES_SOMETHING.search(one) else one for number, one in enumerate(where.split("/"))]
    names = sorted(pair.partition("=")[0] for pair in query.split("&") if pair)
    return "/".join(parts) + (f"?{'&'.join(names)}" if names else "")


def _place(path: str) -> str:
    return kind_of(path).partition("?")[0]


def _path_of(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
