"""Files that were looked at and wait for a person's word. They wait in memory, for half an hour, for that visit alone
(while one is received it may be in a file without a name, as every upload). After a new start of the server they are
sent again."""

import secrets
from dataclasses import dataclass

from central_server.imports.rows import Options

_FOR_MS = 30 * 60_000
_MOST_BYTES = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """`visit`: the cookie of whoever sent it."""

    visit: str
    library: str
    kind: str
    name: str
    raw: bytes
    options: Options
    until_ms: int


class Waiting:
    """Belongs to the event loop's one thread."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def keep(self, visit: str, library: str, kind: str, name: str, raw: bytes, options: Options, now_ms: int) -> str:
        """Let a file wait; answers the word for it. The oldest go when there are too many."""
        self._files = {token: one for token, one in self._files.items() if one.until_ms > now_ms}
        # Who sends another one means that one.
        self._files = {token: one for token, one in self._files.items() if one.visit != visit}
        while self._files and sum(len(one.raw) for one in self._files.values()) + len(raw) > _MOST_BYTES:
            del self._files[next(iter(self._files))]
        token = secrets.token_urlsafe(16)
        self._files[token] = File(visit, library, kind, name, raw, options, now_ms + _FOR_MS)
        return token

    def take(self, token: str, visit: str, library: str, now_ms: int) -> File | None:
        """The file of that word, once, for who sent it to that library."""
        file = self._files.get(token)
        if file is None or file.visit != visit or file.library != library or file.until_ms <= now_ms:
            return None
        return self._files.pop(token)
