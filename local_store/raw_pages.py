"""The pages of a damaged store as they lie in its files, without SQLite, which gives up at the first that is wrong.

Formats: https://www.sqlite.org/fileformat2.html, and SQLCipher 4's pages (https://www.zetetic.net/sqlcipher/design/):
AES-256-CBC with a raw key; each page ends with its IV (16 bytes) and an HMAC-SHA512 (64) of what is before it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SIZE = 4096
USABLE = SIZE - 80
_SALT = 16
_IV_ENDS = USABLE + 16
_LOG_HEADER, _FRAME_HEADER = 32, 24
_LEAF_TABLE, _INNER_TABLE, _LEAF_INDEX, _INNER_INDEX = 0x0D, 0x05, 0x0A, 0x02

Value = None | int | float | str | bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Decrypted. `authentic`: it is as it was once written; else some of it may be right all the same."""

    content: bytes
    authentic: bool


@dataclass(frozen=True, slots=True)
class RawRow:
    """`rowid` None: of an index, or of a table without them."""

    rowid: int | None
    values: Sequence[Value]
    authentic: bool


@dataclass(slots=True)
class RawStore:
    """The newest committed version of each page, by number. `log_damage`: frames of the log that are not authentic."""

    pages: dict[int, Page] = field(default_factory=dict)
    log_damage: int = 0

    def rows(self) -> Iterator[RawRow]:
        """Whatever can be taken for a row, of any table; of pages that are not authentic there may be nonsense."""
        for page in self.pages.values():
            yield from self._rows_of(page, 0)
        if 1 in self.pages:
            yield from self._rows_of(self.pages[1], 100)

    def is_intact(self, table: str) -> bool:
        """Whether every page of the table is there and authentic, so that no row of it can be missing."""
        root = next((row.values[3] for row in self._tree(1, set()) if row and row.values[:2] == ["table", table]), None)
        return isinstance(root, int) and all(row and row.authentic for row in self._tree(root, set()))

    def _tree(self, number: int, seen: set[int]) -> Iterator[RawRow | None]:
        """Every row of a table's tree from this page on; a None for each part that cannot be followed."""
        page = self.pages.get(number)
        if page is None or not page.authentic or number in seen:
            yield None
            return
        seen.add(number)
        start = 100 if number == 1 else 0
        if page.content[start] == _LEAF_TABLE:
            for cell in _cells(page.content, start):
                yield self._row(page, start, cell)
        elif page.content[start] == _INNER_TABLE:
            for cell in _cells(page.content, start):
                yield from self._tree(_number(page.content, cell), seen)
            yield from self._tree(_number(page.content, start + 8), seen)
        else:
            yield None

    def _rows_of(self, page: Page, start: int) -> Iterator[RawRow]:
        if page.content[start] in (_LEAF_TABLE, _LEAF_INDEX, _INNER_INDEX):
            for cell in _cells(page.content, start):
                row = self._row(page, start, cell)
                if row is not None:
                    yield row

    def _row(self, page: Page, start: int, at: int) -> RawRow | None:
        kind = page.content[start]
        try:
            at += 4 if kind == _INNER_INDEX else 0
            size, at = _varint(page.content, at)
            rowid = None
            if kind == _LEAF_TABLE:
                rowid, at = _varint(page.content, at)
            payload, authentic = self._payload(page, at, size, table=kind == _LEAF_TABLE)
            return RawRow(rowid, _values(payload), authentic)
        except (IndexError, ValueError):
            return None

    def _payload(self, page: Page, at: int, size: int, *, table: bool) -> tuple[bytes, bool]:
        """Also what flows over into pages of its own. Raises ValueError."""
        most = USABLE - 35 if table else (USABLE - 12) * 64 // 255 - 23
        if size <= most:
            return _slice(page.content, at, size), page.authentic
        least = (USABLE - 12) * 32 // 255 - 23
        here = least + (size - least) % (USABLE - 4)
        here = here if here <= most else least
        payload, authentic = _slice(page.content, at, here), page.authentic
        following = _number(page.content, at + here)
        if size > len(self.pages) * USABLE:  # else pages that lead to each other would be read until memory ends
            raise ValueError("longer than all that there is")
        while len(payload) < size:
            page = self.pages[following] if following in self.pages else _nothing()
            payload += _slice(page.content, 4, min(size - len(payload), USABLE - 4))
            authentic = authentic and page.authentic
            following = _number(page.content, 0)
        return payload, authentic


