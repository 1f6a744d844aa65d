"""The centre's own key: stations are told the public half at their enrolment, and believe the time that it signs."""

import base64

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_server.tables.keys import server_key
from central_server.wire import TimeAnswer

_THE_ONE = 1


class ServerKey:
    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = _text(private.public_key().public_bytes_raw())

    def say_time(self, nonce: str, now_ms: int) -> TimeAnswer:
        """Signed for who made up `nonce`, so that nobody can say it again to another, or later."""
        return TimeAnswer(now_ms, nonce, self.sign(f"tram-xanh time v1\n{nonce}\n{now_ms}"))

    def vouch_for(self, key_id: str) -> str:
        """This centre has taken that key: nobody else can say so to its station. In base64url."""
        return self.sign(f"tram-xanh enrolment v1\n{key_id}")

    def sign(self, said: str) -> str:
        """In base64url. What is signed begins with what it is for, so that nothing is ever taken for something else."""
        return _text(self._private.sign(said.encode()))


def have(connection: sa.Connection, now_ms: int) -> None:
    """Make it where there is none: once in a database's life."""
    if connection.scalar(sa.select(server_key.c.number)) is None:
        private = Ed25519PrivateKey.generate().private_bytes_raw()
        row = {"number": _THE_ONE, "private": private, "made_ms": now_ms}
        connection.execute(server_key.insert(), row)


def read(connection: sa.Connection) -> ServerKey:
    """The key of this database, which has one since it was opened for writing."""
    private = connection.execute(sa.select(server_key.c.private)).scalar_one()
    return ServerKey(Ed25519PrivateKey.from_private_bytes(private))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
