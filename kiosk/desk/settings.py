"""What the library has chosen, and what somebody at the desk may change of it."""

from __future__ import annotations

from kiosk.desk.recording import Today, Tools
from kiosk.domain.requests import ChangeSettings
from kiosk.domain.settings import AS_SET_UP, BadValue, Setting, all_settings
from kiosk.domain.staff import ByStaff, Role
from kiosk.ports.desk_store import values_of
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import SettingLine
from kiosk.session.effects import ListSettings
from kiosk.session.inputs import SettingsListed


def list_settings(work: UnitOfWork, ask: ListSettings, tools: Tools) -> SettingsListed:
    today = Today.of(work, tools)
    lines = tuple(_lines(work, tools))
    day = today.day if today.is_sure else None
    return SettingsListed(ask.visit, ask.request, lines, tools.clock.monotonic(), day)


def _lines(work: UnitOfWork, tools: Tools) -> list[SettingLine]:
    records = work.settings()
    values = {**tools.set_up, **values_of(records)}
    fixed = {one.name for one in records if one.fixed}
    waiting = {one.name for one in records if one.here is not None}
    lines = []
    for setting in all_settings(work.rules()):
        value = setting.holding(values)
        if value == AS_SET_UP:  # what was chosen cannot be read
            value = tools.set_up.get(setting.name, value)
        lines.append(SettingLine(setting.name, value, setting, setting.name in fixed, setting.name in waiting))
    return lines


def checked(work: UnitOfWork, wish: ChangeSettings, by: ByStaff) -> ChangeSettings | None:
    """As it is written down; None: one of the values may not be chosen here, so that nothing is changed at all."""
    known = {setting.name: setting for setting in all_settings(work.rules())}
    fixed = {one.name for one in work.settings() if one.fixed}
    values: dict[str, str] = {}
    for name, words in wish.values.items():
        setting = known.get(name)
        if setting is None or name in fixed or not _may_change(setting, by.staff.role):
            return None
        try:
            values[name] = _as_written(setting, words)
        except BadValue:
            return None
    return ChangeSettings(values) if values else None


def change_at_once(work: UnitOfWork, wish: ChangeSettings) -> None:
    for name, value in wish.values.items():
        work.put_setting(name, value)


def _as_written(setting: Setting, words: str) -> str:
    return setting.kind.write(setting.kind.read(words))  # type: ignore[arg-type]  # each kind writes what it reads


def _may_change(setting: Setting, role: Role) -> bool:
    return role is Role.MAINTAINER or setting.who is role
