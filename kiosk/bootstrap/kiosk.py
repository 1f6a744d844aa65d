"""The running parts below the screen, made and joined."""

from __future__ import annotations

import logging
import os
import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from central_link.registry import StationFiles, make_link
from devices.host.clock import HostClock
from devices.host.systemd_notify import runtime_folder, systemd_watchdog
from devices.registry import make_signaller
from kiosk import __version__
from kiosk.bootstrap import answers
from kiosk.bootstrap.anew import Anew
from kiosk.bootstrap.checkup import Checkup
from kiosk.bootstrap.chosen import Chosen, set_up
from kiosk.bootstrap.ending import end_the_process
from kiosk.bootstrap.proof import Proof
from kiosk.bootstrap.scanners import Scanners
from kiosk.bootstrap.service import ServiceDesk
from kiosk.bootstrap.stores import LatePinLock, diary_of, mend_store, open_store, spare_room, station_store
from kiosk.config import BUILD_MS, MEGABYTE, ConfigError, KioskConfig
from kiosk.desk import Desk
from kiosk.desk.recording import Tools
from kiosk.domain.barcodes import classify
from kiosk.ports.central import Standing
from kiosk.ports.devices import Preview, RawScan, Signaller
from kiosk.ports.errors import StoreBroken
from kiosk.ports.store import UnitOfWork
from kiosk.ports.tables import TableError
from kiosk.runtime.chores import Chores
from kiosk.runtime.loop import Beat, SessionLoop
from kiosk.runtime.nightly import GoOn, Job, Nightly
from kiosk.runtime.store_worker import LATER, StoreWorker, probe
from kiosk.session.desk_inputs import ChangesHeard
from kiosk.session.effects import Ask, InSteps, StoreEffect
from kiosk.session.inputs import LinkChanged, PatronFound, Scanned, StoreFailed, StoreRecovered
from kiosk.session.states import Home, Resting, SessionRules, State
from kiosk.sync.engine import Signals, SyncEngine
from kiosk.sync.heartbeat import LOOK_EVERY_S, Heartbeat
from kiosk.sync.time_check import TimeCheck
from kiosk.upkeep.health import what_matters
from kiosk.upkeep.housekeeping import RoomWatch
from kiosk.upkeep.leftovers import clear_leftovers
from kiosk.upkeep.status import Running

if TYPE_CHECKING:
    from local_store.engine import SqlStore

_log = logging.getLogger(__name__)
T = TypeVar("T")

_STALE_BEAT_S = 5.0
_STOP_WAIT_S = 5.0


