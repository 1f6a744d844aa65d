"""What a scanner may send and what it never should, by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable

_LETTERS = "đắTKHSGVabc.-_ $/+%|0123456789"
_ODD = "\x00\x02\x03\x07\x0b\x1b\x1c\x1d\x85\u00a0\u0301\u200b\u202e\u2028\ufeff\ufffd\U0001f4da"
_ENDS = (b"\r", b"\n", b"\r\n", b"\r", b"\r\n", b"", b"\t", b"\x00", b"\n\r")
_PREFIXES = (b"", b"", b"\x02")
_SUFFIXES = (b"", b"", b"\x03")


class FuzzedBytes:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._kinds: dict[str, Callable[[], bytes]] = {
            "real": self._real,
            "mutated": self._mutated,
            "unicode": self._unicode,
            "controls": self._controls,
            "overlong": self._overlong,
            "glued": self._glued,
            "empty": lambda: b"",
            "citizen": self._citizen,
            "half_citizen": self._half_citizen,
            "invalid_utf8": self._invalid,
        }
        self._names = chance.choices(tuple(self._kinds), (30, 20, 8, 6, 4, 8, 4, 6, 4, 10), k=5_000)
        self._turn = 0
        self.citizen = ""  # the number on the last citizen card

    def next(self) -> tuple[str, list[bytes]]:
        """Its kind, and the chunks in which it comes."""
        chance = self._chance
        self._turn = (self._turn + 1) % len(self._names)
        kind = self._names[self._turn]
        data = self._kinds[kind]()
        data = chance.choice(_PREFIXES) + data + chance.choice(_SUFFIXES) + chance.choice(_ENDS)
        if chance.random() < 0.7 or len(data) < 2:
            return kind, [data]
        cuts = sorted(chance.randrange(1, len(data)) for _ in range(chance.randrange(1, 5)))
        return kind, [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def _real(self) -> bytes:
        chance = self._chance
        number = chance.randrange(300)  # few, so that books and readers come again
        match chance.randrange(7):
            case 0 | 1:
                return b"HS%06d" % number
            case 2 | 3:
                return b"TK.%05d" % number
            case 4:
                return b"%05d" % number
            case 5:
                return b"%d0234%08d%d" % (chance.choice((2, 3)), number, chance.randrange(10))
            case _:
                return chance.choice((b"9786042134620", b"2000000001234", b"123XYZM$", b"HS0306406152", b"SGK.0012"))

    def _mutated(self) -> bytes:
        chance = self._chance
        data = bytearray(self._real())
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(data)) if data else 0
            match chance.randrange(4):
                case 0 if data:
                    data[place] = chance.randrange(256)
                case 1 if data:
                    del data[place]
                case 2:
                    data.insert(place, chance.randrange(256))
                case _:
                    data[place:place] = data[:place]
        return bytes(data)

    def _unicode(self) -> bytes:
        chance = self._chance
        letters = chance.choices(_LETTERS, k=chance.randrange(1, 30))
        if chance.random() < 0.5:
            letters += [chr(chance.choice((0x300, 0x1EA0, 0x4E00, 0x660, 0x1F600)) + chance.randrange(64))]
        return "".join(letters).encode()

    def _controls(self) -> bytes:
        letters = list(self._real().decode())
        for _ in range(self._chance.randrange(1, 5)):
            letters.insert(self._chance.randrange(len(letters) + 1), self._chance.choice(_ODD))
        return "".join(letters).encode()

    def _overlong(self) -> bytes:
        times = self._chance.randrange(4, 260)
        return self._chance.choice((self._real(), b"7", b" ", "ắ".encode(), b"\x1b[A")) * times

    def _glued(self) -> bytes:
        between = self._chance.choice((b"", b"", b" ", b"\r", b"\n"))
        return between.join(self._real() for _ in range(self._chance.randrange(2, 5)))

    def _citizen(self) -> bytes:
        number, day = self._chance.randrange(10**11), self._chance.randrange(10**8)
        self.citizen = f"0{number:011d}"
        old = b"%09d" % (number % 10**9) if number % 2 else b""
        return b"0%011d|%s|Nguy\xe1\xbb\x85n V\xc4\x83n A|%08d|Nam|B\xe1\xba\xbfn Tre|20052023" % (number, old, day)

    def _half_citizen(self) -> bytes:
        card = self._citizen()
        place = self._chance.randrange(len(card))
        return card[:place] if self._chance.random() < 0.5 else card[place:]

    def _invalid(self) -> bytes:
        data = self._chance.randbytes(self._chance.randrange(1, 40))
        return data if self._chance.random() < 0.5 else self._real() + data
