"""The JSON between a station and the server, as `docs/protocol.md` writes it (all but the body of an operation).

The structs decode straight from the raw bytes of a request; the OpenAPI document is made from them too.
"""

from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

PROTOCOL = 1
MOST_OPERATIONS = 500
MOST_BYTES = 4 * 1024 * 1024
MOST_CHANGES = 2_000
MOST_WORDS = 2_000
MOST_HEALTH_BYTES = 16 * 1024
MOST_SUPPORT_BYTES = 2_000_000
LONGEST_WAIT_S = 55

# The lengths stand beside the patterns because `$` also matches before a last line feed.
Epoch = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32, description="128 random bits")]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64, description="SHA-256")]
Salt = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
Identity = Annotated[
    str, Meta(pattern="^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", max_length=36, description="a UUID")
]
# Text of a database: PostgreSQL keeps no U+0000.
NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
# Up to 2^53, so that every reader of JSON counts alike.
Sequence = Annotated[int, Meta(ge=1, le=9_007_199_254_740_992)]


class Reader(Struct, frozen=True):
    """Who an operation is about, and what is `private` to them: outside its chain so that it can be erased."""

    patron: Identity
    salt: Salt
    private: Annotated[str, Meta(min_length=1, max_length=MOST_WORDS, pattern=NO_NUL)] | None = None


class Operation(Struct, frozen=True):
    """Something that happened at a shelf; `body` is JSON text, hashed and kept byte for byte."""

    epoch: Epoch
    seq: Sequence
    hash: Hash
    body: str
    reader: Reader | None = None


class OperationsRequest(Struct, frozen=True):
    """1 to 500 operations of one device, oldest first."""

    protocol: int
    library: Name
    device: Name
    operations: list[Operation]


