"""A centre in memory that keeps docs/protocol.md, and fails on demand: for the demo, the journeys and the tests.

It holds no catalogue, so it never finds an item or a patron unknown by itself: `dispute` says it for chosen operations.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from threading import Condition

from central_link.simulated_ledger import Ledger
from kiosk.domain.operations import Operation, OperationId
from kiosk.ports.central import Capabilities, Change, ChangePage, Gone, LoanRecord, Standing, Verdict
from kiosk.ports.errors import CursorLost, Refused, Unreachable


class Failure(Enum):
    """What happens to one sending."""

    LOST_BEFORE = auto()  # the request never arrives
    LOST_AFTER = auto()  # it is recorded, and the answer is lost
    WRONG_ANSWER = auto()  # it is recorded, and something answers that is not the protocol
    REFUSED_400 = 400
    REFUSED_413 = 413
    REFUSED_500 = 500


class SimulatedCentral:
    """From any thread. `sent` counts the requests with operations, `asked` those for changes. `health` and `bundles`:
    what a station told about itself."""

    def __init__(self, batch: int = 500) -> None:
        self._batch = batch
        self._changed = Condition()
        self._ledger = Ledger()
        self._feed: list[Change] = []
        self._numbers: dict[str, int] = {}
        self._generation = secrets.token_hex(8)
        self._standing = Standing.ACTIVE
        self._closed = False
        self._clock: Callable[[], int] | None = None
        self._failures: deque[Failure | None] = deque()
        self._refused: dict[OperationId, int] = {}
        self._refuses_all: int | None = None
        self._disputed: dict[OperationId, str] = {}
        self.health: dict[str, object] | None = None
        self.bundles: list[bytes] = []
        self.sent = 0
        self.asked = 0

    # ---- the link

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            idempotent=True,
            change_feed=True,
            offline_replay=True,
            check_in=True,
            batch=self._batch,
            signed_date=True,
            health=True,
        )

    def send(self, operations: Sequence[Operation]) -> Sequence[Verdict]:
        if not operations:
            return ()
        with self._changed:
            self.sent += 1
            self._must_be_reachable()
            failure = self._failures.popleft() if self._failures else None
            if failure is Failure.LOST_BEFORE:
                raise Unreachable("simulated: the request was lost")
            if failure in (Failure.REFUSED_400, Failure.REFUSED_413, Failure.REFUSED_500):
                raise Refused(failure.value, "simulated")
            if self._refuses_all is not None:
                raise Refused(self._refuses_all, "simulated")
            for operation in operations:
                if operation.id in self._refused:
                    raise Refused(self._refused[operation.id], "simulated")
            recorded = [self._record(operation) for operation in operations]
            verdicts = tuple(map(self._with_loans, recorded, operations))
            if failure is not None:
                raise Unreachable("simulated: no answer that can be read")
            return verdicts

    def changes(self, cursor: str, limit: int, wait_s: float) -> ChangePage:
        with self._changed:
            self.asked += 1
            self._must_be_reachable()
            start = self._place(cursor)
            generation = self._generation
            if start >= len(self._feed):
                self._changed.wait_for(
                    lambda: (
                        len(self._feed) > start
                        or self._generation != generation
                        or self._standing is not Standing.ACTIVE
                        or self._closed
                    ),
                    timeout=wait_s,
                )
            self._must_be_reachable()
            self._place(cursor)
            rows = tuple(self._feed[start : start + limit])
            end = start + len(rows)
            return ChangePage(rows, f"{self._generation}.{end}", more=end < len(self._feed))

    def signed_time(self) -> int:
        with self._changed:
            self._must_be_reachable()
            if self._clock is None:
                raise Unreachable("simulated: nobody told it the time")
            return self._clock()

    def tell_health(self, report: Mapping[str, object]) -> None:
        with self._changed:
            self._must_be_reachable()
            self.health = dict(report)

    def send_support(self, bundle: bytes) -> None:
        with self._changed:
            self._must_be_reachable()
            self.bundles.append(bundle)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # ---- what a test or a demo does to it

    def set_online(self, online: bool) -> None:
        self.set_standing(Standing.ACTIVE if online else Standing.UNREACHABLE)

    def set_standing(self, standing: Standing) -> None:
        """What it thinks of this station."""
        with self._changed:
            self._standing = standing
            self._changed.notify_all()

    def set_clock(self, clock: Callable[[], int] | None) -> None:
        """What it goes by: milliseconds since 1970 UTC. At first it knows no time."""
        with self._changed:
            self._clock = clock

    def fail_next(self, *failures: Failure | None) -> None:
        """The next sendings fail like this, one each; None: that one goes well."""
        with self._changed:
            self._failures.extend(failures)

    def refuse(self, operation: OperationId, status: int = 400) -> None:
        """Every request that holds this operation is refused as a whole."""
        with self._changed:
            self._refused[operation] = status

    def refuse_everything(self, status: int | None) -> None:
        with self._changed:
            self._refuses_all = status

    def refuse_nothing(self) -> None:
        """It is mended: whatever was going to be refused or to fail goes well."""
        with self._changed:
            self._refused.clear()
            self._refuses_all = None
            self._failures.clear()

    def dispute(self, operation: OperationId, reason: str) -> None:
        """It will be recorded, and a person must look at it."""
        with self._changed:
            self._disputed[operation] = reason

    def publish(self, *changes: Change) -> None:
        with self._changed:
            self._tell(changes)

    def forget_cursors(self) -> None:
        """As after a restored backup: whoever asks must begin again."""
        with self._changed:
            self._generation = secrets.token_hex(8)
            self._changed.notify_all()

    # ---- what it has

    def received(self) -> tuple[Operation, ...]:
        """Every operation once, in the order of arrival."""
        with self._changed:
            return tuple(self._ledger.received)

    def disputes(self) -> dict[OperationId, str]:
        with self._changed:
            return dict(self._ledger.disputes)

    # ----

    def _must_be_reachable(self) -> None:
        if self._closed or self._standing is Standing.UNREACHABLE:
            raise Unreachable("simulated: offline")
        if self._standing is not Standing.ACTIVE:
            raise Unreachable(f"simulated: {self._standing}", self._standing)

    def _place(self, cursor: str) -> int:
        if not cursor:
            return 0
        generation, _, place = cursor.partition(".")
        if generation != self._generation or not place.isdecimal() or int(place) > len(self._feed):
            raise CursorLost("simulated: unknown cursor")
        return int(place)

    def _record(self, operation: Operation) -> Verdict:
        known = len(self._ledger.received)
        verdict = self._ledger.record(operation, self._disputed.get(operation.id))
        if len(self._ledger.received) > known:  # a fact counts, disputed or not
            self._tell(self._ledger.changes(operation))
        return verdict

    def _with_loans(self, verdict: Verdict, operation: Operation) -> Verdict:
        named = self._ledger.loans_of(operation)
        return replace(verdict, loans={loan: self._numbers[loan] for loan in named if loan in self._numbers})

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            number = len(self._feed) + 1
            if isinstance(change, LoanRecord):
                self._numbers[change.loan.id] = number
            elif isinstance(change, Gone) and change.kind == "loan":
                self._numbers[change.id] = number
            self._feed.append(replace(change, number=number) if isinstance(change, LoanRecord | Gone) else change)
        self._changed.notify_all()
