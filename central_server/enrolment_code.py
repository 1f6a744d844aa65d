"""The enrolment code (docs/protocol.md): all that a blank station needs to find us, as one text for a QR code."""

import base64
import hashlib
import ipaddress
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from central_server.cannot import CannotDo

BEGINNING = "TXE1:"
LONGEST = 500
LONGEST_URL = 200
LONGEST_SSID = 32
"""Bytes."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 63


@dataclass(frozen=True, slots=True)
class Wifi:
    """`password` "": an open network."""

    ssid: str
    password: str


def code_text(url: str, library: str, device: str, token: bytes, pin: bytes | None, wifi: Wifi | None) -> str:
    """Letters, digits and a colon only: the densest kind of QR code, and every keyboard layout has them. `token`: 16
    bytes, `pin`: 32. Raises `CannotDo` for what no station would take."""
    address = station_url(url)
    if pin is not None and not address.startswith("https:"):
        raise CannotDo(f"An authority vouches for a server with https, unlike {url}.")
    network = None if wifi is None else [_ssid(wifi.ssid), _password(wifi.password)]
    content = msgspec.msgpack.encode([address, library, device, token, pin, network])
    text = BEGINNING + base64.b32encode(content + zlib.crc32(content).to_bytes(4)).decode().rstrip("=")
    if len(text) > LONGEST:
        raise CannotDo(f"The enrolment code would be {len(text)} characters long, and no station reads over {LONGEST}.")
    return text


def pin_of(authority: Path) -> bytes:
    """What a station knows the certificate in `authority` by. Raises `CannotDo`."""
    return pin_of_pem(read_authority(authority))


def pin_of_pem(authority: bytes) -> bytes:
    """The same of the certificate itself (PEM)."""
    return hashlib.sha256(x509.load_pem_x509_certificate(authority).public_bytes(Encoding.DER)).digest()


def read_authority(path: Path) -> bytes:
    """The one certificate (PEM) in the file. Raises `CannotDo`."""
    try:
        (certificate,) = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CannotDo(f"{path} is not a file with one certificate (PEM): {error}.") from error
    return certificate.public_bytes(Encoding.PEM)


def station_url(url: str) -> str:
    """`url` as stations take it. Raises `CannotDo`."""
    wrong = CannotDo(f"A station cannot be sent to {url!r}: like https://thu-vien.example.vn, or http:// on loopback.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_URL:
        raise wrong
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise wrong from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not secure or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise wrong
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _ssid(name: str) -> str:
    if not 1 <= len(name.encode()) <= LONGEST_SSID or not name.isprintable():
        raise CannotDo(f"A Wi-Fi network has a name of 1 to {LONGEST_SSID} bytes, not {name!r}.")
    return name


def _password(password: str) -> str:
    if password and not (
        SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD and password.isascii() and password.isprintable()
    ):
        raise CannotDo(
            f"A Wi-Fi password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} letters, digits and signs of a keyboard."
        )
    return password


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
