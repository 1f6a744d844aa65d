"""What the station has logged: in its file, or in the journal of systemd."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from devices.host.checks.reading import told_by

MOST_BYTES = 4_000_000
_MOST_LINES = "20000"
_JOURNAL = ["journalctl", "--no-pager", "--output=json", "--lines", _MOST_LINES]
_JOURNAL += ["--unit=kiosk.service", "--unit=kiosk-*", "--unit=tram-xanh-*"]


def read_log(file: Path | None, ask: Callable[[Sequence[str]], str | None] = told_by) -> list[str]:
    """Lines, oldest first; `file` None: the journal's, those of systemd itself as JSON like ours."""
    if file is None:
        return list(_journal(ask(_JOURNAL) or ""))
    older = file.with_name(file.name + ".1")
    newer = _end_of(file, MOST_BYTES)
    return [*_end_of(older, MOST_BYTES - sum(map(len, newer))), *newer]


def _end_of(file: Path, most: int) -> list[str]:
    try:
        with file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - max(0, most)))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[1:] if size > most else lines  # the first may be half of one


def _journal(told: str) -> Iterator[str]:
    for entry in told.splitlines():
        try:
            line = json.loads(entry)
        except ValueError:
            continue
        message = line.get("MESSAGE") if isinstance(line, dict) else None
        if not isinstance(message, str):
            continue
        if line.get("SYSLOG_IDENTIFIER") == "systemd":
            at = int(line.get("__REALTIME_TIMESTAMP", 0)) / 1e6
            yield json.dumps({"at": at, "level": "info", "from": "systemd", "says": message}, ensure_ascii=False)
        else:
            yield message
