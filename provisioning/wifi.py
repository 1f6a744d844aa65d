"""python -m provisioning wifi: what root's unit runs when a station asks to join a wireless network.

The station leaves the name and the password in its own folder under /run (devices.host.network). Nothing of it is put
into a shell, a command line or between quotation marks: what NetworkManager reads are digits and letters a to f.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import stat
import subprocess
import uuid
from pathlib import Path

import msgspec

from kiosk.domain.enrolment_code import Wifi, is_wifi
from kiosk.i18n import Translator
from kiosk.ports.private_file import make_private
from provisioning.commands import ASKED_WRONGLY, COULD_NOT, DONE, LANGUAGE, Parsers, complain

CONNECTION = "tram-xanh"
_FILE = f"{CONNECTION}.nmconnection"
_UUID = uuid.UUID("5d1f6f0e-3f2c-4a77-9d52-6f0b8f0a7c11")
_MOST_BYTES = 1024
_JOIN_WITHIN_S = 45


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    ssid: str
    password: str


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "join the wireless network that the station asks for (given by root's unit)"
    command = commands.add_parser("wifi", parents=[LANGUAGE], help=about)
    command.add_argument("--request", required=True, type=Path, metavar="FILE")
    command.add_argument("--connections", required=True, type=Path, metavar="DIR", help="NetworkManager's own folder")
    command.add_argument("--only-write", action="store_true", help="do not tell NetworkManager")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    try:
        while True:
            asked = options.request.lstat()
            wifi = read_request(options.request)
            if wifi is None:
                options.request.unlink(missing_ok=True)
                complain(words.text("This is no request for a wireless network."))
                return ASKED_WRONGLY
            make_private(options.connections / _FILE, keyfile(wifi).encode("ascii"))
            if not options.only_write and not _join():
                complain(words.text("The network cannot be joined: {why}.", why="NetworkManager"))
                return COULD_NOT  # the request stays: so the station knows
            if _took(options.request, asked):
                break
    except OSError as error:
        complain(words.text("The network cannot be joined: {why}.", why=error.strerror or type(error).__name__))
        return COULD_NOT
    return DONE


def _took(request: Path, asked: os.stat_result) -> bool:
    """Takes the request away, unless another came while the first was answered: a corrected password, say."""
    try:
        now = request.lstat()
        if (now.st_ino, now.st_mtime_ns) != (asked.st_ino, asked.st_mtime_ns):
            return False
        request.unlink()
    except FileNotFoundError:
        pass
    return True


def read_request(path: Path) -> Wifi | None:
    """None when it is none. Whoever owns the folder may have put anything there: a link is not followed. Raises
    OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        content = file.read(_MOST_BYTES + 1)
    try:
        request = msgspec.json.decode(content, type=_Request) if len(content) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    wifi = Wifi(request.ssid, request.password) if request else None
    return wifi if wifi is not None and is_wifi(wifi) else None


def keyfile(wifi: Wifi) -> str:
    """The connection in NetworkManager's own form. The name as numbers of bytes, the password as the key that IEEE
    802.11 makes of both: so nothing in it can end a line or begin another."""
    ssid = wifi.ssid.encode()
    numbers = "".join(f"{byte};" for byte in ssid)
    lines = [
        "[connection]",
        f"id={CONNECTION}",
        f"uuid={_UUID}",
        "type=wifi",
        "autoconnect=true",
        "",
        "[wifi]",
        "mode=infrastructure",
        f"ssid={numbers}",
    ]
    if wifi.password:
        key = hashlib.pbkdf2_hmac("sha1", wifi.password.encode("ascii"), ssid, 4096, 32)
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={key.hex()}"]
    lines += ["", "[ipv4]", "method=auto", "", "[ipv6]", "method=auto"]
    return "\n".join(lines) + "\n"


def _join() -> bool:
    """Whether NetworkManager is there: that it cannot join is seen by the station, which stays without a network."""
    try:
        loaded = subprocess.run(["nmcli", "connection", "reload"], check=False, timeout=_JOIN_WITHIN_S)
        if loaded.returncode != 0:
            return False
        join = ["nmcli", "--wait", str(_JOIN_WITHIN_S - 5), "connection", "up", "id", CONNECTION]
        subprocess.run(join, check=False, timeout=_JOIN_WITHIN_S)
    except subprocess.TimeoutExpired:
        return True
    except FileNotFoundError:
        return False
    return True