def read_raw(path: Path, key: bytes, other_salt: bytes | None = None) -> RawStore:
    """The store at `path` with its log, as far as there is something. `other_salt`: of a backup, which has the same
    where it was written with the same key. Raises OSError."""
    store = RawStore()
    raw = path.read_bytes() if path.exists() else b""
    cipher = _Pages(key, raw[:_SALT], other_salt)
    for number in range(1, len(raw) // SIZE + 1):
        store.pages[number] = cipher.page(number, raw[(number - 1) * SIZE : number * SIZE])
    log = path.with_name(path.name + "-wal")
    if log.exists():
        _read_log(store, cipher, log.read_bytes())
    return store


def salt_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SALT)


class _Pages:
    def __init__(self, key: bytes, *salts: bytes | None) -> None:
        self._key = key
        self._hmac_keys = [
            hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32) for salt in salts if salt
        ]

    def page(self, number: int, raw: bytes) -> Page:
        start = _SALT if number == 1 else 0
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(raw[USABLE:_IV_ENDS])).decryptor()
        content = decryptor.update(raw[start:USABLE]) + decryptor.finalize()
        signed = raw[start:_IV_ENDS] + number.to_bytes(4, "little")
        authentic = any(hmac.digest(hmac_key, signed, "sha512") == raw[_IV_ENDS:SIZE] for hmac_key in self._hmac_keys)
        return Page(bytes(start) + content, authentic)


def _read_log(store: RawStore, cipher: _Pages, log: bytes) -> None:
    """Frames count once the transaction that they belong to has its last. Those of an earlier round of the log have
    other salts, and stand in the database already."""
    size = _FRAME_HEADER + SIZE
    frames = [log[at : at + size] for at in range(_LOG_HEADER, len(log) - size + 1, size)]
    if not frames:
        return
    salts = frames[0][8:16]
    store.log_damage += log[16:24] != salts
    ours = [index for index, frame in enumerate(frames) if frame[8:16] == salts]
    uncommitted: dict[int, Page] = {}
    for frame in frames[: ours[-1] + 1]:
        number = int.from_bytes(frame[:4], "big")
        page = cipher.page(number, frame[_FRAME_HEADER:])
        if frame[8:16] != salts or not page.authentic:
            store.log_damage += 1
        if frame[8:16] == salts:
            uncommitted[number] = page
            if any(frame[4:8]):
                store.pages |= uncommitted
                uncommitted = {}


def _cells(content: bytes, start: int) -> Iterator[int]:
    inner = content[start] in (_INNER_TABLE, _INNER_INDEX)
    count = int.from_bytes(content[start + 3 : start + 5], "big")
    first = start + (12 if inner else 8)
    for at in range(first, min(first + 2 * count, USABLE - 1), 2):
        yield int.from_bytes(content[at : at + 2], "big")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """The number, and where it ends."""
    value = 0
    for step in range(8):
        byte = content[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | content[at + 8], at + 9


def _values(payload: bytes) -> list[Value]:
    """A record's. Raises IndexError or ValueError for what is none."""
    body, at = _varint(payload, 0)
    end = body
    values: list[Value] = []
    while at < end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        values.append(value)
    return values


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in (8, 9):
        return kind - 8, at
    if kind < 7:
        size = (1, 2, 3, 4, 6, 8)[kind - 1]
        return int.from_bytes(_slice(payload, at, size), "big", signed=True), at + size
    if kind < 12:
        raise ValueError("a real number, or a kind that there is not")
    size = (kind - 12) // 2
    found = _slice(payload, at, size)
    return (found.decode() if kind % 2 else found), at + size


def _slice(content: bytes, at: int, size: int) -> bytes:
    found = content[at : at + size]
    if len(found) != size:
        raise ValueError("cut off")
    return found


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(_slice(content, at, 4), "big")


def _nothing() -> Page:
    raise ValueError("a page is missing")
