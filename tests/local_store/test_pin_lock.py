"""PINs as they are kept: nothing but the same PIN of the same patron, at the same station, opens one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from kiosk.ports.errors import StoreBroken
from local_store.pin_lock import LANES, MEMORY_KIB, PASSES, StorePinLock

KEY = bytes(range(32))
LOCK = StorePinLock(lambda: KEY, "hoa-sen", "tram-1")
SEALED = LOCK.seal("471193", "p1")


def test_the_same_pin_opens_it_and_no_other() -> None:
    assert LOCK.opens("471193", "p1", SEALED)
    for wrong in ("471194", "47119", "4711930", "", "0471193", " 471193"):
        assert not LOCK.opens(wrong, "p1", SEALED)


@pytest.mark.parametrize(
    "other",
    [
        StorePinLock(lambda: bytes(32), "hoa-sen", "tram-1"),
        StorePinLock(lambda: KEY, "hoa-mai", "tram-1"),
        StorePinLock(lambda: KEY, "hoa-sen", "tram-2"),
    ],
    ids=["with another key", "of another library", "at another station"],
)
def test_it_means_nothing_anywhere_else(other: StorePinLock) -> None:
    assert not other.opens("471193", "p1", SEALED)


def test_one_patrons_is_never_anothers() -> None:
    assert not LOCK.opens("471193", "p2", SEALED)
    assert LOCK.seal("471193", "p2") != SEALED


def test_the_same_pin_never_looks_the_same() -> None:
    assert LOCK.seal("471193", "p1") != SEALED


def test_what_it_was_made_with_stands_in_the_text() -> None:
    assert SEALED.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$")
    assert (MEMORY_KIB, PASSES, LANES) == (19456, 2, 1)
    assert "471193" not in SEALED


def test_one_made_with_less_or_more_opens_still() -> None:
    """`seal` with other figures, as an older or a newer release would."""
    import base64

    for memory, passes in ((8 * 1024, 1), (32 * 1024, 3)):
        salt = b"0123456789abcdef"
        made = LOCK._argon2(salt, "p1", memory, passes, 1).derive(b"471193")
        parts = [base64.b64encode(part).decode().rstrip("=") for part in (salt, made)]
        text = f"$argon2id$v=19$m={memory},t={passes},p=1${parts[0]}${parts[1]}"
        assert LOCK.opens("471193", "p1", text)
        assert not LOCK.opens("471194", "p1", text)


SPOILT: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "the PIN itself": lambda _: "471193",
    "a line more": lambda sealed: sealed + "\n",
    "a letter less": lambda sealed: sealed[:-1],
    "another kind of Argon2": lambda sealed: sealed.replace("argon2id", "argon2i"),
    "another version": lambda sealed: sealed.replace("v=19", "v=16"),
    "too many digits": lambda sealed: sealed.replace("m=19456", "m=99999999"),
    "nine GB of memory": lambda sealed: sealed.replace("m=19456", "m=9999999"),
    "passes for minutes": lambda sealed: sealed.replace("t=2", "t=999"),
    "no lane": lambda sealed: sealed.replace("p=1", "p=0"),
    "no memory": lambda sealed: sealed.replace("m=19456", "m=0"),
    "less than was used": lambda sealed: sealed.replace("m=19456", "m=8192"),
    "another end": lambda sealed: re.sub(r"\$[^$]*$", "$" + "A" * 43, sealed),
    "no salt": lambda _: "$argon2id$v=19$m=19456,t=2,p=1$$",
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_no_lock_has_made_opens_with_nothing(how: str) -> None:
    spoilt = SPOILT[how](SEALED)
    assert spoilt != SEALED
    assert not LOCK.opens("471193", "p1", spoilt)


def test_neither_key_nor_pin_is_ever_shown() -> None:
    assert KEY.hex() not in repr(LOCK)
    assert "key" not in repr(LOCK)


def test_without_the_key_it_says_so() -> None:
    def gone() -> bytes:
        raise StoreBroken("there is no key file")

    with pytest.raises(StoreBroken):
        StorePinLock(gone, "hoa-sen", "tram-1").opens("471193", "p1", SEALED)
