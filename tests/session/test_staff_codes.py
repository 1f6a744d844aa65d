"""The small codes for staff."""

from typing import get_args

from kiosk.domain.blocks import Block
from kiosk.session.notices import CardHasBlocks, Notice, NotLent


def test_a_code_means_one_thing_only() -> None:
    with_codes = [*get_args(Block), *(kind for kind in get_args(Notice) if kind not in (NotLent, CardHasBlocks))]
    codes = [kind.code for kind in with_codes]
    assert sorted(codes) == sorted(set(codes))
    assert len(codes) > 30
