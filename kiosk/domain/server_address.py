"""Which servers a station may speak to. Nothing here is dear to import: it is asked before the first frame."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9.])?")


def server_address(url: str) -> str:
    """`url` in small letters where they do not matter, without its last "/". Raises ValueError with a sentence for what
    a station must not speak to."""
    if not url.isascii() or any(sign in url for sign in " \\\t\r\n"):
        raise ValueError(f"not an address of a server: {url!r}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        is_number = ":" in host and bool(ipaddress.IPv6Address(host))
    except ValueError as error:
        raise ValueError(f"not an address of a server: {_shown(url)}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"the server's address begins with http:// or https://, unlike {_shown(url)}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("the server's address holds no user name, question mark or #")
    if "%" in host or not (is_number or _HOST.fullmatch(host)):
        raise ValueError(f"not an address of a server: {_shown(url)}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(f"a server on another machine is spoken to by https, and {_shown(url)} is not")
    shown_host = f"[{host}]" if is_number else host
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    """Without what stands before an @: it may be a password."""
    return repr(re.sub(r"//.*@", "//…@", url))
