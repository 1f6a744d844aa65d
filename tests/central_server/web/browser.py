"""A browser without JavaScript, by real HTTP: it keeps cookies, follows links and sends the forms that a page has."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: bool = False


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._select = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag == "a" and "href" in has:
            self.links.append(has["href"])
        elif tag == "form":
            self.forms.append(
                Form(has.get("method", "get"), has.get("action", ""), files=has.get("enctype") == "multipart/form-data")
            )
        elif tag == "input" and self.forms and "name" in has:
            ticks = has.get("type") in ("checkbox", "radio")
            if has.get("type") != "file" and (not ticks or "checked" in has):
                self.forms[-1].fields[has["name"]] = has.get("value", "on" if ticks else "")
        elif tag == "textarea" and self.forms:
            self.forms[-1].fields[has["name"]] = ""
        elif tag == "select" and self.forms:
            self._select = has["name"]
        elif tag == "option" and self.forms and self._select:
            chosen = self.forms[-1].fields
            if "selected" in has or self._select not in chosen:
                chosen[self._select] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag in ("style", "script"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.words.append(data.strip())


class Browser:
    """`page` is the last answer; `text` its words, `forms` and `links` what it has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.page = requests.Response()

    def go(self, path: str) -> int:
        """Look at a page; answers the status of what is shown in the end."""
        return self._seen(self.session.get(urljoin(self.url, path), timeout=30))

    def send(self, action: str, files: dict[str, tuple[str, bytes]] | None = None, **fields: str) -> int:
        """Fill in the page's form for `action` and send it, as it stands but for `fields`."""
        form = next(one for one in self.forms if urlsplit(one.action).path == action)
        unknown = set(fields) - set(form.fields)
        assert not unknown, f"the form has no {unknown}"
        data, to = form.fields | fields, urljoin(self.page.url, form.action)
        if form.method == "get":
            return self._seen(self.session.get(to, params=data, timeout=30))
        return self._seen(self.session.post(to, data=data, files=files, timeout=60))

    def post(self, path: str, headers: dict[str, str] | None = None, **data: str) -> int:
        """Send what no form of ours is, without following where it leads."""
        to = urljoin(self.url, path)
        return self._seen(self.session.post(to, data=data, headers=headers, timeout=30, allow_redirects=False))

    def enter(self, login: str, password: str, then: str = "/") -> int:
        """Sign in as a person."""
        self.go(f"/enter?then={then}")
        return self.send("/enter", login=login, password=password)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def text(self) -> str:
        return " ".join(self._parsed.words)

    @property
    def forms(self) -> list[Form]:
        return self._parsed.forms

    @property
    def links(self) -> list[str]:
        return self._parsed.links

    @property
    def _parsed(self) -> _Page:
        page = _Page()
        page.feed(self.page.text)
        return page

    def _seen(self, page: requests.Response) -> int:
        self.page = page
        return page.status_code
