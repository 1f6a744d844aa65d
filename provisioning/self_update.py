"""An update, from a bundle to a release that has proved itself, or back to the one before. Every step may be the last
before a kill: the next run, or the chooser at the next start, finishes it or undoes it (docs/decisions/0029).

Two things decide. A release is called by its version only when it is whole; and `releases.json`, written whole, says
which one is current. The symlink and the restart follow what it says; `restart-due` lies beside it until they have.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from provisioning.bundle import (
    BundleRefused,
    IsSigned,
    Manifest,
    Station,
    Why,
    check_files,
    check_fit,
    open_bundle,
    read_manifest,
    unpack,
)
from provisioning.chooser.choose import (
    TRIAL_S,
    Places,
    Releases,
    boot_id,
    boottime,
    lock,
    number_of,
    point_to,
    read_mark,
    read_releases,
    sync_folder,
    usable_releases,
    write_releases,
)
from provisioning.release_folder import (
    build_release,
    facts_of,
    releases_in,
    remove_halves,
    remove_release,
    unfinished,
)

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_LOOK_AT_SESSION_EVERY_S = 2.0
_SPARE_BYTES = 100_000_000
_HOME, _RESTING = "home", "resting"
"""Screens in front of which nobody is in the middle of something. A station rests while its store does not open (K-03,
K-07): no release could prove itself there, whatever it is worth."""

Status = Callable[[], Mapping[str, object] | None]
"""What the running station says of itself (kiosk.upkeep.status.Running); None: none runs."""


class Outcome(Enum):
    PROVED = auto()
    TAKEN_BACK = auto()  # the release before it runs again
    IN_USE = auto()  # somebody stood there all the time; everything is prepared for the next run
    RESTS = auto()  # its store does not open; as above


class Busy(Exception):
    """Another update is being made."""


def signed_by(publisher: Path) -> IsSigned:
    """Raises OSError, and ValueError for what is no Ed25519 public key in PEM."""
    key = load_pem_public_key(publisher.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{publisher}: not an Ed25519 key")

    def is_signed(content: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    return is_signed


def this_station(places: Places, now_ms: int) -> Station:
    """What a bundle must fit. Raises OSError, ValueError (no release is installed)."""
    known = read_releases(places)
    if not known.current:
        raise ValueError("no release is installed here")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Station(known.current, known.refused, python, os.uname().machine, now_ms)


def check_bundle(file: BinaryIO, is_signed: IsSigned, station: Station, *, again: bool = False) -> Manifest:
    """All that can be said of it before anything of it is written. Raises BundleRefused and OSError."""
    manifest = read_manifest(file, is_signed)
    check_fit(manifest, station, again=again)
    check_files(file, manifest)
    return manifest


def check_room(places: Places, manifest: Manifest) -> None:
    """For what is built of it. Raises BundleRefused and OSError."""
    if shutil.disk_usage(places.releases).free < manifest.room + _SPARE_BYTES:
        raise BundleRefused(Why.NO_ROOM, f"{manifest.room} bytes")


class Updater:
    """`restart` starts the station anew, by the symlink. `now_ms`: as in bundle.Station. `tell` is called with each
    step's name before it is taken, in any order that a resumed update needs."""

    def __init__(
        self,
        places: Places,
        is_signed: IsSigned,
        restart: Callable[[], None],
        status: Status,
        now_ms: Callable[[], int],
        *,
        tell: Callable[[str], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
        within_s: float = TRIAL_S,
        patience_s: float = 0.0,
    ) -> None:
        self._places = places
        self._is_signed = is_signed
        self._restart = restart
        self._status = status
        self._now_ms = now_ms
        self._tell = tell
        self._pause = pause
        self._within_s = within_s
        self._patience_s = patience_s

    def resume(self) -> Outcome | None:
        """Finishes or undoes what an earlier run began; None: nothing was. Raises Busy and OSError."""
        with self._alone():
            return self._resume()

    def update(self, bundle: Path, *, again: bool = False) -> Outcome:
        """`again`: also what was taken back here, and also while the station rests. Raises BundleRefused, with nothing
        changed; CannotBuild; Busy; OSError; ValueError where none is installed."""
        with self._alone():
            begun = self._resume(again=again)
            if begun in (Outcome.IN_USE, Outcome.RESTS):
                return begun
            try:
                manifest = self._take_in(bundle, again)
            except BaseException:
                remove_halves(self._places.releases)  # at once: it may be the disk that is full
                raise
            if waits := self._why_it_waits(though_it_rests=again):
                return waits
            self._step("trial")
            with lock(self._places):
                self._switch(read_releases(self._places).trying(manifest.version))
            return self._see_it_through(manifest.version)

    # ---- before anything changes

    def _take_in(self, bundle: Path, again: bool) -> Manifest:
        """The release of `bundle` is there, whole, and nobody uses it yet."""
        station = this_station(self._places, self._now_ms())
        with open_bundle(bundle) as file:
            self._step("verify")
            manifest = check_bundle(file, self._is_signed, station, again=again)
            release = self._places.releases / manifest.version
            if release.exists():
                if facts_of(release).get("manifest") == manifest.digest:
                    return manifest
                remove_release(self._places.releases, manifest.version)  # another build, that nobody ever used
            check_room(self._places, manifest)
            self._step("unpack")
            unpacked = unfinished(self._places.releases, f"{manifest.version}.bundle")
            unpack(file, manifest, unpacked)
        self._step("build")
        build_release(unpacked, self._places.releases)
        self._step("built")
        shutil.rmtree(unpacked)
        return manifest

    def _why_it_waits(self, *, though_it_rests: bool) -> Outcome | None:
        """None: it can be started anew now. Looked at twice: who has just finished may begin again."""
        until = boottime() + self._patience_s
        seen = 0
        while True:
            status = self._status()
            if status is None:
                return None
            screen = status.get("screen")
            if screen == _RESTING and not though_it_rests:
                return Outcome.RESTS
            seen = seen + 1 if screen in (_HOME, _RESTING) else 0
            if seen == 2:
                return None
            if not seen and boottime() >= until:
                return Outcome.IN_USE
            self._pause(_LOOK_AT_SESSION_EVERY_S)

    # ---- the switch, and what comes of it

    @property
    def _restart_due(self) -> Path:
        return self._places.kept / "restart-due"

    def _switch(self, to: Releases) -> None:
        """Decides, with the lock held; the restart comes after it, for the chooser needs the lock."""
        self._restart_due.touch()
        sync_folder(self._places.kept)
        self._step("record")
        write_releases(self._places, to)

    def _follow_what_is_due(self) -> None:
        """The symlink and the station do what releases.json says."""
        known = read_releases(self._places)
        if known.current and self._must_restart(known):
            self._step("point")
            point_to(self._places, known.current)
            with suppress(OSError):  # not there; or not what it should be, and then no proof either
                (self._places.marks / "proved").unlink()
            self._step("restart")
            self._restart()
            self._step("restarted")
        self._restart_due.unlink(missing_ok=True)

    def _must_restart(self, known: Releases) -> bool:
        """Not where the chooser has begun the trial already, at a start of its own: another one would take the proof
        away, and the chooser would see a trial whose time is over."""
        begun = known.trial is not None and known.trial.starts > 0
        return self._restart_due.exists() and not begun

    def _see_it_through(self, version: str) -> Outcome:
        """Of the trial of `version`; a switch that is due comes first."""
        self._follow_what_is_due()
        waits_since = boottime()
        while True:
            with lock(self._places):
                known = read_releases(self._places)
                if known.trial is None:  # the chooser has looked first
                    break
                if read_mark(self._places, "proved") == known.trial.version:
                    self._step("prove")
                    write_releases(self._places, known.proved())
                    break
                began = known.trial.began_boottime if known.trial.boot_id == boot_id() else waits_since
                if boottime() - began > self._within_s:
                    self._step("take back")
                    self._switch(known.taken_back(usable_releases(self._places)))
                    break
            self._pause(_LOOK_EVERY_S)
        self._follow_what_is_due()
        self._tidy()
        known = read_releases(self._places)
        stays = known.current == version and version not in known.refused
        return Outcome.PROVED if stays else Outcome.TAKEN_BACK

    # ---- what an earlier run left

    def _resume(self, *, again: bool = False) -> Outcome | None:
        known = read_releases(self._places)
        if self._must_restart(known):
            on_the_way_back = known.trial is None  # from what may rest because of itself
            if waits := self._why_it_waits(though_it_rests=on_the_way_back or again):
                return waits
        if known.trial is not None:
            self._step("resume")
            return self._see_it_through(known.trial.version)
        self._follow_what_is_due()
        self._tidy()
        return None

    def _tidy(self) -> None:
        """Nobody is on trial: what is neither current, nor previous, nor waits to be tried, goes."""
        known = read_releases(self._places)
        if known.trial is not None or not known.current:
            return
        self._step("tidy")
        current = known.current
        if known.previous in ("", *known.refused):  # nobody knows, or what was come back from
            there = [one for one in releases_in(self._places.releases) if one not in known.refused]
            before = next((one for one in reversed(there) if number_of(one) < number_of(current)), "")
            if before != known.previous:
                with lock(self._places):
                    known = replace(read_releases(self._places), previous=before)
                    write_releases(self._places, known)
        point_to(self._places, current)
        remove_halves(self._places.releases)
        for version in releases_in(self._places.releases):
            waits = number_of(version) > number_of(current) and version not in known.refused
            if version not in (current, known.previous) and not waits:
                log.info("release %s is removed", version)
                remove_release(self._places.releases, version)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._places.kept / "update.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy from error
            yield
        finally:
            os.close(handle)

    def _step(self, name: str) -> None:
        log.info("update: %s", name)
        self._tell(name)
