"""A million scans of nonsense through framing, forms and session: nothing crashes, takes long or is kept."""

from __future__ import annotations

import gc
import os
import random
import secrets
import time
import traceback
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

from benchmarks.fuzzed_bytes import FuzzedBytes
from benchmarks.report import Report, options, percentile
from devices.scanners.framing import End, Framer
from kiosk.config import CodesConfig
from kiosk.domain.barcodes import Code, CodeFormats, classify
from kiosk.domain.blocks import OnLoanToAnother, TooManyLoans
from kiosk.domain.operations import OperationId
from kiosk.session import inputs as i
from kiosk.session.effects import (
    CheckIn,
    CheckOut,
    IdentifyPatron,
    ListBooks,
    Renew,
    ResolveCode,
    StoreEffect,
    TakeBack,
)
from kiosk.session.machine import Effect, step, wakes_at
from kiosk.session.notices import BookShown
from kiosk.session.states import Borrowing, Returning, SessionRules, State

RULES = SessionRules()
_ENDS: tuple[End, ...] = get_args(End)
_SILENCE_S = 0.05
_DUE = date(2026, 12, 7)
_MOST_LATE = 40
_WARM = 0.1  # of the scans, before the memory is measured for the first time

ONE_PATTERN = CodesConfig(card="(HS|GV)[0-9]{6}|[0-9]{5}", item=r"(TK|SGK|TC|TT)\.[0-9]{4,6}|[0-9]{5}").formats()
SEVERAL_FORMS = CodesConfig(
    card=[
        {"prefix": "HS", "length": [6, 9]},
        {"prefix": "2", "length": 14, "check_digit": "luhn", "strip": ["check_digit", "spaces"]},
        {"pattern": "[0-9]+X?", "check_digit": "mod11", "strip": ["letters"]},
    ],
    item=[
        {"pattern": "[0-9]{4,6}", "prefix": "TK.", "strip": ["prefix"]},
        {"prefix": "3", "length": 14, "check_digit": "luhn"},
        {"prefix": "200", "check_digit": "ean13", "strip": ["prefix", "check_digit"]},
        {"suffix": "$", "pattern": ".{2,20}", "check_digit": "mod43", "strip": ["suffix", "check_digit"]},
    ],
).formats()
WHATEVER = CodesConfig(card="[^ ]*", item={"pattern": ".*", "strip": ["letters", "spaces"]}).formats()
"""Takes almost all for a code, so that the session meets it."""


@dataclass
class Fuzzed:
    """What came of it. `citizens_kept`: scans of a whole citizen card whose number was kept."""

    took_s: array[float]
    scans: int = 0
    crashes: int = 0
    first_crash: str = ""
    citizens_kept: int = 0
    grown_mb: float = 0.0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)


