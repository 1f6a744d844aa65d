"""What a library can set, and what a loan of today comes to."""

from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import changes, lending_rules, settings
from central_server.settings import Days, Number, OneOf
from central_server.web.librarian import at, setting_words
from central_server.web.site import Place, Site, text_of, to


@dataclass(frozen=True, slots=True)
class Line:
    """A setting in the form. `was`: what holds; `value`: that, or what was typed; `words`: of which one is chosen, with
    their names."""

    name: str
    label: str
    hint: str
    was: str
    value: str
    fixed: bool
    words: tuple[tuple[str, str], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together. `is_open`: they are shown at once."""

    name: str
    lines: tuple[Line, ...]
    is_open: bool


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    async def shown(
        request: Request, place: Place, typed: dict[str, str] | None = None, faults: dict[str, str] | None = None
    ) -> Response:
        def read(connection: sa.Connection) -> dict[str, Any]:
            groups = _grouped(place, _lines(connection, place, typed or {}, faults or {}))
            has_calendar = changes.current(connection, place.library, "calendar", place.library) is not None
            due = lending_rules.preview(connection, place.library, at.today())
            return {"groups": groups, "due": due, "has_calendar": has_calendar}

        values = await site.read(read)
        return at.page(site, request, place, "settings.html", {**values, "today": at.today()}, 400 if faults else 200)

    @pages.get("/desk/{library}/settings")
    async def all_of_them(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """Everything that can be set, with what it means."""
        return await shown(request, place)

    @pages.post("/desk/{library}/settings")
    async def changed(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Set what was changed in the form, all of it or nothing. What nobody touched stays, whatever a station has
        set there meanwhile."""
        touched, fixed = _touched(form)

        def write(connection: sa.Connection, _by: str, now_ms: int) -> None:
            known = settings.known(connection, place.library)
            faults = {
                name: setting_words.fault(place.visit, known[name])
                for name, value in touched.items()
                if name in known and settings.fault_of(connection, place.library, name, value)
            }
            if faults:
                raise _Unfit(faults)
            have = settings.read(connection, place.library)
            lines = {one.name: one for one in _lines(connection, place, {}, {})}
            for name in (one for one in known if one in touched or one in fixed):
                value = touched.get(name, lines[name].value)
                is_fixed = fixed.get(name, lines[name].fixed)
                if name not in touched and not is_fixed:
                    if name in have:
                        settings.unfix(connection, place.library, name)
                elif value:
                    settings.put(connection, place.library, {name: value}, now_ms=now_ms, fixed=is_fixed)

        try:
            await at.act(site, place, "settings_changed", " ".join(sorted({*touched, *fixed}))[:200], write)
        except _Unfit as unfit:
            return await shown(request, place, touched, unfit.faults)
        return to(f"/desk/{place.library}/settings?done=set")


class _Unfit(Exception):
    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults = faults


def _touched(form: FormData) -> tuple[dict[str, str], dict[str, bool]]:
    """The values that are not as the form had them, and the ticks."""
    values, fixed = {}, {}
    for key in form:
        if key.startswith("was:"):
            name = key.removeprefix("was:")
            value = text_of(form, f"value:{name}", 4_000)
            if value != text_of(form, key, 4_000):
                values[name] = value
            tick = text_of(form, f"fixed:{name}") == "on"
            if tick != (text_of(form, f"wasfixed:{name}") == "on"):
                fixed[name] = tick
    return values, fixed


def _lines(connection: sa.Connection, place: Place, typed: dict[str, str], faults: dict[str, str]) -> list[Line]:
    known, have = settings.known(connection, place.library), settings.read(connection, place.library)
    rules = settings.in_force(connection, place.library)
    lines = []
    for name, what in known.items():
        own = have[name].value if name in have else None
        value = rules.get(name, "") if own is None else own
        label, hint = setting_words.of(place.visit, name, what)
        match what:
            case OneOf():
                # Until somebody chooses, each station does as it was made to.
                words = tuple((one, setting_words.choice(place.visit, name, one)) for one in what.words)
                words = words if value else (("", "–"), *words)
            case Number() | Days():
                words = ()
        is_fixed = name in have and have[name].fixed
        lines.append(Line(name, label, hint, value, typed.get(name, value), is_fixed, words, faults.get(name, "")))
    return lines


def _grouped(place: Place, lines: list[Line]) -> list[Group]:
    """By the kind of reader whom they are about; then those of the stations."""
    grouped: dict[str, list[Line]] = {}
    for one in lines:
        parts = one.name.split(".")
        grouped.setdefault(parts[1] if parts[0] in ("limits", "policy") else "", []).append(one)
    return [
        Group(
            setting_words.group(place.visit, category),
            tuple(them),
            any(one.fault for one in them) or len(grouped) == 1,
        )
        for category, them in grouped.items()
    ]
