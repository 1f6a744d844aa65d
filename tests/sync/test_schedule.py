from random import Random

from kiosk.sync.schedule import Schedule


class Highest(Random):
    """Always waits as long as is allowed."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_waits_at_most_a_second_after_the_first_failure_and_twice_as_long_after_each_more() -> None:
    schedule = Schedule(Highest())
    assert [schedule.next_s() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_begins_at_a_second_again_after_a_success() -> None:
    schedule = Schedule(Highest())
    for _ in range(5):
        schedule.next_s()
    schedule.reset()
    assert schedule.next_s() == 1


def test_spreads_stations_over_the_whole_time_when_they_fail_together() -> None:
    waits = []
    for seed in range(400):
        schedule = Schedule(Random(seed))
        for _ in range(9):
            schedule.next_s()
        waits.append(schedule.next_s())
    by_quarter = [sum(75 * quarter <= wait < 75 * (quarter + 1) for wait in waits) for quarter in range(4)]
    assert sum(by_quarter) == 400
    assert min(by_quarter) > 60