class Corner:
    """Scanners of every kind of line end, and the session that they scan into. The store answers at once, late or
    never, and anything that may be true."""

    def __init__(self, chance: random.Random, look: Callable[[str, CodeFormats], Code]) -> None:
        self._chance = chance
        self._classify = look
        self._state = State()
        self._late: list[StoreEffect] = []
        self._seq = 0
        self._at = 0.0
        self._framers = [
            Framer(end, _SILENCE_S, prefix, suffix) for end in _ENDS for prefix, suffix in (("", ""), ("\x02", "\x03"))
        ]
        self.kept: list[str] = []  # the texts of the scans that were played last

    @property
    def doing(self) -> str:
        return type(self._state.doing).__name__

    def forget(self) -> None:
        self._state = State()
        self._late.clear()
        for framer in self._framers:
            framer.reset()

    def scan(self, chunks: Sequence[bytes]) -> None:
        """From the first byte to the last answer that comes at once."""
        framer = self._chance.choice(self._framers)
        formats = self._chance.choice((ONE_PATTERN, SEVERAL_FORMS, WHATEVER))
        self.kept.clear()
        raw = [scan for chunk in chunks for scan in framer.feed(chunk, self._at)]
        if self._chance.random() < 0.8:  # else what comes next is glued to it
            raw += framer.flush(self._at + _SILENCE_S)
        for scan in raw:
            code = self._classify(scan.text, formats)
            self.kept += (code.text, code.item_text)
            self._play(i.Scanned(code, self._at))

    def meanwhile(self) -> None:
        """Time, a hand on the screen, late answers, a pulled plug, a full disk."""
        chance = self._chance.random
        self._at += self._chance.choice((0.1, 0.1, 1.0, 3.5, 16.0))
        due = wakes_at(self._state, RULES)
        if due is not None and due <= self._at:
            self._play(i.Tick(self._at))
        if chance() < 0.15:
            self._play(self._touch())
        if self._late and chance() < 0.3:
            self._play(self._answer(self._late.pop(self._chance.randrange(len(self._late)))))
        if chance() < 0.01:
            self._chance.choice(self._framers).reset()
        if chance() < 0.002:
            self._play(i.StoreFailed("K-05", self._at))
            self._play(i.StoreRecovered(self._at))

    def _play(self, happened: i.Input) -> None:
        self._state, effects = step(self._state, happened, RULES)
        for ask in effects:
            self._put(ask)

    def _put(self, ask: Effect) -> None:
        if not isinstance(ask, StoreEffect):
            return
        if self._chance.random() < 0.8:
            self._play(self._answer(ask))
        elif len(self._late) < _MOST_LATE:
            self._late.append(ask)

    def _touch(self) -> i.Input:
        doing = self._state.doing
        rows = doing.rows if isinstance(doing, Borrowing | Returning) else ()
        row = self._chance.choice(rows) if rows else None
        chosen = self._chance.randrange(6)
        if row and row.operation and chosen == 0:
            return i.TakeOffTouched(row.operation, self._at)
        if row and chosen == 1:
            return i.RenewTouched(row.book.barcode, self._at)
        return i.Touched(self._chance.choice(tuple(i.Button)), self._at)

    def _answer(self, ask: StoreEffect) -> i.Input:
        key, at, chosen = (ask.visit, ask.request), self._at, self._chance.randrange(4)
        self._seq += 1
        operation = OperationId("e", self._seq)
        match ask:
            case IdentifyPatron(card=card):
                return (
                    i.PatronFound(*key, card, card, "Minh An", 0, 5, (), at) if chosen else i.PatronNotFound(*key, at)
                )
            case ResolveCode(text=text, as_item=as_item):
                return i.CodeResolved(*key, text, bool(chosen & 1), bool(chosen & 2), at, as_item)
            case CheckOut(barcode=barcode) if chosen == 0:
                return i.LoanRefused(*key, _book(barcode), (OnLoanToAnother(), TooManyLoans(5)), at)
            case CheckOut(barcode=barcode) if chosen == 1:
                return i.ItemNotFound(*key, barcode, at)
            case Renew(barcode=barcode) if chosen == 0:
                return i.NotRenewed(*key, barcode, (), at)
            case CheckOut(barcode=barcode) | Renew(barcode=barcode):
                return i.LoanRecorded(*key, operation, _book(barcode), _DUE, None, 1, chosen == 3, at)
            case CheckIn(barcode=barcode, only_if_lent=True) if chosen < 2:
                return i.NobodyHasIt(*key, barcode, _book(barcode) if chosen else None, at)
            case CheckIn(barcode=barcode):
                return i.ReturnRecorded(*key, operation, _book(barcode), chosen > 0, None, at)
            case TakeBack(operation=taken):
                return i.TakenBack(*key, taken, 0, at) if chosen else i.NotTakenBack(*key, taken, at)
            case ListBooks():
                return i.BooksListed(*key, (), (), at)
            case _:
                return i.NotAsked(*key, at)


def _book(barcode: str) -> BookShown:
    return BookShown(barcode, barcode, "Dế Mèn phiêu lưu ký", "Tô Hoài")


def fuzz(count: int, seed: int, look: Callable[[str, CodeFormats], Code] = classify) -> Fuzzed:
    """`look`: what tells the kinds of code."""
    chance = random.Random(seed)
    bytes_, corner = FuzzedBytes(chance), Corner(chance, look)
    found = Fuzzed(array("d", bytes(8 * count)))
    warm_mb, warm = 0.0, int(count * _WARM)
    began = time.perf_counter()
    for number in range(count):
        if number == warm:
            warm_mb = _rss_mb()
        kind, chunks = bytes_.next()
        start = time.perf_counter()
        try:
            corner.scan(chunks)
            found.took_s[number] = time.perf_counter() - start
            corner.meanwhile()
        except Exception as error:
            found.crashes += 1
            if not found.first_crash:
                found.first_crash = f"scan {number}: {traceback.format_exception_only(error)[-1].strip()}"
            corner.forget()
        found.kinds[kind] += 1
        found.states[corner.doing] += 1
        if kind == "citizen" and any(bytes_.citizen in text for text in corner.kept):
            found.citizens_kept += 1
    found.scans, found.seconds = count, time.perf_counter() - began
    found.grown_mb = _rss_mb() - warm_mb
    return found


def _rss_mb() -> float:
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def main() -> None:
    chosen = options(__doc__, {"seed": (None, "of what is scanned; else another one each time")})
    seed = secrets.randbelow(1 << 32) if chosen.seed is None else chosen.seed
    found = fuzz(20_000 if chosen.quick else 1_000_000, seed)
    report = Report("scan_fuzz")
    report.figure("crashes", found.crashes, "scans", 0)
    report.figure("citizens_kept", found.citizens_kept, "scans", 0)
    report.figure("p99_ms", percentile(found.took_s, 99) * 1000, "ms", 50)
    report.figure("longest_ms", max(found.took_s) * 1000, "ms")
    report.figure("memory_growth_mb", found.grown_mb, "MB", 5)
    report.figure("scans_per_s", found.scans / found.seconds, "/s", better="higher")
    report.context |= {"seed": seed, "scans": found.scans, "seconds": round(found.seconds, 1)}
    report.context |= {"kinds": dict(found.kinds), "states": dict(found.states), "first_crash": found.first_crash}
    report.show(chosen.json)


if __name__ == "__main__":
    main()
