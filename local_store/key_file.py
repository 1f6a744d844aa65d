"""The key of the store, as it lies on the card: sealed to the machine that it was made on.

The file holds 32 random bytes, and the key wrapped (RFC 3394) with HKDF-SHA256 of those bytes and the machine's own
secret, where it has one: a Raspberry Pi's one-time-programmable memory. So a copied card opens nowhere else; whoever
has the recovery code may seal the key anew on another machine (one small file, and the store is not touched); and a
wrong machine is told from a damaged store. A file of 32 bytes, from before there was a seal, is the key itself.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from kiosk.ports.errors import OtherMachine, SecretUnreadable, StoreBroken
from kiosk.ports.private_file import make_private, read_private
from local_store import files

log = logging.getLogger(__name__)

LENGTH = 32
_MARK = b"tram-xanh key 1\n"
_INFO = b"tram-xanh store key 1"
_SEALED = len(_MARK) + LENGTH + LENGTH + 8
_OF_ANOTHER = ".of-another-machine"

MachineSecret = Callable[[], bytes | None]
"""32 bytes that this machine alone has; None: it has none. Raises SecretUnreadable."""


def no_secret() -> None:
    return None


def read_or_create_key(
    key_file: Path, store: Path, secret: MachineSecret = no_secret, *, may_create: bool = True
) -> bytes:
    """The key in `key_file`; a new one, durable before this returns, where neither key nor store exists.

    Raises StoreBroken for a file that is no key, and for a missing one while there is a store (or one set aside): a
    new key would make every loan in it unreadable for good. Also when there is none and `may_create` is false.
    Raises OtherMachine for a key that is sealed to another machine.
    """
    with files.disk_errors():
        if not key_file.exists():
            if store.exists() or files.left_without_store(store) or files.stores_set_aside(store):
                raise StoreBroken("the key file is missing, and there is a store that only it opens")
            if not may_create:
                raise StoreBroken("there is no key file")
            seal_key(key_file, secrets.token_bytes(LENGTH), secret)
        content = read_private(key_file)
    if len(content) == LENGTH:
        return content
    if len(content) != _SEALED or not content.startswith(_MARK):
        raise StoreBroken(f"the key file holds {len(content)} bytes, which are no key")
    key = _unsealed(content, b"")
    return _unsealed_here(content, secret) if key is None else key


def is_sealed_here(key_file: Path, secret: MachineSecret) -> bool:
    """Whether the key opens on this machine alone. Raises StoreBroken."""
    with files.disk_errors():
        content = read_private(key_file)
    mine = secret()
    return bool(mine) and len(content) == _SEALED and _unsealed(content, mine or b"") is not None


def seal_key(key_file: Path, key: bytes, secret: MachineSecret) -> bool:
    """Durable on return, in the place of what was there; a key that does not open here is kept beside it. False: this
    machine has no secret, or it cannot be read, so the key opens wherever the card is. Raises OSError."""
    try:
        mine = secret()
    except SecretUnreadable as error:
        log.warning("the key is not sealed to this machine: %s", error)
        mine = None
    salt = secrets.token_bytes(LENGTH)
    sealed = _MARK + salt + aes_key_wrap(_wrapping_key(salt, mine or b""), key)
    if key_file.exists() and _is_anothers(key_file, secret):
        make_private(key_file.with_name(key_file.name + _OF_ANOTHER), read_private(key_file))
    make_private(key_file, sealed)
    return mine is not None


def _is_anothers(key_file: Path, secret: MachineSecret) -> bool:
    try:
        read_or_create_key(key_file, key_file.with_name("none"), secret, may_create=False)
    except StoreBroken:
        return True
    return False


def _unsealed_here(content: bytes, secret: MachineSecret) -> bytes:
    mine = secret()
    key = _unsealed(content, mine) if mine else None
    if key is None:
        raise OtherMachine("this card belongs to another machine")
    return key


def _unsealed(content: bytes, secret: bytes) -> bytes | None:
    salt, wrapped = content[len(_MARK) : len(_MARK) + LENGTH], content[len(_MARK) + LENGTH :]
    try:
        return aes_key_unwrap(_wrapping_key(salt, secret), wrapped)
    except InvalidUnwrap:
        return None


def _wrapping_key(salt: bytes, secret: bytes) -> bytes:
    return HKDF(SHA256(), LENGTH, salt=None, info=_INFO).derive(salt + secret)
