"""How a process ends that has met a bug."""

from __future__ import annotations

import logging
import os
import sys
import threading

_log = logging.getLogger(__name__)


def end_the_process(args: threading.ExceptHookArgs) -> None:
    """A thread met a bug: half a kiosk is worse than none, and systemd brings a whole one back."""
    name = args.thread.name if args.thread else "?"
    trace = (args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
    _log.critical("thread %s ended by a bug", name, exc_info=trace)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(70)
