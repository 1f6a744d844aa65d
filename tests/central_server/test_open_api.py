"""What /openapi.json promises, held against a real server: schemathesis asks it all kinds of things, rightly signed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.errors import SchemathesisError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from central_server import api_keys, organisations
from central_server.database import open_store
from tests.central_server.databases import SqliteDatabases
from tests.central_server.signing import Key
from tests.central_server.support import Server, bring_a_small_library, serving

pytestmark = pytest.mark.slow(20)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_EXAMPLES = 7
# A token and a bundle cannot be guessed.
_NEVER_SERVED = {"POST /v1/enrolments", "GET /v1/releases/{sha256}"}
_OWN = {"library": "hoa-sen", "device": "tram-1", "protocol": 1, "organisation": "an-binh", "figure": "loans"}


@schemathesis.serializer("application/gzip")
def _compressed(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """What was made up, compressed or not."""
    raw = getattr(value, "data", None) or str(value).encode()
    return gzip.compress(raw) if len(raw) % 2 else raw


@dataclass
class Signs(AuthBase):
    """As a station does, whatever is asked for; or, where a key of an office is asked for, with `open_key`."""

    key: Key
    open_key: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(str(request.url))
        if parts.path.startswith("/open/"):
            if self.open_key:
                request.headers["Authorization"] = f"Bearer {self.open_key}"
            return request
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body or b""
        raw = body if isinstance(body, bytes) else str(body).encode()
        nonce = self.key.nonces.pop() if self.key.nonces else None
        signed = self.key.sign(str(request.method), target, raw, nonce)
        kind = request.headers.get("Content-Type")
        request.headers.update(signed)
        if kind:
            request.headers["Content-Type"] = kind
        return request


@dataclass
class Centre:
    """With one library, in a school of a commune, of which `open_key` tells the figures."""

    server: Server
    open_key: str

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    where = SqliteDatabases(tmp_path_factory).new()
    store = open_store(where)
    bring_a_small_library(store, tmp_path_factory.mktemp("library"))
    with store.writing.begin() as connection:
        organisations.add(connection, "an-binh", "commune", "Xã An Bình")
        school: dict[str, Any] = {"parent": "an-binh", "one_school": True, "level": "primary", "pupils": 400}
        organisations.add(connection, "hs", "school", "Trường Tiểu học Hoa Sen", **school)
        organisations.add(connection, "tv", "library", "Thư viện Hoa Sen", parent="hs", library="hoa-sen")
        node = organisations.find(connection, "an-binh")
        assert node is not None
        _key, said = api_keys.make(connection, node, "bảng tổng hợp", 0)
    store.close()
    with serving(where) as running:
        yield Centre(running, said)


def _asked(centre: Centre, signs: Signs, case: schemathesis.Case, session: requests.Session) -> requests.Response:
    """The answer, asked again when the server wants a nonce that is known."""
    for _ in range(2):
        answer = case.call(base_url=centre.url, session=session, auth=signs, timeout=60)
        if nonce := answer.headers.get("tram-nonce"):
            signs.key.nonces.append(nonce[0])
        if not (answer.status_code == 401 and b'"again"' in answer.content):
            break
    return answer


def _about_itself(case: schemathesis.Case) -> None:
    """What is asked for and told is of the station that asks, as far as there are such fields."""
    for given_fields in (case.query, case.body):
        if isinstance(given_fields, dict):
            given_fields |= {name: own for name, own in _OWN.items() if name in given_fields}


def _what_is_wrong(
    centre: Centre, document: dict[str, Any], open_key: str = ""
) -> tuple[list[str], dict[str, set[int]]]:
    """Of everything that `document` has; and which statuses each route answered."""
    signs, session = Signs(centre.server.key("hoa-sen"), open_key), requests.Session()
    wrong: list[str] = []
    statuses: dict[str, set[int]] = {}
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        seen = statuses.setdefault(operation.label, set())
        for mode in GenerationMode:
            try:
                _ask_everything(centre, operation, mode, signs, session, seen)
            except Unsatisfiable:
                pass  # nothing can be wrong with what asks for nothing
            except (FailureGroup, SchemathesisError) as error:
                wrong.append(f"{operation.label}: {error}")
    return wrong, statuses


def _ask_everything(
    centre: Centre,
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
    signs: Signs,
    session: requests.Session,
    seen: set[int],
) -> None:
    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE:
            _about_itself(case)
        answer = _asked(centre, signs, case, session)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_answers_as_its_document_says(centre: Centre) -> None:
    document = requests.get(f"{centre.url}/openapi.json", timeout=30).json()
    wrong, statuses = _what_is_wrong(centre, document, centre.open_key)
    assert not wrong, "\n\n".join(wrong)
    assert {label for label, seen in statuses.items() if 200 not in seen} <= _NEVER_SERVED, statuses


def test_tells_nothing_without_a_key(centre: Centre) -> None:
    document = requests.get(f"{centre.url}/openapi.json", timeout=30).json()
    document["paths"] = {path: told for path, told in document["paths"].items() if path.startswith("/open/")}
    wrong, statuses = _what_is_wrong(centre, document)
    assert not wrong, "\n\n".join(wrong)
    assert statuses
    assert not any(200 in seen for seen in statuses.values()), statuses


def test_finds_an_answer_that_the_document_does_not_say(centre: Centre) -> None:
    """The control."""
    document = requests.get(f"{centre.url}/openapi.json", timeout=30).json()
    document["paths"] = {path: document["paths"][path] for path in ("/v1/health", "/v1/time")}
    del document["paths"]["/v1/health"]["post"], document["paths"]["/v1/time"]["get"]["responses"]["400"]
    document["components"]["schemas"]["HealthAnswer"]["properties"]["now_ms"] = {"type": "string"}
    wrong, _ = _what_is_wrong(centre, document)
    assert [one.split(":")[0] for one in wrong] == ["GET /v1/health", "GET /v1/time"]
