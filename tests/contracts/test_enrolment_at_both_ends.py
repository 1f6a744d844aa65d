"""What the station and the centre compute each for itself, and must be the same."""

from __future__ import annotations

import secrets

from central_link import enrolment as station
from central_server import enrolment as centre


def test_both_ends_show_the_same_four_words() -> None:
    for library, device in (("hoa-sen", "tram-1"), ("hoa-sent", "ram-1"), ("bến tre", "trạm 1")):
        key, token = secrets.token_bytes(32), secrets.token_bytes(16)
        words = station.four_words(key, token, library, device)
        assert words == centre.four_words(key, token, library, device)
        assert words != centre.four_words(key, secrets.token_bytes(16), library, device)


def test_the_station_reads_the_tokens_that_the_centre_writes() -> None:
    for token in (bytes(16), b"\xff" * 16, *(secrets.token_bytes(16) for _ in range(50))):
        assert station.token_bytes(centre.token_text(token)) == token
