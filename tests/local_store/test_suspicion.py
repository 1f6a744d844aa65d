"""Something in a store could not be read: nothing more is begun in it, and the next opening looks at all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.ports.errors import StoreBroken, StoreDamaged
from local_store import open_store, read_store
from tests.local_store.shelf import write_operation
from tests.local_store.test_damage import much_used_store, stores_aside, used_store


@pytest.mark.parametrize("how", ["check", "ledger", "by another process"])
def test_begins_nothing_more_once_damage_was_found_by_reading(tmp_path: Path, how: str) -> None:
    config = much_used_store(tmp_path)
    store = open_store(config)
    reader = read_store(config) if how == "by another process" else store
    with pytest.raises(StoreDamaged):
        reader.check() if how == "check" else list(reader.ledger())
    for _ in range(2):
        with pytest.raises(StoreDamaged):
            store.unit_of_work()
    store.close()
    with pytest.raises(StoreDamaged, match="set aside as"):
        open_store(config)


def test_goes_on_when_a_suspicion_was_unfounded(tmp_path: Path) -> None:
    config = used_store(tmp_path)
    mark = config.path.with_name("store.db.suspect")
    mark.touch()
    store = open_store(config)
    assert len(list(store.ledger())) == 3
    assert not mark.exists()
    store.close()


@pytest.mark.parametrize("how", ["at once", "in the middle"])
def test_is_still_suspected_when_looking_was_given_up(tmp_path: Path, how: str) -> None:
    config = used_store(tmp_path)
    store = open_store(config)
    with store.unit_of_work() as work:
        for _ in range(1_000):
            write_operation(work)
        work.commit()
    store.close()
    mark = config.path.with_name("store.db.suspect")
    mark.touch()
    asked = 0

    def takes_long() -> None:
        nonlocal asked
        asked += 1
        if asked > (0 if how == "at once" else 5):
            raise StoreBroken("the station ends")

    with pytest.raises(StoreBroken) as given_up:
        open_store(config, takes_long=takes_long)
    assert not isinstance(given_up.value, StoreDamaged)
    assert mark.exists()
    assert stores_aside(config.path.parent) == []
    asked = -10_000
    open_store(config, takes_long=takes_long).close()
    assert not mark.exists()