class VerdictKind(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    DISPUTED = "disputed"


class Reason(StrEnum):
    """Why a person must look, in the order of the protocol's table: of several, the first is answered."""

    UNREADABLE = "unreadable"
    IDENTITY_CONFLICT = "identity_conflict"
    BROKEN_CHAIN = "broken_chain"
    GAP = "gap"
    CLONE = "clone"
    LOST_TAIL = "lost_tail"
    NEW_STORE = "new_store"
    FALSE_READER = "false_reader"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PATRON = "unknown_patron"
    ALREADY_ON_LOAN = "already_on_loan"
    UNKNOWN_LOAN = "unknown_loan"
    UNCLEAR_ORDER = "unclear_order"
    SETTLED_OTHERWISE = "settled_otherwise"


class Way(StrEnum):
    """How a person settles a dispute."""

    SEEN = "seen"
    FIRST_OVER = "first_over"
    FIRST_HAS_IT = "first_has_it"
    RETURNED = "returned"
    ON_LOAN = "on_loan"
    AS_SETTLED = "as_settled"
    AS_HAPPENED = "as_happened"


class Verdict(Struct, frozen=True):
    """What became of one operation. `loans`: under which number the changes tell of each loan that it names."""

    epoch: str
    seq: int
    verdict: VerdictKind
    reason: Reason | None
    loans: dict[str, int] = msgspec.field(default_factory=dict)


class OperationsAnswer(Struct, frozen=True):
    """One verdict for each operation of the request, in the same order. All of it is committed."""

    verdicts: list[Verdict]


class Change(Struct, frozen=True):
    """The newest state of one thing; `data` null: it is no more. What is told later has a higher `number`."""

    number: int
    kind: str
    id: str
    data: msgspec.Raw


class ChangesAnswer(Struct, frozen=True):
    """Changes, oldest first; `cursor` is where to go on, `more` says that there is more at once."""

    changes: list[Change]
    cursor: str
    more: bool


class EnrolmentRequest(Struct, frozen=True):
    """A station's new key, with the token that a person made for it."""

    protocol: int
    token: Annotated[str, Meta(max_length=64)]
    library: Name
    device: Name
    public_key: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$", max_length=43, description="base64url of 32 bytes")]


class EnrolmentAnswer(Struct, frozen=True):
    """Enrolled; `state` is `pending`, or what came of it when the first answer was lost. `server_key`: the centre's
    own, base64url of 32 bytes; `proof`: signed with it (Ed25519, base64url) for this key."""

    key_id: str
    state: str
    server_key: str
    proof: str


class DeviceAnswer(Struct, frozen=True, omit_defaults=True):
    """Who asks, and what the centre thinks of it: `pending`, `active` or `revoked`. `station`: what every station of
    the library is told (protocol.md); missing before it is active, and while nothing was imported."""

    library: str
    device: str
    key_id: str
    state: str
    server_key: str
    station: msgspec.Raw | None = None


class TimeAnswer(Struct, frozen=True):
    """The centre's time, signed (Ed25519, base64url) for who asked with `nonce`."""

    now_ms: int
    nonce: str
    signature: str


class Release(Struct, frozen=True):
    """A bundle that a station may fetch. `size` in bytes, `sha256` of all of it."""

    version: str
    size: int
    sha256: Hash


class NewestReleaseAnswer(Struct, frozen=True):
    """`release` null: none that is newer and for such a machine."""

    release: Release | None


class HealthAnswer(Struct, frozen=True):
    status: str
    protocol: int
    version: str
    now_ms: int


_Short = Annotated[str, Meta(max_length=128, pattern=NO_NUL)]
_Figure = Annotated[int, Meta(ge=0, le=9_007_199_254_740_992)]


class UpkeepReport(Struct, frozen=True):
    """How a chore went when it was done last, and when it last went well, in the library's time where it was known."""

    well: bool
    at: _Short | None = None
    good_at: _Short | None = None


class HealthReport(Struct, frozen=True, kw_only=True):
    """How a station says that it is. What it does not know is null; `parts`: `good`, `look`, `bad` or `not_used`. What
    is not named here is not kept."""

    version: _Short
    running: bool = True
    pending: _Figure | None = None
    set_aside: _Figure | None = None
    staff_code: _Short | None = None
    disk_free_mb: _Figure | None = None
    temperature_c: Annotated[float, Meta(ge=-100, le=1000)] | None = None
    low_voltage: bool | None = None
    slowed: Annotated[list[_Short], Meta(max_length=8)] = []
    devices: Annotated[dict[_Short, _Short], Meta(max_length=32)] = {}
    last_scan_s_ago: Annotated[float, Meta(ge=0, le=1e10)] | None = None
    clock_trusted: bool = False
    time_by: _Short | None = None
    upkeep: Annotated[dict[_Short, UpkeepReport | None], Meta(max_length=16)] = {}
    parts: Annotated[dict[_Short, _Short], Meta(max_length=32)] = {}


class HealthRequest(Struct, frozen=True):
    """The newest report of a device takes the place of the one before."""

    protocol: int
    library: Name
    device: Name
    health: HealthReport


class NotedAnswer(Struct, frozen=True):
    """It is kept."""

    now_ms: int


class Fault(Struct, frozen=True, omit_defaults=True):
    """Why a whole request was not taken. `again`: ask once more, with the nonce that came. `state`: the station's."""

    error: str
    again: bool = False
    state: str | None = None


class Refused(Exception):
    """The whole request is refused, nothing of it was recorded; answered with `status` and the `Fault`."""

    def __init__(self, status: int, sentence: str, *, again: bool = False, state: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.fault = Fault(sentence, again, state)


R = TypeVar("R", OperationsRequest, EnrolmentRequest, HealthRequest)

_decoder = msgspec.json.Decoder(OperationsRequest)
_enrolment_decoder = msgspec.json.Decoder(EnrolmentRequest)
_health_decoder = msgspec.json.Decoder(HealthRequest)


def read_enrolment(raw: bytes) -> EnrolmentRequest:
    """Decode a `POST /v1/enrolments`. Raises `Refused` (400)."""
    return _decode(_enrolment_decoder, raw)


def read_request(raw: bytes) -> OperationsRequest:
    """Decode a `POST /v1/operations`. Raises `Refused` (400, 413)."""
    request = _decode(_decoder, raw)
    if not request.operations:
        raise Refused(400, "The request carries no operation.")
    if len(request.operations) > MOST_OPERATIONS:
        raise Refused(
            413, f"The request carries {len(request.operations)} operations; at most {MOST_OPERATIONS} are taken."
        )
    return request


def read_health(raw: bytes) -> HealthRequest:
    """Decode a `POST /v1/health`. Raises `Refused` (400, 413)."""
    if len(raw) > MOST_HEALTH_BYTES:
        raise Refused(413, f"A report is larger than {MOST_HEALTH_BYTES} bytes.")
    return _decode(_health_decoder, raw)


def _decode(decoder: msgspec.json.Decoder[R], raw: bytes) -> R:
    try:
        request = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"The request is not the JSON of protocol {PROTOCOL}: {error}.") from error
    if request.protocol != PROTOCOL:
        raise Refused(400, f"This server speaks protocol {PROTOCOL}; the request says {request.protocol}.")
    return request
