"""Structured log lines on stderr: one JSON object a line, never a card number, a name or a title.

Only counts, durations and the ids of libraries, devices and epochs are given to `event`. A traceback names lines of our
code, not values: the engine is opened with `hide_parameters`, so that an SQL error does not print what was bound.
"""

import logging
import sys

import msgspec

from central_server import clock

_logger = logging.getLogger("central_server")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at_ms": clock.now_ms(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def begin() -> None:
    """Send our lines and uvicorn's to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    for name in ("central_server", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO if name == "central_server" else logging.WARNING)


def event(name: str, **facts: str | float | None) -> None:
    """Log that `name` happened."""
    _logger.info(name, extra={"facts": facts})


def fault(name: str, **facts: str | float | None) -> None:
    """Log that `name` went wrong, with the traceback of the exception being handled."""
    _logger.error(name, exc_info=True, extra={"facts": facts})
