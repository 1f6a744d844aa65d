"""What a station answers to `python -m kiosk` on its own machine: both ends of the line."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from devices.host.status_socket import RESYNC, STATUS, ask_word, serve_words
from kiosk.config import KioskConfig
from kiosk.ports.errors import StoreBroken
from kiosk.ports.private_file import make_folder

_log = logging.getLogger(__name__)

_AGAIN_S = 5.0


def answer(
    folder: Path,
    status: Callable[[], Mapping[str, object]],
    request_resync: Callable[[], None],
    stop: threading.Event,
) -> None:
    """Whoever asks, until `stop`; who sets it should ask once more."""

    def told() -> bytes:
        return json.dumps(status()).encode()

    def asked() -> bytes:
        problem = ""
        try:
            request_resync()
        except StoreBroken as error:
            problem = str(error)
        return json.dumps({"problem": problem}).encode()

    said = None
    while not stop.is_set():
        try:
            make_folder(folder)
            serve_words(folder, {STATUS: told, RESYNC: asked}, stop)
        except OSError as error:
            if said != error.strerror:
                _log.warning("the station cannot tell its status: %s", error.strerror)
            said = error.strerror
            stop.wait(_AGAIN_S)


def ask_status(config: KioskConfig) -> dict[str, object] | None:
    """What the running station says; None when none runs."""
    told = ask_word(config.data, STATUS)
    return json.loads(told) if told else None


def ask_resync(config: KioskConfig) -> str | None:
    """Asks the running station for a full resync; "" when it begins, else why not; None when none runs."""
    told = ask_word(config.data, RESYNC)
    return json.loads(told)["problem"] if told else None
