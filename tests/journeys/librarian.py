"""A librarian at the desk of a real station: what they touch has to be on the screen, and what is on it is known."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from central_server.database import Store, open_store, reading
from central_server.tables.operations import ITS_BODY, operation, operation_body
from demo.compare import Ledger
from demo.processes import Server, run, run_or_fail
from demo.school import LIBRARY
from kiosk.domain.model import Patron
from kiosk.ports.store import UnitOfWork
from kiosk.session.desk_states import Act, Entering, Supervising, Work
from kiosk.session.effects import SetPin
from kiosk.session.inputs import ActTouched, Button, Input, LineTouched, Touched, Typed
from kiosk.session.states import Borrowing, Home, State
from kiosk.session.supervised.typing import DONE
from kiosk.upkeep.forgetting import forget_erased
from screens.view_models.place import Place
from screens.view_models.present import Presenter
from screens.view_models.views import ActKey, DeskLine, DeskListView, Key, Shown, TypeKey
from tests.central_link.stand_in import enrolled
from tests.central_server.support import let_in
from tests.journeys.hands import ROOT, Hands

LOAN, PHUOC, GAM = "GV020001", "GV030006", "GV040008"
"""Cards: the librarian, who looks after the station, and another librarian."""
TEACHER = "GV050011"
PINS = {LOAN: "471193", PHUOC: "806142", GAM: "259037"}

T = TypeVar("T")


class Desk(Hands):
    """One station, at which the PINs of the staff are set."""

    presenter = Presenter(Place("Trạm Xanh", "Thư viện xanh · Trường THCS Hoa Sen"))

    def start(self, *, with_pins: bool = True) -> Desk:
        """Until it knows the school, and who is of the staff."""
        self.__enter__()
        self.wait(lambda: all((one := self.patron(card)) is not None and one.staff for card in PINS))
        self._listens()
        if with_pins:
            for card, pin in PINS.items():
                self.set_pin(card, pin)
            self.kiosk.sync.try_now()
            self.wait(self.is_sent)
        return self

    def again(self) -> None:
        """Switched off and on."""
        self.kiosk.stop()
        self.begin()
        self.__enter__()
        self._listens()

    def _listens(self) -> None:
        """What is scanned before the scanner is read is lost."""
        devices = self.kiosk._scanners.devices
        self.wait(lambda: set(devices.values()) == {"ready"} and isinstance(self.state.doing, Home))

    # ---- what it holds

    @property
    def state(self) -> State:
        return self.kiosk._state

    def store(self, job: Callable[[UnitOfWork], T]) -> T:
        return self.kiosk.store.call(job)

    def patron(self, card: str) -> Patron | None:
        return self.store(lambda work: work.patron_by_card(card))

    def name_of(self, card: str) -> str:
        """As far as a station knows it."""
        patron = self.patron(card)
        assert patron is not None, card
        return patron.shown_name

    def has(self, card: str) -> list[str]:
        """The labels of what this reader has at home."""

        def labels(work: UnitOfWork) -> list[str]:
            patron = work.patron_by_card(card)
            assert patron is not None, card
            items = [work.item(loan.item_id) for loan in work.open_loans_of_patron(patron.id)]
            return sorted(item.barcode for item in items if item)

        return self.store(labels)

    def set_pin(self, card: str, pin: str) -> None:
        patron = self.patron(card)
        assert patron is not None, card
        self.store(lambda work: self.kiosk.desk.answer(SetPin(0, 0, patron.id, pin, None), work))

    def forgets(self, card: str) -> None:
        """Whom the centre has erased, as the station does once a minute."""
        store = self.kiosk._opened
        assert store is not None
        self.wait(lambda: forget_erased(self.kiosk._run_in_store, store.forget, threading.Event()))
        assert self.patron(card) is None

    def is_sent(self) -> bool:
        return self.store(lambda work: work.outbox_counts()).pending == 0

    # ---- what stands on the screen

    def shown(self) -> Shown:
        return self.presenter.present(self.state, self.kiosk.rules)

    def parts(self, kind: type[T]) -> list[T]:
        return [one for one in _within(self.shown()) if isinstance(one, kind)]

    def says(self, *words: str) -> bool:
        said = list(_texts(self.shown()))
        return all(any(word in text for text in said) for word in words)

    def lines(self) -> list[DeskLine]:
        return self.parts(DeskLine)

    def offers(self, act: Act, value: str = "") -> bool:
        return any((key.act, key.value) == (act, value) for key in self.parts(ActKey))

    def offers_button(self, button: Button) -> bool:
        return any(key.button is button for key in self.parts(Key))

    def page(self, kind: type[T]) -> T:
        """The page of the desk, as soon as it is of this kind."""
        self.wait(lambda: isinstance(self.state.doing, Supervising) and isinstance(self.state.doing.page, kind))
        assert isinstance(self.state.doing, Supervising)
        assert isinstance(self.state.doing.page, kind)
        return self.state.doing.page

    def find(self, what: Callable[[Any], object]) -> Any:
        """The page of the desk, as soon as this is so of it; a page of another kind may not even have it."""

        def is_so() -> bool:
            doing = self.state.doing
            with suppress(AttributeError):
                return isinstance(doing, Supervising) and bool(what(doing.page))
            return False

        self.wait(is_so)
        assert isinstance(self.state.doing, Supervising)
        return self.state.doing.page

    def knows_of(self, *words: str) -> list[str]:
        """Which of these are anywhere in the state or on the screen, also where no log would show them."""
        held = pickle.dumps(self.state) + pickle.dumps(self.shown())
        return [word for word in words if word.encode() in held]

    # ---- what a hand does

    def scan(self, code: str) -> None:
        self.scanner.scan(code)

    def post(self, happened: Input) -> None:
        self.kiosk.session.post(happened)

    def press(self, act: Act, value: str = "") -> None:
        self.wait(lambda: self.state.awaiting is None and self.offers(act, value))
        self.post(ActTouched(act, time.monotonic(), value))

    def touch_anyway(self, act: Act, value: str = "") -> None:
        """What no screen that is right offers."""
        self.post(ActTouched(act, time.monotonic(), value))

    def button(self, button: Button) -> None:
        self.wait(lambda: self.offers_button(button))
        self.post(Touched(button, time.monotonic()))

    def choose(self, line: str) -> None:
        """Touches a line of the list, until it is lit."""
        self.wait(lambda: any(one.id == line for one in self.lines()))
        if any(one.id == line and one.chosen for one in self.lines()):
            self.post(LineTouched(line, time.monotonic()))  # what stands beside it may be about something else
        self.post(LineTouched(line, time.monotonic()))
        if isinstance(self.shown().page, DeskListView):
            self.wait(lambda: any(one.id == line and one.chosen for one in self.lines()))

    def type(self, text: str, *, done: bool = True) -> None:
        for key in [*text, DONE] if done else text:
            self.type_key(key)

    def type_key(self, key: str) -> None:
        self.wait(lambda: self.state.awaiting is None and any(one.key == key for one in self.parts(TypeKey)))
        self.post(Typed(key, time.monotonic()))

    # ---- ways through the desk

    def show_card(self, card: str) -> None:
        """Until the visit of its owner has begun."""
        self.scan(card)
        self.wait(lambda: isinstance(doing := self.state.doing, Borrowing) and doing.patron.card == card)

    def to_the_pin(self, card: str = LOAN) -> None:
        self.show_card(card)
        self.button(Button.ENTER_DESK)
        self.wait(lambda: isinstance(self.state.doing, Entering))

    def open(self, card: str = LOAN) -> None:
        self.to_the_pin(card)
        self.type(PINS[card])
        self.wait(lambda: isinstance(self.state.doing, Supervising))

    def lock(self) -> None:
        self.button(Button.LOCK)
        self.is_home()

    def is_home(self) -> None:
        self.wait(lambda: isinstance(self.state.doing, Home))

    def back(self) -> None:
        self.button(Button.DISMISS)

    def to_work(self, work: Work) -> None:
        self.press(Act.WORK, work.value)
        self.find(lambda page: getattr(page, "work", None) is work and page.lines is not None)

    def to_reader(self, card: str) -> None:
        """From the tiles."""
        self.scan(card)
        patron = self.patron(card)
        assert patron is not None, card
        self.find(lambda page: (reader := getattr(page, "reader", None)) and reader.line.patron_id == patron.id)


class School:
    """The sample school: its server, its commands, and its stations in `folder`."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.centre: Store = open_store(server.data, create=False)
        self.desks: list[Desk] = []

    def __enter__(self) -> School:
        return self

    def __exit__(self, *_: object) -> None:
        for desk in self.desks:
            desk.__exit__()
        self.centre.close()

    def desk(self, device: str = "tram-1", *, with_pins: bool = True) -> Desk:
        folder = self.folder / device
        folder.mkdir()

        def enrol(data: Path) -> None:
            data.mkdir()
            let_in(self.centre, enrolled(data), LIBRARY, device)

        desk = Desk(folder, self.server, device=device, enrol=enrol)
        self.desks.append(desk)
        return desk.start(with_pins=with_pins)

    def command(self, *words: str) -> str:
        """`central_server`'s, about this library."""
        return run_or_fail("central_server", *words, *self.server.where, "--library", LIBRARY)

    def told(self, device: str = "tram-1") -> list[dict[str, Any]]:
        """What the centre was told by one station, in its own words, but for the PINs with which it began and who
        opened the desk (`doors`)."""
        told = self._told(device)
        return [one for one in told if (one["kind"], one["actor"]) != ("pin_set", "station") and one["kind"] != "desk"]

    def doors(self, device: str = "tram-1") -> list[tuple[str, int, str]]:
        """How the desk was opened and locked, after how many wrong PINs, and by whom of what kind."""
        found = [one for one in self._told(device) if one["kind"] == "desk"]
        return [(one["data"]["how"], one["data"]["tries"], one["actor"]) for one in found]

    def _told(self, device: str) -> list[dict[str, Any]]:
        told = sa.select(operation_body.c.body).join(operation, ITS_BODY)
        mine = told.where(operation.c.library_id == LIBRARY, operation.c.device == device)
        with reading(self.centre) as connection:
            return [json.loads(body) for body in connection.scalars(mine.order_by(operation.c.position))]

    def agrees(self) -> tuple[Ledger, Ledger]:
        """Everything is sent, each ledger is the centre's, and every chain verifies; gives both of the first, but for
        the PINs with which it began and who opened the desk."""
        found = [desk.both_ledgers() for desk in self.desks]
        audit = run("central_server", "audit", *self.server.where)
        assert audit.returncode == 0, audit.stdout + audit.stderr
        for desk in self.desks:
            verified = subprocess.run(
                [sys.executable, "-m", "kiosk", "audit", "verify", "--config", str(desk.file)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert verified.returncode == 0, verified.stdout + verified.stderr
        here, there = found[0]
        return _once_begun(here), _once_begun(there)


def _once_begun(ledger: Ledger) -> Ledger:
    began: list[dict[str, object]] = []
    for device in {row["device"] for row in ledger["operations"]}:
        began += [row for row in ledger["operations"] if (row["device"], row["kind"]) == (device, "pin_set")][
            : len(PINS)
        ]
    rest = [row for row in ledger["operations"] if row not in began and row["kind"] != "desk"]
    return {**ledger, "operations": rest}


def _within(value: object) -> Iterator[object]:
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _within(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _within(one)


def _texts(value: object) -> Iterator[str]:
    return (one for one in _within(value) if isinstance(one, str))
