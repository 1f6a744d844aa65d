"""One JSON object a line, for the journal. No line ever holds a name, a card number or a title."""

from __future__ import annotations

import json
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

_OURS = ("act", "ms", "figure", "value", "code")


LARGEST_FILE = 20_000_000
"""Bytes; there are two at most, so that a log never fills the disk."""


class JsonLines(logging.Formatter):
    """`at`: seconds since 1970 as the machine believes them; the order of the lines is the truth."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        line |= {key: value for key in _OURS if (value := getattr(record, key, None)) is not None}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, file: Path | None) -> None:
    handler: logging.Handler = (
        RotatingFileHandler(file, maxBytes=LARGEST_FILE, backupCount=1, encoding="utf-8")
        if file
        else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("urllib3", "kivy", "PIL", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
