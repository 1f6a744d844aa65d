"""What upkeep did last and how it went: a small file in the data folder, for `kiosk status`; nothing secret."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path

from kiosk.domain.clock_trust import Moment
from kiosk.ports.private_file import make_private

_log = logging.getLogger(__name__)

Entry = dict[str, object]
JOBS = ("backup", "check", "recovery")


class Diary:
    """By job: `well`, `why` not, `at` (its last time) and `good_at` (the last time it went well), both in the library's
    time or null where nobody vouched for the clock."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, Entry | None]:
        """Null for what was never done."""
        try:
            told = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            told = None
        entries = told if isinstance(told, dict) else {}
        return {job: entry if isinstance(entry := entries.get(job), dict) else None for job in JOBS}

    def good_on(self, job: str) -> date | None:
        entry = self.read()[job]
        try:
            return date.fromisoformat(str(entry and entry.get("good_at"))[:10])
        except ValueError:
            return None

    def note(self, job: str, moment: Moment, why: str | None) -> None:
        """`why` None: it went well."""
        entries = self.read()
        before = entries[job] or {}
        at = moment.local.isoformat(timespec="seconds") if moment.trusted else None
        good_at = at if why is None else before.get("good_at")
        entries[job] = {"well": why is None, "why": why, "at": at, "good_at": good_at}
        if before.get("why") != why:
            _log.log(logging.INFO if why is None else logging.WARNING, "%s: %s", job, why or "well")
        try:
            make_private(self._file, json.dumps(entries).encode())
        except OSError as error:
            _log.warning("what upkeep did cannot be noted: %s", error.strerror)
