"""What a notice says, before the lines that every notice has (what is kept, the code for staff)."""

from __future__ import annotations

from dataclasses import dataclass

from screens.view_models.views import Key


@dataclass(frozen=True, slots=True)
class Message:
    art: str
    eyebrow: str
    eyebrow_icon: str
    title: str
    lines: tuple[str, ...]
    left: Key | None
    main: Key


def strong(line: str) -> str:
    return f"**{line}**"
