"""A store's files as plain bytes, page by page, as whoever has the key could read them: free pages and the log too."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local_store import StoreConfig

# SQLCipher 4 with a raw key: AES-256-CBC; each page ends with its IV (16 bytes) and HMAC-SHA512 (64).
_PAGE, _RESERVE, _SALT = 4096, 80, 16
_LOG_HEADER, _FRAME_HEADER = 32, 24


def plain_files(config: StoreConfig) -> dict[str, bytes]:
    """By name, every file in the store's folder; the store and its log decrypted."""
    found = {path.name: path.read_bytes() for path in config.path.parent.iterdir() if path.is_file()}
    for name, raw in found.items():
        if name == config.path.name:
            found[name] = b"".join(_pages(config.key, raw))
        elif name == f"{config.path.name}-wal":
            found[name] = b"".join(_frames(config.key, raw))
    return found


def files_with(config: StoreConfig, canaries: list[str]) -> dict[str, list[str]]:
    """Which canary is found in which file."""
    found = {}
    for name, plain in plain_files(config).items():
        if here := [canary for canary in canaries if canary.encode() in plain]:
            found[name] = here
    return found


def _pages(key: bytes, raw: bytes) -> list[bytes]:
    assert len(raw) % _PAGE == 0
    return [_page(key, raw[start : start + _PAGE], first=start == 0) for start in range(0, len(raw), _PAGE)]


def _frames(key: bytes, raw: bytes) -> list[bytes]:
    size = _FRAME_HEADER + _PAGE
    frames = [raw[start : start + size] for start in range(_LOG_HEADER, len(raw) - size + 1, size)]
    return [_page(key, frame[_FRAME_HEADER:], first=int.from_bytes(frame[:4], "big") == 1) for frame in frames]


def _page(key: bytes, page: bytes, *, first: bool) -> bytes:
    body = page[_SALT if first else 0 : _PAGE - _RESERVE]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(page[_PAGE - _RESERVE :][:16])).decryptor()
    return decryptor.update(body) + decryptor.finalize()
