"""What only a real browser shows: pages in Chromium, held against rules that all of them keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from gallery.site.chromium import DESKTOP, PHONE

SIZES = {"phone": PHONE, "desktop": DESKTOP}
_SERIOUS = ("serious", "critical")
# Without what axe would fetch once more for rules that nobody asks for.
_LOOK = "() => axe.run({resultTypes: ['violations'], preload: false}).then((found) => found.violations)"
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Printing is the one thing that only a script can do; a secret field is no field of anybody's.
_OFFERS = """() => [...document.querySelectorAll(
    "h1, h2, h3, main form [name]:not([type=hidden]), button, summary, main a[href], nav a[href]"
)].filter((one) => !one.matches("[data-print]") && one.checkVisibility()).map((one) => [
    one.tagName, one.form?.getAttribute("action"), one.name, one.getAttribute("href"),
    one.matches("select, textarea") ? "" : one.textContent.trim(),
].join("|"))"""


@dataclass
class Seat:
    """Somebody before a browser of their own, without anybody's cookies. `said`: what the browser complained of: errors
    of scripts, what the page's own rules forbid, what was not there."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Look at a page."""
        self.page.goto(self.url + path)

    def enter(self, login: str, password: str) -> None:
        """Sign in as a person, by the form."""
        self.go("/enter")
        self.fill(login=login, password=password)
        self.send("/enter")

    def enter_as_reader(self, library: str, card: str, pin: str) -> None:
        """Sign in as a reader with a PIN of their own, by the form."""
        self.go(f"/l/{library}/enter")
        self.fill(card=card, pin=pin)
        self.send(f"/l/{library}/enter")

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").fill(value)

    def send(self, action: str) -> None:
        """Press the button of the form for `action`, and wait for what comes."""
        with self.page.expect_navigation():
            self.page.locator(f"form[action='{action}'] button").first.click()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()


@contextmanager
def seat(
    browser: Browser, url: str, size: ViewportSize = PHONE, *, language: str = "vi", scripts: bool = True
) -> Iterator[Seat]:
    """A new one. `scripts` false: without JavaScript."""
    context = browser.new_context(viewport=size, java_script_enabled=scripts, locale=language)
    context.add_cookies([{"name": "lang", "value": language, "url": url}])
    context.set_default_timeout(30_000)
    taken = Seat(context.new_page(), url)

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            taken.said.append(message.text)

    taken.page.on("console", heard)
    taken.page.on("pageerror", lambda error: taken.said.append(str(error)))
    try:
        yield taken
    finally:
        context.close()


def axe(page: Page) -> list[str]:
    """Where people who see, hear or move otherwise are shut out, as far as a program finds it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{one['id']} ({one['impact']}): {'; '.join(' '.join(map(str, node['target'])) for node in one['nodes'][:5])}"
        for one in page.evaluate(_LOOK)
        if one["impact"] in _SERIOUS
    ]


def too_wide(page: Page) -> list[str]:
    """Whether somebody has to scroll sideways."""
    more = page.evaluate(_TOO_WIDE)
    return [f"is {more} px wider than the screen"] if more > 0 else []


def faults_in_every_size(page: Page) -> list[str]:
    """What is wrong with the page that is shown, in each size."""
    found = []
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        found += [f"{name}: {one}" for one in too_wide(page) + axe(page)]
    return found


def what_it_offers(page: Page) -> set[str]:
    """What somebody sees who has to do something here: headings, forms' fields, buttons, links."""
    return set(page.evaluate(_OFFERS))
