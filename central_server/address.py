"""The address that the server listens on, and what https needs."""

import ipaddress
import socket
import ssl
from pathlib import Path

from central_server.cannot import CannotDo


class CannotListen(CannotDo):
    """The message is a sentence for the person who started the server."""


def secured(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What https needs; `None` without files. Raises `CannotListen`."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CannotListen("https needs both, --certificate FILE and --key FILE.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python leaves it to the system's own settings
    try:
        # Without the password of an encrypted key OpenSSL would ask at the terminal, and wait.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise CannotListen(
            f"The certificate {certificate} and the key {key} cannot be used: {error}. "
            "Needed are PEM files that belong together, the key without a password."
        ) from error
    return context


def listen(host: str, port: int, *, secure: bool) -> socket.socket:
    """A socket that listens on `host` (an address, or `localhost`) and `port` (0: a free one).

    Raises `CannotListen`, also for every host that can be reached from another machine when it is not `secure`.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not secure and not _is_loopback(address):
        raise CannotListen(
            f"Without https the server listens on this machine only (127.0.0.1, ::1, localhost), not on {host!r}: "
            "give --certificate FILE and --key FILE."
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
