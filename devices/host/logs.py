"""What the station has logged: in its file, or in the journal of systemd."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Timer
from typing import IO

MOST_BYTES = 4_000_000
PATIENCE_S = 60.0
"""A journal of months on a slow card takes its time."""

_LONGEST_LINE = 100_000
_MOST_LINES = "20000"
JOURNAL = ["journalctl", "--no-pager", "--quiet", "--reverse", "--lines", _MOST_LINES]
JOURNAL += ["--output=json", "--output-fields=MESSAGE,SYSLOG_IDENTIFIER"]
JOURNAL += ["--unit=kiosk.service", "--unit=kiosk-*", "--unit=tram-xanh-*"]


@dataclass(frozen=True, slots=True)
class Log:
    """`lines`: the newest, oldest first. `lacks`: why there are none, or older ones are missing that should be there;
    "" where nothing is."""

    lines: Sequence[str]
    lacks: str = ""


def read_log(file: Path | None, journal: Sequence[str] = JOURNAL, patience_s: float = PATIENCE_S) -> Log:
    """At most MOST_BYTES; `file` None: the journal's, those of systemd itself as JSON like ours. `journal`: what
    tells it, the newest first."""
    if file is None:
        return _of_journal(journal, patience_s)
    older = file.with_name(file.name + ".1")
    newer = _end_of(file, MOST_BYTES)
    lines = [*_end_of(older, MOST_BYTES - sum(map(len, newer))), *newer]
    return Log(lines, "" if lines else "the file of the log is empty, or not there")


def _end_of(file: Path, most: int) -> list[str]:
    try:
        with file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - max(0, most)))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[1:] if size > most else lines  # the first may be half of one


def _of_journal(journal: Sequence[str], patience_s: float) -> Log:
    try:
        asked = Popen(journal, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError:
        return Log([], f"there is no {journal[0]}")
    lines: list[str] = []
    room = MOST_BYTES
    ends = Timer(patience_s, asked.kill)
    ends.daemon = True
    with asked:
        assert asked.stdout is not None
        ends.start()
        try:
            for line in _messages(asked.stdout):
                if (room := room - len(line.encode())) < 0:
                    break
                lines.append(line)
            in_time = ends.is_alive()
        finally:
            ends.cancel()
            asked.kill()
    lines.reverse()
    if not in_time:
        return Log(lines, f"{journal[0]} did not end within {patience_s:g} s")
    return Log(lines, "" if lines else f"{journal[0]} tells nothing")


def _messages(told: IO[bytes]) -> Iterator[str]:
    """A line at a time: a whole journal need not fit into the memory."""
    while entry := told.readline(_LONGEST_LINE):
        try:
            line = json.loads(entry)
        except (ValueError, RecursionError):  # UnicodeDecodeError is one
            continue
        message = line.get("MESSAGE") if isinstance(line, dict) else None
        if not isinstance(message, str):
            continue
        if line.get("SYSLOG_IDENTIFIER") == "systemd":
            at = int(line.get("__REALTIME_TIMESTAMP", 0)) / 1e6
            yield json.dumps({"at": at, "level": "info", "from": "systemd", "says": message}, ensure_ascii=False)
        else:
            yield message
