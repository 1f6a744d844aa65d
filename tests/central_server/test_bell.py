"""Waking those who wait for changes."""

import asyncio

import pytest

from central_server import app
from central_server.bell import Bell


def test_goes_on_watching_when_a_look_fails_for_a_reason_that_nobody_thought_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks = []

    async def newest(_libraries: object) -> dict[str, int]:
        looks.append(len(looks))
        if len(looks) == 1:
            raise RuntimeError("a bug")
        bell.close()
        return {}

    bell = Bell(newest)

    async def watch() -> None:
        bell.next_ring("hoa-sen")
        await asyncio.wait_for(app._watch(bell, rest_s=0), 30)

    asyncio.run(watch())
    assert looks == [0, 1]
    assert "watching for changes failed" in caplog.text