@dataclass
class Kiosk:
    """The running parts below the screen. `show` is given every new state, on the session thread; `see` what a camera
    sees, on the camera's. Scanners, what speaks to the centre and whatever reads all of the store begin when
    `painted` is set: before the first frame they would only delay it. `leave`: ends the process in good order."""

    config: KioskConfig
    show: Callable[[State], None]
    see: Callable[[Preview], None] = lambda _: None
    painted: threading.Event = field(default_factory=lambda: _already())
    leave: Callable[[], None] = lambda: None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _state: State = field(default_factory=State)
    _beat_at: float | None = None
    _opened: SqlStore | None = None
    _scanned_at: float | None = None
    _health_due: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        config = self.config
        self.clock = HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS)
        self._started_at = self.clock.monotonic()
        self.formats = config.codes.formats()
        self.watchdog = systemd_watchdog(os.environ, self.clock.monotonic)
        threading.excepthook = end_the_process  # before any thread: the signaller begins one
        try:
            self._scanners = Scanners(
                config.scanner,
                config.folder,
                lambda seen: self.see(seen),
                lambda told: self.session.post(told),
                self.clock.monotonic,
                self.painted,
                self._stop,
            )
            files = StationFiles(config.folder, config.data)
            self._link = make_link(config.central, config.station.library, config.station.device, files, self.clock)
            self._signaller: Signaller = make_signaller(config.sound)  # last: it begins a thread
        except TableError as error:
            raise ConfigError(str(error)) from error
        self._chosen = Chosen(
            config,
            self._signaller,
            lambda look: self.store.submit(look, lambda _: None, LATER),
            lambda rules: self.session.go_by(rules),
        )
        self.desk = Desk(
            Tools(self.clock, secrets.token_bytes, self.rules.take_off_within_s, LatePinLock(config), set_up(config))
        )
        keep, room = config.keep, spare_room(config)
        self.store = StoreWorker(
            self._open_store,
            failed=lambda code: self.session.post(StoreFailed(code, self.clock.monotonic())),
            recovered=self._store_is_well,
            room=room,
            monotonic=self.clock.monotonic,
            retry_s=self.rules.store_retry_s,
        )
        diary = diary_of(config)
        self._chores = Chores(
            self.store,
            self.desk,
            self.clock,
            self._stop,
            RoomWatch(room, keep.warn_below_mb * MEGABYTE),
            (timedelta(keep.reader_days), timedelta(keep.history_days)),
            diary,
        )
        self._nightly = Nightly(
            self._nightly_jobs(), diary, self.clock, self._stop, self._is_idle, self._chores.suspected
        )
        # Of systemd, the first of them; by hand there is none, and nobody waits for a proof.
        runtime = runtime_folder(os.environ)
        code_of = partial(classify, formats=self.formats)
        self._proof = Proof(runtime, __version__, code_of, self._answer_proof) if runtime else None
        self.session = SessionLoop(
            self.rules,
            self.clock,
            self._ask,
            self._shown,
            self._signaller,
            pass_on_beat=self._pass_on,
            take_out=self._proof.takes if self._proof else lambda _: False,
            serve=lambda effect: self._service.serve(effect),
            enrol=lambda effect: self._anew.perform(effect),
            left_desk=lambda staff: self.store.submit(partial(self.desk.left, staff), lambda _: self.sync.wake()),
        )
        self.sync = SyncEngine(
            self._link,
            self._run_in_store,
            Signals(self._stop, threading.Event(), threading.Event()),
            lambda standing, pending: self.session.post(LinkChanged(standing is Standing.ACTIVE, pending)),
            monotonic=self.clock.monotonic,
            random=random.Random(),
            reached=self._reached,
        )
        self._time_check = TimeCheck(self._link, self.clock)
        self._checkup = Checkup(config, self.clock, self._status)
        self._heartbeat = Heartbeat(self._link, self.clock.monotonic, self._checkup.health, what_matters)
        self._service = ServiceDesk(
            config,
            self.clock,
            self._link,
            self._checkup,
            post=lambda told: self.session.post(told),
            send_now=self.sync.try_now,
            leave=lambda: self.leave(),
        )
        self._anew = Anew(config, self.clock, self.session.post, lambda: self.leave(), self._service.is_busy)

    # ---- life

    def start(self) -> None:
        clear_leftovers(self.config.data)
        self._spawn("session", self.session.run)
        self._spawn("store", self.store.run)
        self._spawn_when_painted("push", lambda: self._when_open(self.sync.run_push))
        self._spawn_when_painted("pull", lambda: self._when_open(self.sync.run_pull))
        self._spawn("time", self._chores.keep_time)
        self._spawn("forget", self._chores.forget_whom_the_centre_erased)
        self._spawn("house", self._chores.keep_the_house)
        self._spawn_when_painted("check", self._chores.check_after_an_unclean_stop)
        self._spawn_when_painted("mend", lambda: self._chores.mend_a_damaged_store(self._mend))
        self._spawn_when_painted("nightly", self._nightly.run)
        self._spawn("status", self._answer)
        self._spawn_when_painted("health", self._tell_health)
        if self._proof is not None:
            proof = self._proof
            self._spawn_when_painted("proof", lambda: self._when_open(lambda: proof.run(self.scanned, self._stop)))
        self._spawn_when_painted("service", lambda: self._service.run(self._stop))
        self._spawn("passes", lambda: self._service.end_passes(self._stop))
        self._spawn_when_painted("anew", lambda: self._anew.run(self._stop))
        for name, job in self._scanners.jobs(self.scanned):
            self._spawn(name, job)

    def beat(self) -> None:
        """From the frame clock, about once a second."""
        self.session.post(Beat(self.clock.monotonic()))

    def stop(self) -> None:
        """What the store was asked is finished; what is not sent yet stays in the outbox."""
        self.sync.stop()
        self.painted.set()  # who waits for it sees that it is over
        self._link.close()
        self.session.stop()
        self._service.wake()
        self._anew.stop()
        self._health_due.set()
        answers.ask_status(self.config)  # wakes the thread that answers
        for thread in self._threads:
            if thread.name != "store":
                thread.join(_STOP_WAIT_S)
        self._service.close()
        self.store.stop()
        for thread in self._threads:
            thread.join(_STOP_WAIT_S)
        self._signaller.close()

    # ---- crossings between threads: each only posts

    def scanned(self, raw: RawScan) -> None:
        self._scanned_at = raw.scanned_at
        if not (self._service.is_pass(raw) or self._anew.takes(raw)):
            code = classify(raw.text, self.formats)
            self.session.post(Scanned(code, raw.scanned_at, raw.symbology, len(raw.text)))

    def _open_store(self) -> SqlStore:
        now = self.clock.now()
        store = self._opened = open_store(self.config, now.day if now.trusted else None, self._opening_takes_long)
        self._chores.opened(store)
        return store

    def _opening_takes_long(self) -> None:
        """Whoever switches the station on sees it come up, whatever its store needs, and the watchdog sees that the
        store thread lives. Raises StoreBroken."""
        self.painted.wait()
        if self._stop.is_set():
            raise StoreBroken("the station ends")
        self.store.answer_pings()

    def _mend(self) -> bool:
        return mend_store(self.config)

    def _nightly_jobs(self) -> dict[str, Job]:
        def check(_day: date | None, _go_on: GoOn) -> None:
            self._open_now().check()

        def back_up(day: date | None, go_on: GoOn) -> None:
            station_store(self.config).back_up(self._open_now(), day, go_on)

        return {"check": check} | ({"backup": back_up} if self.config.backup_folder else {})

    def _open_now(self) -> SqlStore:
        if self._opened is None:
            raise StoreBroken("the store is not open")
        return self._opened

    def _is_idle(self) -> bool:
        return isinstance(self._state.doing, Home)

    def _ask(self, effect: StoreEffect) -> None:
        def answered(answer: object) -> None:
            if self.config.station.counts_visits and isinstance(answer, PatronFound):
                self._count_visit(answer.patron_id)
            if isinstance(effect, Ask):  # for a setting, perhaps
                self._chosen.look_soon()
            self.session.post(answer)  # type: ignore[arg-type]  # what the desk answers is an Input
            self.sync.wake()

        if isinstance(effect, InSteps):
            self.store.submit_steps(partial(self.desk.enter, effect), answered)
        else:
            self.store.submit(partial(self.desk.answer, effect), answered)

    def _answer_proof(self, then: Callable[[], None]) -> None:
        self.store.submit(probe, lambda _: then())

    def _count_visit(self, patron_id: str) -> None:
        """A commit of its own, behind the loans: the first book does not wait for it."""
        self.store.submit(partial(self.desk.visited, patron_id), lambda new: self.sync.wake() if new else None, LATER)

    def _pass_on(self, beat: Beat) -> None:
        def answered() -> None:
            now = self.clock.monotonic()
            if now - beat.at < _STALE_BEAT_S and not self._scanners.one_hangs(now, _STALE_BEAT_S):
                self._beat_at = beat.at
                self.watchdog.alive()

        self.store.ping(answered)

    def _run_in_store(self, job: Callable[[UnitOfWork], T]) -> T:
        return self.store.call(job, LATER)

    def _shown(self, state: State) -> None:
        begins_to_rest = isinstance(state.doing, Resting) and not isinstance(self._state.doing, Resting)
        self._state = state
        if begins_to_rest:
            self._health_due.set()
        self._service.shown(state)
        self._anew.shown(state)
        self.show(state)

    def _answer(self) -> None:
        answers.answer(self.config.data, self._status, self.sync.request_resync, self._stop)

    @property
    def camera(self) -> str:
        """The name of the one whose picture is shown; "": there is none."""
        return self._scanners.camera

    @property
    def rules(self) -> SessionRules:
        return self._chosen.rules

    def _store_is_well(self) -> None:
        self._chosen.look_soon()
        self.session.post(StoreRecovered(self.clock.monotonic()))

    def _reached(self) -> None:
        self._chosen.look_soon()
        self.session.post(ChangesHeard())
        self._time_check.reached()
        self._health_due.set()

    def _tell_health(self) -> None:
        """On a thread of its own: it never holds up a loan on its way. What the centre answers says when to try, but a
        station that rests asks it for nothing: it tries all the same."""
        while not self._stop.is_set():
            due = self._health_due.wait(LOOK_EVERY_S)
            self._health_due.clear()
            if not self._stop.is_set() and (due or self._status()["staff_code"]):
                self._heartbeat.look_and_tell()

    def _status(self) -> dict[str, object]:
        now, kept = self.clock.now(), self.clock.to_keep()
        anchor = kept.anchor
        running = Running(
            self._state,
            self._scanners.devices,
            self._started_at,
            self._beat_at,
            self.sync.standing,
            self.sync.reached_at,
            anchor is not None,
            anchor.by if anchor else None,
            now.wall_ms if now.trusted else kept.floor_ms,
            self._scanned_at,
            self.sync.set_aside,
        )
        return running.at(self.clock.monotonic())

    def _when_open(self, work: Callable[[], None]) -> None:
        if self.store.wait_until_open(self._stop):
            work()

    def _spawn_when_painted(self, name: str, target: Callable[[], None]) -> None:
        def then() -> None:
            self.painted.wait()
            target()

        self._spawn(name, then)

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


def _already() -> threading.Event:
    event = threading.Event()
    event.set()
    return event
