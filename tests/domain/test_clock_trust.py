"""Who is believed about the time, and for how long: docs/decisions/0016."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.clock_trust import DRIFT, Anchor, KeptTime, KnownTime, Voucher

DAY = 86_400_000
BUILD = 1_795_392_000_000
NOW = BUILD + 100 * DAY
BATTERY, TIME_SYNC, CENTRE = Voucher
NOBODY = KnownTime(BUILD, "boot", KeptTime(BUILD))


def said(by: Voucher, wall_ms: int = NOW, boottime_ms: int = 0) -> Anchor:
    return Anchor("boot", boottime_ms, wall_ms, by)


def trusted(known: KnownTime, boottime_ms: int = 0) -> int | None:
    moment = known.at(0, boottime_ms)
    return moment.wall_ms if moment.trusted else None


def test_trusts_no_wall_clock_for_which_nobody_vouches() -> None:
    moment = NOBODY.at(NOW, 5_000)
    assert (moment.wall_ms, moment.boottime_ms, moment.trusted) == (NOW, 5_000, False)


@pytest.mark.parametrize("by", Voucher)
@pytest.mark.parametrize("wall_ms", [0, NOW - 3 * 365 * DAY, NOW + 30 * DAY])
def test_counts_on_from_the_anchor_whatever_the_wall_clock_says(by: Voucher, wall_ms: int) -> None:
    known = NOBODY.told(said(by))
    moment = known.at(wall_ms, 90 * DAY)
    assert (moment.wall_ms, moment.trusted) == (NOW + 90 * DAY, True)


@pytest.mark.parametrize("later", [NOW - 3 * DAY, NOW + 30 * DAY, NOW + 10_000])
@pytest.mark.parametrize(
    ("first", "second", "is_believed"),
    [
        (BATTERY, BATTERY, False),
        (BATTERY, TIME_SYNC, True),
        (TIME_SYNC, TIME_SYNC, False),
        (TIME_SYNC, BATTERY, False),
        (TIME_SYNC, CENTRE, True),
        (CENTRE, TIME_SYNC, False),
        (CENTRE, CENTRE, True),
    ],
)
def test_believes_the_higher_in_rank_where_two_disagree(
    first: Voucher, second: Voucher, is_believed: bool, later: int
) -> None:
    known = NOBODY.told(said(first)).told(said(second, later))
    assert trusted(known) == (later if is_believed else NOW)


def test_puts_a_drift_right_when_a_time_sync_agrees_but_for_it() -> None:
    known = NOBODY.told(said(CENTRE))
    drifted = NOW + 90 * DAY + int(90 * DAY * DRIFT)
    for boottime_ms in (0, 3_599_999):  # too soon: each look would let somebody pull the clock by two seconds
        assert known.told(said(TIME_SYNC, NOW + 1_900 + boottime_ms, boottime_ms)) == known
    again = known.told(said(TIME_SYNC, drifted, 90 * DAY))
    assert trusted(again, 90 * DAY) == drifted
    assert again.kept.anchor is not None
    assert again.kept.anchor.by is CENTRE, "and the centre's word is still above a time sync that jumps"
    assert trusted(known.told(said(TIME_SYNC, drifted + 3_000, 90 * DAY)), 90 * DAY) == NOW + 90 * DAY


@pytest.mark.parametrize("by", Voucher)
@pytest.mark.parametrize("wall_ms", [0, BUILD - 1, BUILD + 16 * 366 * DAY])
def test_believes_nobody_who_speaks_of_a_time_in_which_this_build_cannot_run(by: Voucher, wall_ms: int) -> None:
    assert NOBODY.told(said(by, wall_ms)) == NOBODY


def test_believes_the_very_build() -> None:
    assert trusted(NOBODY.told(said(BATTERY, BUILD))) == BUILD


@pytest.mark.parametrize(("by", "is_believed"), [(BATTERY, False), (TIME_SYNC, False), (CENTRE, True)])
def test_believes_the_centre_alone_that_years_have_passed_since_the_last_time(by: Voucher, is_believed: bool) -> None:
    known = replace(NOBODY, kept=KeptTime(NOW, TIME_SYNC)).told(said(by, NOW + 401 * DAY))
    assert (trusted(known) is not None) is is_believed
    assert trusted(NOBODY.told(said(by, BUILD + 399 * DAY))) is not None


@pytest.mark.parametrize(
    ("floor_by", "by", "is_believed"),
    [
        (BATTERY, BATTERY, False),
        (BATTERY, TIME_SYNC, True),
        (BATTERY, CENTRE, True),
        (TIME_SYNC, TIME_SYNC, False),
        (TIME_SYNC, BATTERY, False),
        (TIME_SYNC, CENTRE, True),
        (CENTRE, TIME_SYNC, False),
        (CENTRE, CENTRE, True),
    ],
)
def test_lets_only_a_better_word_go_below_the_floor(floor_by: Voucher, by: Voucher, is_believed: bool) -> None:
    """A battery, a time server, a centre once said 2040."""
    poisoned = replace(NOBODY, kept=KeptTime(BUILD + 14 * 365 * DAY, floor_by))
    known = poisoned.told(said(by))
    assert trusted(known) == (NOW if is_believed else None)
    assert known.kept.floor_ms == (NOW if is_believed else poisoned.kept.floor_ms)


def test_goes_below_the_build_for_nobody() -> None:
    assert not CENTRE.outranks(None)
    assert trusted(NOBODY.told(said(CENTRE, BUILD - DAY))) is None


def test_raises_the_floor_by_trusted_time_alone() -> None:
    assert NOBODY.at_last(90 * DAY) == KeptTime(BUILD)
    known = NOBODY.told(said(TIME_SYNC))
    kept = known.at_last(DAY)
    assert (kept.floor_ms, kept.floor_by) == (NOW + DAY, TIME_SYNC)
    high = replace(known, kept=replace(known.kept, floor_ms=NOW + 5 * DAY, floor_by=CENTRE))
    assert (high.at_last(DAY).floor_ms, high.at_last(DAY).floor_by) == (NOW + 5 * DAY, CENTRE)


def test_goes_on_with_the_anchor_of_this_boot_when_the_process_is_started_again() -> None:
    kept = NOBODY.told(said(TIME_SYNC)).at_last(1_000)
    fooled = NOBODY.told(said(BATTERY, NOW + 30 * DAY, 2_000))  # the wall clock was set meanwhile
    assert trusted(fooled.remembering(kept), 2_000) == NOW + 2_000
    corrected = NOBODY.told(said(CENTRE, NOW + DAY, 2_000))
    assert trusted(corrected.remembering(kept), 2_000) == NOW + DAY


def test_knows_only_the_floor_in_another_boot() -> None:
    kept = NOBODY.told(said(TIME_SYNC)).at_last(1_000)
    known = KnownTime(BUILD, "another boot", KeptTime(BUILD)).remembering(kept)
    assert trusted(known) is None
    assert known.kept.floor_ms == NOW + 1_000
    late = replace(known, kept=replace(known.kept, anchor=None))
    assert trusted(late.told(replace(said(BATTERY, NOW), boot_id="another boot"))) is None, "a battery that ran empty"


def test_believes_no_floor_that_lies_beyond_the_life_of_a_build() -> None:
    assert NOBODY.remembering(KeptTime(BUILD + 20 * 366 * DAY, CENTRE)).kept == KeptTime(BUILD)
    assert NOBODY.remembering(KeptTime(BUILD - DAY, CENTRE)).kept == KeptTime(BUILD)


@given(st.lists(st.tuples(st.sampled_from(Voucher), st.integers(0, 2 * BUILD), st.integers(0, 90 * DAY))))
def test_is_never_below_the_build_and_never_forgets_the_centre(story: list[tuple[Voucher, int, int]]) -> None:
    known = NOBODY
    for by, wall_ms, boottime_ms in story:
        before, known = known, known.told(said(by, wall_ms, boottime_ms))
        kept = known.at_last(boottime_ms)
        assert kept.floor_ms >= BUILD
        anchor = known.kept.anchor
        if before.kept.anchor is not None:
            assert anchor is not None
            assert not before.kept.anchor.by.outranks(anchor.by)
    healed = known.told(said(CENTRE))
    assert trusted(healed) == NOW
    assert healed.kept.floor_ms <= NOW
