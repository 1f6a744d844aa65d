"""Sync on the real store: an encrypted file on the disk."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TypeVar

from central_link.simulated import Failure, SimulatedCentral
from kiosk.domain.clock_trust import Moment
from kiosk.domain.model import ItemStatus
from kiosk.domain.operations import Actor, Operation, OperationKind, next_operation
from kiosk.ports.central import ItemRecord, TitleRecord
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import OutboxCounts, RecordedAct, UnitOfWork
from kiosk.sync.changes import Changes
from kiosk.sync.outbox import Outbox, Outcome
from local_store import StoreConfig, open_store
from tests.sync.chains import WALL_MS

T = TypeVar("T")


@contextmanager
def opened(folder: Path) -> Iterator[OnStore]:
    store = open_store(StoreConfig(folder / "store.db", bytes(32), "hoa-sen", "tram-1", WALL_MS))

    def on_store(job: object) -> object:
        with store.unit_of_work() as uow:
            return job(uow)  # type: ignore[operator]

    try:
        yield on_store  # type: ignore[misc]
    finally:
        store.close()


def record(on_store: OnStore, count: int) -> list[Operation]:
    def job(uow: UnitOfWork) -> list[Operation]:
        written = []
        for _ in range(count):
            data: dict[str, object] = {"barcode": "TK.00001", "item": None, "loans": []}
            operation = next_operation(
                uow.origin,
                uow.last_operation(),
                OperationKind.CHECK_IN,
                data,
                moment=Moment(WALL_MS, "boot", 1_000, trusted=True),
                actor=Actor.ANYONE,
                reader=None,
                policy_version="",
            )
            uow.add_operation(operation, RecordedAct(operation.id, "check_in", "TK.00001", (), "boot", 1_000))
            written.append(operation)
        uow.commit()
        return written

    return on_store(job)


def counts(on_store: OnStore) -> OutboxCounts:
    return on_store(lambda uow: uow.outbox_counts())


def push(on_store: OnStore, central: SimulatedCentral) -> Outcome:
    return Outbox(central, on_store, lambda _: None).push(threading.Event()).outcome


def test_every_operation_arrives_once_over_restarts_and_failures(tmp_path: Path) -> None:
    central = SimulatedCentral(batch=20)
    with opened(tmp_path) as on_store:
        written = record(on_store, 70)
        bad = written[43]
        central.refuse(bad.id)
        central.dispute(written[5].id, "unknown_item")
        central.fail_next(None, Failure.LOST_AFTER)
        assert push(on_store, central) is Outcome.UNREACHABLE
    with opened(tmp_path) as on_store:
        written += record(on_store, 10)
        assert push(on_store, central) is Outcome.DRAINED
        # The one after the missing one shows the gap, and a person sees both.
        assert central.disputes() == {written[5].id: "unknown_item", written[44].id: "gap"}
        assert counts(on_store) == OutboxCounts(pending=0, disputed=2, settled=77, set_aside=1)
        central.refuse_nothing()
    with opened(tmp_path) as on_store:
        assert push(on_store, central) is Outcome.DRAINED
        assert counts(on_store) == OutboxCounts(pending=0, disputed=2, settled=78)
    assert sorted(central.received(), key=written.index) == written


def test_a_catalogue_arrives_over_a_restart_in_the_middle(tmp_path: Path) -> None:
    title = TitleRecord(str(uuid.uuid4()), "Dế Mèn phiêu lưu ký", "Tô Hoài", None, "895.9223", "A1")
    items = [
        ItemRecord(str(uuid.uuid4()), title.id, f"TK.{number:05}", "STK", ItemStatus.AVAILABLE)
        for number in range(1_500)
    ]
    central = SimulatedCentral()
    central.publish(title, *items)
    stop = threading.Event()
    with opened(tmp_path) as on_store:
        page, _ = Changes(central, on_store, monotonic).pull(0.0, stop)
        assert page.more
    with opened(tmp_path) as on_store:
        page, _ = Changes(central, on_store, monotonic).pull(0.0, stop)
        assert not page.more
        last = on_store(lambda uow: uow.item_by_barcode("TK.01499"))
        assert last is not None
        assert last.name == title.name
