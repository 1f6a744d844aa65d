"""Enrolment as two people do it: a token from the centre, four words at both ends, compared and confirmed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.processes import PATIENCE_S, ROOT, DemoFailed, Server, run_or_fail


def enrol_station(
    config: Path, server: Server, library: str, device: str, environment: Mapping[str, str] | None = None
) -> None:
    """The station of `config`, which may be running; `environment` of the enrolling process, if not ours. Raises
    DemoFailed when the two ends show other words."""
    token = new_token(server, library, device)
    words = ["provisioning", "enrol", "--server", server.url, "--token", token, "--config", str(config), "--json"]
    asked = [sys.executable, "-m", *words]
    with subprocess.Popen(asked, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as station:
        assert station.stdout is not None
        shown = station.stdout.readline()
        if not shown:
            raise DemoFailed(f"{' '.join(words[:2])} ended with {station.wait()}")
        confirm(server, library, device, json.loads(shown)["words"])
        if station.wait(PATIENCE_S) != 0:
            raise DemoFailed("the station was confirmed and does not say so")


def new_token(server: Server, library: str, device: str, *more: str) -> str:
    asked = ("enrol-token", *server.where, "--library", library, "--device", device, "--json")
    return str(json.loads(run_or_fail("central_server", *asked, *more))["token"])


def confirm(server: Server, library: str, device: str, words: list[str]) -> None:
    """What the person at the centre does who hears `words` from the station."""
    if _waiting(server, library, device)["words"] != words:
        raise DemoFailed("station and centre show other words")
    asked = ("confirm", *server.where, "--library", library, "--device", device)
    run_or_fail("central_server", *asked, "--words", " ".join(words))


def _waiting(server: Server, library: str, device: str) -> dict[str, Any]:
    listed = run_or_fail("central_server", "devices", *server.where, "--library", library, "--json")
    for one in json.loads(listed)["devices"]:
        if one["device"] == device and one["state"] == "pending":
            return dict(one)
    raise DemoFailed(f"nobody waits as {device}: {listed}")
