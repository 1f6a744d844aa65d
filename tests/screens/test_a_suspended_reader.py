"""Whoever is blocked or suspended can be lent to again by one key at the desk; to all others it can be paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from gallery.desk import READER, at_desk
from gallery.samples import PLACE, RULES
from kiosk.domain.blocks import Block, OverdueLoans, PatronBlocked, Suspended
from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, AtReader
from screens.view_models import present
from screens.view_models.views import DeskListView

SUSPENDED = Suspended(date(2026, 12, 12))


@pytest.mark.parametrize(
    ("blocks", "act"),
    [
        ((), Act.BLOCK),
        ((OverdueLoans(1),), Act.BLOCK),
        ((SUSPENDED,), Act.UNBLOCK),
        ((PatronBlocked(),), Act.UNBLOCK),
        ((PatronBlocked(), SUSPENDED), Act.UNBLOCK),
    ],
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_key_says_what_can_be_done(
    words: Mapping[str, Translator], language: str, blocks: tuple[Block, ...], act: Act
) -> None:
    reader = replace(READER, blocks=blocks, blocked=PatronBlocked() in blocks)
    view = present(at_desk(AtReader(reader)), RULES, PLACE, words[language]).page
    assert isinstance(view, DeskListView)
    assert view.detail is not None
    assert [key.act for key in view.detail.keys if key.act in (Act.BLOCK, Act.UNBLOCK)] == [act]
    if SUSPENDED in blocks:
        assert any("12/12/2026" in line for line in view.detail.lines)
