"""What `signatures.verify` makes of what happens while it asks for a key."""

import pytest

from central_server.signatures import Message, verify
from tests.central_server.signing import Key


class Away(Exception):
    pass


def test_fails_as_the_database_did_when_nobody_can_say_whose_key_it_is() -> None:
    def away(_key_id: str) -> None:
        raise Away

    headers = [(name.lower().encode(), value.encode()) for name, value in Key().sign("GET", "/v1/device").items()]
    with pytest.raises(Away):
        verify(Message("GET", b"/v1/device", b"", headers, b""), away)
