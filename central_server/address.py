"""The address that the server listens on."""

import ipaddress
import socket


class CannotListen(Exception):
    """The message is a sentence for the person who started the server."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` (an address, or `localhost`) and `port` (0: a free one).

    Raises `CannotListen`, also for every host that can be reached from another machine.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not _is_loopback(address):
        raise CannotListen(
            f"The server listens on this machine only (127.0.0.1, ::1, localhost), not on {host!r}: "
            "requests are not signed yet, so anybody in the network could write."
        )
    try:
        return socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise CannotListen(f"The address {host}, port {port}, cannot be had or is taken: {why}.") from error


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
