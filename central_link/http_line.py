"""One keep-alive HTTP connection to one server, whose answers are bounded in time and in size.

`requests` bounds the wait for each piece that arrives; a server that drips one byte a second would hold a station for
days. Here the read timeout bounds the whole answer, head and body.
"""

from __future__ import annotations

import io
import socket
import ssl
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, SystemTimeWarning
from urllib3.util.ssl_ import create_urllib3_context

from kiosk.ports.errors import TooLarge, Unreachable
from kiosk.ports.host import StationClock

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

warnings.simplefilter("ignore", SystemTimeWarning)  # who vouches for the clock, and what follows, is said by us

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes."""
_DATES = _NOT_YET_VALID, _HAS_EXPIRED = 9, 10  # X509_V_ERR_CERT_…
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which Python has no name


@dataclass(frozen=True, slots=True)
class Answer:
    """`content_type` without its parameters, in lower case. `nonce`: what the server gave for the next request."""

    status: int
    content_type: str
    content: bytes
    nonce: str | None = None


class Distrusted(Unreachable):
    """`why` TLS says that the server's certificate cannot be trusted. `by_an_unsure_clock`: only for its dates, by this
    machine's wall clock, which nobody vouches for: that may be what is wrong."""

    def __init__(self, why: str, *, by_an_unsure_clock: bool = False) -> None:
        by_whom = ", by a clock that nobody vouches for" if by_an_unsure_clock else ""
        super().__init__(f"the server's certificate is not trusted: {why}{by_whom}")
        self.why = why
        self.by_an_unsure_clock = by_an_unsure_clock


class HttpLine:
    """Used by one thread at a time; `close` may come from any thread and ends an answer that is waited for. `ca_file`:
    the only authority (PEM) whose word is taken for a server's certificate, instead of the usual ones; with it, and
    with a `clock`, see `CertificateDates` for who looks at a certificate's dates. Without it they are looked at always,
    and `Distrusted` says when by a clock that nobody vouches for."""

    def __init__(
        self, connect_timeout_s: float, ca_file: Path | None = None, clock: StationClock | None = None
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._socket: socket.socket | None = None
        self._closed = False
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no netrc stands between a station and its server
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        self._session.verify = str(ca_file) if ca_file else True
        self._dates = CertificateDates(clock) if ca_file and clock else None
        self._clock = None if self._dates else clock
        adapter = _BoundedAdapter(self._opened, self._dates)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def ask(
        self,
        method: str,
        url: str,
        *,
        within_s: float,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        auth: AuthBase | None = None,
    ) -> Answer:
        """The whole answer, whatever its status. Raises Unreachable when there is none within `within_s` seconds, and
        TooLarge."""
        if self._closed:
            raise Unreachable("the link is closed")
        if self._dates is not None and self._dates.are_to_be_checked_again():
            self._session.close()  # only the connection
        unsure = self._clock is not None and not self._clock.wall_clock_is_right()  # asked before: it may be set now
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            with self._session.request(
                method,
                url,
                params=params,
                data=body,
                headers=headers,
                auth=auth,
                timeout=(self._connect_timeout_s, within_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(LARGEST_ANSWER + 1, decode_content=False)
                content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                answer = Answer(response.status_code, content_type, content, response.headers.get("Tram-Nonce"))
        except (requests.RequestException, HTTPError, OSError) as error:
            if tls := _distrust(error):
                by_it = unsure and tls.verify_code in _DATES
                raise Distrusted(tls.verify_message, by_an_unsure_clock=by_it) from error
            # The error's own text names addresses at best; its kind says what a log needs.
            raise Unreachable(f"no whole answer: {type(error).__name__}") from error
        if answer.status != 200:
            self._session.close()  # only the connection: who knows what else such an answer left on it
        if len(answer.content) > LARGEST_ANSWER:
            raise TooLarge("the answer is too large")
        return answer

    def close(self) -> None:
        self._closed = True
        self._shut()
        self._session.close()

    def _opened(self, opened: socket.socket) -> None:
        self._socket = opened
        if self._closed:  # closed while it was connecting
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # The plain socket's own: a reader in another thread must wake up, TLS or not.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _distrust(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What TLS says against a certificate, wherever in the chain of errors it said it."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        seen.append(error)
        inner = [cause for cause in (*error.args, getattr(error, "reason", None)) if isinstance(cause, BaseException)]
        error = inner[0] if inner else error.__cause__ or error.__context__
    return None


class CertificateDates:
    """Whether a server's certificate is good today, though the wall clock, by which OpenSSL goes, may be wrong.

    With a clock of 1970 no certificate is valid yet, and so nobody could be reached who knows the time. While nobody
    vouches for it, the dates of who was signed by the one pinned authority are not looked at; later they are, on a new
    connection. Where the wall clock was turned since, the server's own certificate is held against the trusted time."""

    def __init__(self, clock: StationClock) -> None:
        self._clock = clock
        self._unchecked = False

    def are_to_be_checked_again(self) -> bool:
        return self._unchecked and self._clock.now().trusted

    def connect(self, connection: HTTPSConnection, connect: Callable[[], None]) -> None:
        """Raises ssl.SSLCertVerificationError."""
        by_wall_clock = self._clock.wall_clock_is_right()
        connection.ssl_context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
        if not by_wall_clock:
            connection.ssl_context.verify_flags |= _NO_CHECK_TIME
        connect()
        moment = self._clock.now()
        self._unchecked = not by_wall_clock and not moment.trusted
        if not by_wall_clock and moment.trusted:
            assert isinstance(connection.sock, ssl.SSLSocket)
            _check_dates(connection.sock, moment.wall_ms / 1000)


def _check_dates(line: ssl.SSLSocket, now_s: float) -> None:
    certificate: Mapping[str, Any] = line.getpeercert() or {}
    begins, ends = (ssl.cert_time_to_seconds(certificate[name]) for name in ("notBefore", "notAfter"))
    if not begins <= now_s <= ends:
        error = ssl.SSLCertVerificationError("certificate verify failed")
        has_ended = now_s > ends
        error.verify_message = "certificate has expired" if has_ended else "certificate is not yet valid"
        error.verify_code = _HAS_EXPIRED if has_ended else _NOT_YET_VALID
        raise error


class _BoundedReader(io.RawIOBase):
    """Reads from a socket until a moment: what is not there by then does not come."""

    def __init__(self, source: io.RawIOBase, line: socket.socket, ends_at: float) -> None:
        self._source = source
        self._line = line
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._ends_at - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._line.settimeout(left)
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    """urllib3 has set the socket's timeout to this request's read timeout when it makes a response."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        timeout = sock.gettimeout()
        if timeout is not None:
            self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock, monotonic() + timeout))


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, opened: Callable[[socket.socket], None], dates: CertificateDates | None) -> None:
        self._opened = opened
        self._dates = dates
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        opened, dates = self._opened, self._dates

        class Plain(HTTPConnection):
            response_class = _BoundedResponse

            def connect(self) -> None:
                super().connect()
                opened(self.sock)

        class Secure(HTTPSConnection):
            response_class = _BoundedResponse

            def connect(self) -> None:
                if dates is None:
                    super().connect()
                else:
                    dates.connect(self, super().connect)
                opened(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
